"""The file in which clients share what they learn."""

import json
import logging
import multiprocessing
import resource
import signal
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen_video_translation.client import store as store_module
from heygen_video_translation.client.durations import Traits
from heygen_video_translation.client.experience import EstimateErrors, Lesson
from heygen_video_translation.client.store import Store
from tests.client.documents import JobTable, create_job, replies

SERVER = "http://127.0.0.1:8000"
SECONDS = st.floats(0.0, 1e9)
NUMBERS = st.floats(-1e6, 1e6)
LESSONS = st.builds(
    Lesson,
    duration=st.none() | SECONDS,
    traits=st.builds(
        Traits,
        video_duration=st.none() | SECONDS,
        language=st.none() | st.text(),
        is_precise=st.booleans(),
        is_audio_only=st.booleans(),
    ),
    errors=st.none()
    | st.builds(EstimateErrors, precision=NUMBERS, weighted=NUMBERS, squares=NUMBERS),
    overdue=st.none() | SECONDS,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "jobs"


def opened(path, *, base_url=SERVER, api_key="key"):
    return Store(path, base_url=base_url, api_key=api_key)


def lesson(seconds):
    return Lesson(duration=float(seconds))


def durations(lessons):
    return [each.duration for each in lessons]


@given(st.lists(LESSONS, max_size=5))
def test_lessons_survive_the_file(tmp_path_factory, lessons):
    path = tmp_path_factory.mktemp("store") / "jobs"
    writer = opened(path)
    for each in lessons:
        assert writer.add(each) == [each]
    assert opened(path).read() == lessons


def test_lessons_of_others_are_returned_once(path):
    first, second = opened(path), opened(path)
    first.add(lesson(1))
    assert durations(second.add(lesson(2))) == [1.0, 2.0]
    assert durations(first.add(lesson(3))) == [2.0, 3.0]
    assert durations(second.read()) == [3.0]
    assert second.read() == []


@pytest.mark.parametrize("other", [{"base_url": "http://127.0.0.1:9000"}, {"api_key": "other"}])
def test_other_servers_and_workspaces_have_their_own(path, other):
    opened(path).add(lesson(1))
    assert opened(path, **other).read() == []


def test_file_is_private_and_has_no_key(path):
    opened(path, api_key="a-secret").add(lesson(1))
    assert path.stat().st_mode & 0o777 == 0o600
    assert "a-secret" not in path.read_text()


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"of": OF}', '{"of": OF, "version": 2}', '{"of": OF, "version": 1}']
)
def test_line_that_cannot_be_read_is_ignored_and_logged(path, caplog, line):
    opened(path).add(lesson(1))
    of = json.loads(path.read_text())["of"]
    damaged = line.replace("OF", json.dumps(of)) if "OF" in line else f"{line} {of}"
    path.write_text(f"{path.read_text()}{damaged}\n")
    assert durations(opened(path).read()) == [1.0]
    assert caplog.messages == [f"{path}: 1 lines are damaged or of a later version"]


def test_line_cut_off_by_a_killed_process_spoils_no_other(path):
    opened(path).add(lesson(1))
    with path.open("a") as file:
        file.write('{"version": 1, "of": "')
    opened(path).add(lesson(2))
    assert durations(opened(path).read()) == [1.0, 2.0]


@contextmanager
def largest_file(size):
    """Let no file of this process grow beyond `size` bytes, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("room", [0, 20])
def test_full_disk_is_logged_and_loses_nothing_that_was_there(path, caplog, room):
    writer = opened(path)
    writer.add(lesson(1))
    with largest_file(path.stat().st_size + room):
        assert durations(writer.add(lesson(2))) == [2.0]
    writer.add(lesson(3))
    assert durations(opened(path).read()) == [1.0, 3.0]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_file_that_cannot_be_used_is_logged(tmp_path, caplog):
    writer = opened(tmp_path)
    assert writer.read() == []
    assert durations(writer.add(lesson(1))) == [1.0]
    assert set(caplog.messages) == {f"cannot use {tmp_path}: Is a directory"}


def test_large_file_is_renamed_and_still_read(path, monkeypatch):
    monkeypatch.setattr(store_module, "MAX_BYTES", 1000)
    first, second = opened(path), opened(path)
    numbers = [float(number) for number in range(1, 9)]
    seen = [duration for n in numbers for duration in durations(first.add(lesson(n)))]
    assert seen == numbers
    assert path.with_name("jobs.old").exists()
    assert path.stat().st_size < 1000
    assert durations(second.read()) == numbers
    assert second.read() == []


def test_line_is_returned_once_if_a_large_file_cannot_be_renamed(path, monkeypatch):
    monkeypatch.setattr(store_module, "MAX_BYTES", 1)
    (path.with_name("jobs.old") / "not empty").mkdir(parents=True)
    writer = opened(path)
    assert [durations(writer.add(lesson(number))) for number in (1, 2)] == [[1.0], [2.0]]


def add_many(path, first, count, added):
    """Add jobs, one after the other, and send each number once its job is in the file."""
    store_module.MAX_BYTES = 20_000  # the second half of 200 jobs goes into a second file
    writer = opened(path)
    for number in range(first, first + count):
        writer.add(lesson(number))
        added.send(number)


def start_adding(path, *, first=0, count):
    """Start a process that adds jobs; return it and what it sends."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=add_many, args=(path, first, count, sender))
    process.start()
    sender.close()
    return process, receiver


def test_two_processes_lose_no_job(path):
    started = [start_adding(path, first=first, count=100) for first in (0, 100)]
    for process, receiver in started:
        for _ in range(100):
            receiver.recv()
        process.join()
    assert path.with_name("jobs.old").exists()
    assert sorted(durations(opened(path).read())) == list(range(200))


def test_killed_process_loses_no_job_that_was_added(path):
    process, receiver = start_adding(path, count=130)
    added = [receiver.recv() for _ in range(50)]
    process.kill()
    process.join()
    opened(path).add(lesson(-0.0))
    stored = durations(opened(path).read())
    assert stored[:50] == added
    assert stored[-1] == 0.0


def test_clients_share_a_store(connect, server, clock, path):
    first, second = connect(store=path), connect(store=path)
    for client in (first, second):
        job = create_job(client, server)
        server.script = JobTable(clock, {"a": clock.now + 20.0})
        client.call("wait_for_completion", job)
    assert first.client.experience.durations.count == 1
    assert second.client.experience.durations.count == pytest.approx(2, abs=0.02)
    assert connect(store=path).client.experience == second.client.experience


def test_failed_job_that_says_nothing_about_others_is_not_stored(connect, server, path):
    client = connect(store=path)
    job = create_job(client, server)
    server.script = replies({"id": "a", "status": "error"})
    client.call("wait_for_completion", job)
    assert not path.exists()
