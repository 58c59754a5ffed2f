"""The fixtures in another project's tests: empty, with Django, with other settings and servers."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from heygen_video_translation.testing.server_process import SERVER_SETTINGS, ServerProcess
from tests.databases import Database
from tests.testing.conftest import PLUGIN, ROOT, Project, accepts_connections

OWN_TESTS = """
    import asyncio
    import os
    import sys
    import time
    from pathlib import Path

    import pytest
    import requests

    from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
    from heygen_video_translation.testing import RefusedError

    TEN_MINUTES = {"duration": 600, "outcome": "completed"}


    def estimates(simulator):
        with TranslationClient(simulator.url, api_key=simulator.api_key) as client:
            return [client.create_job().estimated_time_remaining for _ in range(3)]


    def test_server_has_no_job_at_first(translation_server):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "only")
        Path(f"{worker}.url").write_text(translation_server.url)

        key = translation_server.new_api_key()
        with TranslationClient(translation_server.url, api_key=key) as client:
            assert list(client.list_jobs()) == []


    @pytest.mark.parametrize("take", [1, 2])
    def test_workspace_is_the_tests_own(translation_simulator, take):
        simulator = translation_simulator

        with TranslationClient(simulator.url, api_key=simulator.api_key) as client:
            client.create_job(simulation=TEN_MINUTES)
            assert len(list(client.list_jobs())) == 1


    def test_ten_minutes_are_over_at_once(translation_simulator):
        simulator, started_at = translation_simulator, time.monotonic()

        with TranslationClient(
            simulator.url,
            api_key=simulator.api_key,
            sleep=simulator.sleep,
            clock=simulator.clock,
        ) as client:
            job = client.create_job(simulation=TEN_MINUTES)
            job = client.wait_for_completion(job)

        assert job.status == "completed"
        assert 600 <= simulator.clock() < 620
        assert time.monotonic() - started_at < 60


    def test_ten_minutes_are_over_at_once_with_asyncio(translation_simulator):
        simulator = translation_simulator

        async def follow():
            async with AsyncTranslationClient(
                simulator.url,
                api_key=simulator.api_key,
                sleep=simulator.async_sleep,
                clock=simulator.clock,
            ) as client:
                return await client.wait_for_completion(
                    await client.create_job(simulation=TEN_MINUTES)
                )

        assert asyncio.run(follow()).status == "completed"
        assert 600 <= simulator.clock() < 620


    def test_clock_is_frozen_until_it_is_advanced(translation_simulator):
        simulator = translation_simulator
        assert simulator.clock() == 0

        simulator.advance(90)
        assert simulator.clock() == 90

        with TranslationClient(simulator.url, api_key=simulator.api_key) as client:
            job = client.create_job(simulation=TEN_MINUTES)
            assert str(job.created_at) == "2026-01-01 00:01:30+00:00"
            simulator.advance("next")
            assert client.get_status(job).status == "completed"
        assert simulator.clock() == 690


    def test_tasks_that_sleep_at_the_same_time_share_it(translation_simulator):
        simulator = translation_simulator

        async def sleep():
            await asyncio.gather(*(simulator.async_sleep(seconds) for seconds in (10, 30, 20)))

        asyncio.run(sleep())
        assert simulator.clock() == 30
        asyncio.run(simulator.async_sleep(-1))
        assert simulator.clock() == 30


    def test_sleep_of_a_negative_time_is_an_error(translation_simulator):
        with pytest.raises(ValueError, match="non-negative"):
            translation_simulator.sleep(-1)


    @pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
    def test_forked_process_has_a_connection_of_its_own(translation_simulator):
        assert translation_simulator.clock() == 0

        child = os.fork()
        if not child:
            translation_simulator.advance(5)
            os._exit(0)
        os.waitpid(child, 0)

        assert translation_simulator.clock() == 5


    def test_clock_runs_faster_and_freezes(translation_simulator):
        simulator = translation_simulator

        simulator.speed(1000)
        while simulator.clock() < 10:
            pass
        simulator.freeze()

        assert simulator.clock() == simulator.clock()


    def test_seed_determines_the_plans(translation_simulator):
        simulator = translation_simulator
        first = estimates(simulator)

        simulator.reset(2)
        other = estimates(simulator)
        simulator.reset(1)

        assert estimates(simulator) == first != other
        assert simulator.seed == 1


    @pytest.mark.translation_simulator(seed=2)
    def test_marker_gives_the_seed(translation_simulator):
        assert translation_simulator.seed == 2
        from_marker = estimates(translation_simulator)

        translation_simulator.reset(2)

        assert estimates(translation_simulator) == from_marker


    def test_defaults_apply_to_every_job(translation_simulator):
        simulator = translation_simulator

        defaults = simulator.defaults(duration=30, estimate="exact")

        assert (defaults["duration"], defaults["outcome"]) == (30, None)
        assert estimates(simulator) == [30, 30, 30]


    def test_refused_request_raises_with_its_response(translation_simulator):
        with pytest.raises(RefusedError, match="simulation/clock.*advance"):
            translation_simulator.advance(-1)


    def test_verdict_of_a_job_is_about_that_job(translation_simulator):
        simulator = translation_simulator
        with TranslationClient(simulator.url, api_key=simulator.api_key) as client:
            job = client.create_job(simulation=TEN_MINUTES)

        verdict = simulator.verdict(job)

        assert (verdict["id"], verdict["plan"]["duration"]) == (job.id, 600)
        assert verdict == simulator.verdict(job.id)


    def test_server_is_not_imported():
        loaded = {name.partition(".")[0] for name in sys.modules}

        assert loaded & {"django", "rest_framework", "vid_trans_api", "typer"} == set()
