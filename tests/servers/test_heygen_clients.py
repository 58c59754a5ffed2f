"""Our clients with this server's v3 and v2: the right ends, and clean verdicts."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from heygen_video_translation.client import (
    ContentRefused,
    InsufficientCredit,
    InvalidRequest,
    JobNotFound,
    QuotaExceeded,
    TranslationRequest,
)
from tests.client.conftest import Awaiting, Blocking
from tests.media_files import SRT, VIDEO
from tests.server_fixtures import ServerPair
from tests.server_workspaces import ServerWorkspace

TALK = "https://sim.test/ok.mp4?duration=300"


class FrozenTime:
    """The time of a workspace; only the client's sleep advances it."""

    def __init__(self, servers: ServerPair) -> None:
        self.workspace = ServerWorkspace(servers.production, freeze=True)
        self.url = servers.production.url
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.workspace.set_clock(advance=seconds)
        self.now += seconds

    def assert_clean(self) -> None:
        verdict = self.workspace.report()["verdict"]
        assert (verdict["violations"], verdict["notes"], verdict["clean"]) == ([], [], True)


@pytest.fixture
def time(servers: ServerPair) -> FrozenTime:
    return FrozenTime(servers)


def connect(kind: Any, time: FrozenTime, dialect: str) -> Any:
    return kind(
        time, time, api_key=time.workspace.key, dialect=dialect, timeout=3600, random=lambda: 0.5
    )


@pytest.fixture(params=[Blocking, Awaiting], ids=["blocking", "awaiting"])
def client(request: pytest.FixtureRequest, time: FrozenTime) -> Iterator[Any]:
    with closing(connect(request.param, time, "heygen")) as client:
        yield client


@pytest.mark.parametrize("dialect", ["heygen", "heygen-v2"])
def test_jobs_of_one_video_complete_and_are_downloaded(
    time: FrozenTime, dialect: str, tmp_path: Path
) -> None:
    with closing(connect(Blocking, time, dialect)) as client:
        jobs = client.call(
            "create_jobs",
            video_url="https://sim.test/late-url.mp4?duration=300",
            target_languages=["French", "German", "Spanish (Mexico)"],
        )
        done = client.call("wait_for_all", jobs)
        for job in done.values():
            client.call("download", job, tmp_path / f"{job.id}.mp4")
        client.call("download", jobs[0], tmp_path / "talk.srt", kind="srt")

    assert [(job.status, job.target_language) for job in done.values()] == [
        ("completed", language) for language in ("French", "German", "Spanish (Mexico)")
    ]
    assert (tmp_path / "talk.srt").read_text().startswith("1\n")
    assert len(list(tmp_path.iterdir())) == 4
    time.assert_clean()


def test_upload_is_translated_renamed_listed_and_deleted(
    client: Any, time: FrozenTime, tmp_path: Path
) -> None:
    (tmp_path / "talk.mp4").write_bytes(VIDEO)

    asset = client.call("upload", tmp_path / "talk.mp4")
    options = {
        "mode": "precision",
        "translate_audio_only": False,
        "simulation": {"outcome": "completed"},
    }
    job = client.call("create_job", asset=asset, target_language="French", options=options)
    client.call("rename", job, "Talk")
    job = client.call("wait_for_completion", job)
    client.call("download", job, tmp_path / "talk.fr.mp4")
    listed = client.list("list_jobs", status="completed", limit=1)
    client.call("delete", job)

    assert asset.mime_type == "video/mp4"
    assert (tmp_path / "talk.fr.mp4").read_bytes() == VIDEO
    assert [(each.id, each.title) for each in listed] == [(job.id, "Talk")]
    with pytest.raises(JobNotFound):
        client.call("get_newest_job")
    time.assert_clean()


def test_address_that_has_run_out_is_requested_anew(
    client: Any, time: FrozenTime, tmp_path: Path
) -> None:
    job = client.call("create_job", video_url=TALK, target_language="French")
    job = client.call("wait_for_completion", job)
    time.sleep(8 * 86_400.0)

    path = client.call("download", job, tmp_path / "talk.mp4")

    assert path.read_bytes() == VIDEO


def test_creation_waits_for_room(client: Any, time: FrozenTime) -> None:
    time.workspace.request("PATCH", "/simulation/defaults", {"max_concurrent_jobs": 2})
    running = client.call("create_jobs", video_url=TALK, target_languages=["French", "German"])

    third = client.call("create_job", video_url=TALK, target_language="Hindi")

    assert 300 <= time.now <= 400
    assert len(client.call("wait_for_all", [*running, third])) == 3
    time.assert_clean()


def test_batch_is_followed(client: Any, time: FrozenTime) -> None:
    wanted = [
        TranslationRequest(video_url=TALK, target_languages=["French", "German"]),
        TranslationRequest(
            video_url="https://sim.test/bad-audio.mp4?duration=100", target_languages=["Hindi"]
        ),
    ]

    batch = client.group("batches", "create", wanted, title="Talks")
    done = client.call("wait_for_all", batch.jobs)
    time.assert_clean()
    ended = client.group("batches", "get", batch)

    assert [job.status for job in done.values()] == ["completed", "completed", "error"]
    assert (ended.status, ended.counts["failed"]) == ("completed", 1)
    assert "audio is missing" in done[batch.jobs[2].id].error.message


def test_proofread_is_corrected_and_translated(
    client: Any, time: FrozenTime, tmp_path: Path
) -> None:
    (tmp_path / "corrected.srt").write_bytes(SRT)

    [proofread] = client.group(
        "proofreads", "create", video_url=TALK, target_languages=["French"], title="Talk"
    )
    proofread = client.group("proofreads", "wait", proofread)
    for name, original in (("before.srt", True), ("after.srt", False)):
        if name == "after.srt":
            client.group("proofreads", "replace_captions", proofread, tmp_path / "corrected.srt")
        client.group(
            "proofreads", "download_captions", proofread, tmp_path / name, original=original
        )
    job = client.group("proofreads", "generate", proofread, options={"captions": True})
    job = client.call("wait_for_completion", job)

    assert (job.status, job.target_language) == ("completed", "French")
    assert (tmp_path / "before.srt").read_text().startswith("1\n")
    assert (tmp_path / "after.srt").read_bytes() == SRT
    time.assert_clean()


@pytest.mark.parametrize("dialect", ["native", "heygen", "heygen-v2"])
@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("no-credit", InsufficientCredit),
        ("quota", QuotaExceeded),
        ("moderated", ContentRefused),
        ("unreachable", InvalidRequest),
    ],
)
def test_refused_creation_raises_what_it_means_after_one_request(
    time: FrozenTime, dialect: str, scenario: str, kind: type[Exception]
) -> None:
    with closing(connect(Blocking, time, dialect)) as client, pytest.raises(kind) as caught:
        client.call(
            "create_job", video_url=f"https://sim.test/{scenario}.mp4", target_language="French"
        )

    assert type(caught.value) is kind
    assert len(time.workspace.report()["requests"]) == 1