"""

SETTINGS = """
    import pytest

    @pytest.fixture(scope="session")
    def translation_server_settings():
        return {settings}

    def test_simulator(translation_simulator):
        assert translation_simulator.clock() == 0
"""


WITH_INVALID_SEEDS = """
    import pytest

    mark = pytest.mark.translation_simulator

    @pytest.mark.parametrize(
        "number",
        [
            pytest.param(0, marks=mark(sed=1)),
            pytest.param(1, marks=mark(seed="x")),
            pytest.param(2, marks=mark()),
            pytest.param(3, marks=mark(3)),
            pytest.param(4, marks=mark(4, 5)),
            pytest.param(5, marks=mark(request_limit="5")),
            pytest.param(6, marks=mark(seed=6, sleep_limit=None)),
        ],
    )
    def test_seed(translation_simulator, number):
        assert translation_simulator.seed == number
"""


WITH_WRONG_KEYS = """
    import pytest
    import requests

    @pytest.mark.parametrize("headers", [{"X-Api-Key": "wrong"}, {}])
    def test_program(translation_simulator, headers):
        url = f"{translation_simulator.url}/vid_trans_api/jobs"

        assert requests.post(url, headers=headers, timeout=10).status_code == 401
        report = translation_simulator.verdict()
        assert report["requests_refused"] == 1
        assert translation_simulator.verdict()["verdict"]["clean"]
"""


EXTERNAL = """
    def test_server_runs_already(translation_server):
        assert (translation_server.url, translation_server.log) == ({url!r}, None)
"""


def test_fixtures_work_in_an_empty_project(starting_project: Project) -> None:
    ran = starting_project.write(OWN_TESTS).pytest("--strict-markers")

    assert " 16 passed in " in ran.stdout, ran.stdout
    assert not accepts_connections((starting_project.folder / "only.url").read_text())


@pytest.mark.postgresql(reason="the fixtures use SQLite by default")
def test_fixtures_work_on_postgresql(starting_project: Project, database: Database) -> None:
    settings = SETTINGS.format(settings=database.settings)

    ran = starting_project.write(OWN_TESTS, conftest=settings).pytest("--strict-markers")

    assert " 16 passed in " in ran.stdout, ran.stdout
    assert database.read("SELECT count(*) FROM vid_trans_api_job") != [(0,)]


def test_settings_are_environment_variables(starting_project: Project) -> None:
    tests = SETTINGS.format(settings={"LONG_POLL_LIMIT": 2})

    ran = starting_project.write(tests).pytest()

    assert " 1 passed in " in ran.stdout, ran.stdout


def test_wrong_key_is_refused_and_reported(starting_project: Project) -> None:
    ran = starting_project.write(WITH_WRONG_KEYS).pytest()

    assert " 2 failed in " in ran.stdout
    assert len(re.findall(r"^E +assert None$", ran.stdout, re.MULTILINE)) == 2, ran.stdout
    assert ran.stdout.count("\n1 request to this server had no valid API key, and got a 401\n") == 2
    assert ran.stdout.count("\nno request had this test's API key\n") == 2


@pytest.mark.parametrize("name", ["API_KEYS", "SIMULATION"])
def test_settings_that_leave_no_workspace_are_refused(project: Project, name: str) -> None:
    ran = project.write(SETTINGS.format(settings={name: "0"})).pytest()

    assert " 1 error in " in ran.stdout
    assert f"\n{name} cannot be set: " in ran.stdout


def test_marker_with_invalid_options_is_refused(project: Project) -> None:
    ran = project.write(WITH_INVALID_SEEDS).pytest()

    assert " 2 passed, 5 errors in " in ran.stdout
    assert ran.stdout.count("\ntranslation_simulator takes the whole numbers seed and ") == 5


def test_log_is_shown_if_the_server_does_not_start(starting_project: Project) -> None:
    ran = starting_project.write(SETTINGS.format(settings={"MIN_DELAY": "soon"})).pytest()

    assert " 1 error in " in ran.stdout
    assert "The translation server exited with code 1:" in ran.stdout
    assert "MIN_DELAY='soon' is not a number" in ran.stdout


def test_server_at_a_url_is_used(project: Project, shared_server: ServerProcess) -> None:
    ran = project.write(EXTERNAL.format(url=shared_server.url)).pytest()

    assert " 1 passed in " in ran.stdout, ran.stdout


def test_url_without_a_server_is_an_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        project = Project(folder=tmp_path, options=("-o", f"translation_server_url={url}"))
        ran = project.write(EXTERNAL.format(url=url)).pytest()

    assert " 1 error in " in ran.stdout
    assert f"\nNo translation server responds at {url}: " in ran.stdout


def test_settings_for_a_server_at_a_url_are_refused(project: Project) -> None:
    ran = project.write(SETTINGS.format(settings={"MAX_DELAY": 1})).pytest()

    assert " 1 error in " in ran.stdout
    assert "\ntranslation_server_settings cannot be applied to a server at a URL" in ran.stdout


def test_command_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    project = Project(folder=tmp_path, options=("-o", "translation_server_command=./missing"))

    ran = project.write(SETTINGS.format(settings={})).pytest()

    assert " 1 error in " in ran.stdout
    assert "\n./missing cannot be run: No such file or directory.\n" in ran.stdout


def test_plugin_imports_only_itself(tmp_path: Path) -> None:
    package = "heygen_video_translation"
    program = (
        "import sys, pytest, urllib.parse; before = set(sys.modules)\n"
        f"import {PLUGIN}\n"
        "print(*sorted(set(sys.modules) - before))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert loaded.stdout.split() == [package, f"{package}.testing", PLUGIN]


def test_tools_load_neither_server_nor_requests() -> None:
    program = (
        "import sys\n"
        f"import {PLUGIN}, heygen_video_translation.testing.failure_report\n"
        "print({'django', 'vid_trans_api', 'requests', 'aiohttp', 'typer'} & set(sys.modules))"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert loaded.stdout == "set()\n"


def test_settings_of_the_server_are_those_it_reads() -> None:
    text = (ROOT / "heygen_video_translation" / "settings.py").read_text()

    read = set(re.findall(r'\benv\.\w+\(\s*"(\w+)"', text))

    assert read == SERVER_SETTINGS
