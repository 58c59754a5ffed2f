"""The fixtures in other people's tests: in an empty project, beside Django, and set otherwise."""

import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.wheel.conftest import PATIENCE, Installed, command_of_pytest, project

OWN_TESTS = """
    import asyncio
    import os
    import sys
    import time
    from pathlib import Path

    import pytest
    import requests

    from heygen_video_translation.client import AsyncTranslationClient, TranslationClient
    from heygen_video_translation.simulator import RefusedError

    TEN_MINUTES = {"duration": 600, "outcome": "completed"}


    def estimates(simulator):
        with TranslationClient(simulator.url, api_key=simulator.api_key) as client:
            return [client.create_job().estimated_time_remaining for _ in range(3)]


    def test_server_has_no_job_at_first(translation_server):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "only")
        Path(f"{worker}.url").write_text(translation_server.url)

        with TranslationClient(translation_server.url) as client:
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


    def test_ten_minutes_are_over_at_once_for_who_awaits_them(translation_simulator):
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


    def test_clock_stands_still_until_it_is_moved(translation_simulator):
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


    def test_who_sleeps_at_the_same_time_sleeps_together(translation_simulator):
        simulator = translation_simulator

        async def sleep():
            await asyncio.gather(*(simulator.async_sleep(seconds) for seconds in (10, 30, 20)))

        asyncio.run(sleep())
        assert simulator.clock() == 30
        asyncio.run(simulator.async_sleep(-1))
        assert simulator.clock() == 30


    def test_who_sleeps_less_than_no_time_is_told_so_as_always(translation_simulator):
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


    def test_clock_runs_as_fast_as_told_and_stops(translation_simulator):
        simulator = translation_simulator

        simulator.speed(1000)
        while simulator.clock() < 10:
            pass
        simulator.freeze()

        assert simulator.clock() == simulator.clock()


    def test_seed_decides_what_is_drawn(translation_simulator):
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
        of_the_marker = estimates(translation_simulator)

        translation_simulator.reset(2)

        assert estimates(translation_simulator) == of_the_marker


    def test_defaults_hold_for_every_job(translation_simulator):
        simulator = translation_simulator

        told = simulator.defaults(duration=30, estimate="exact")

        assert (told["duration"], told["outcome"]) == (30, None)
        assert estimates(simulator) == [30, 30, 30]


    def test_what_is_refused_says_why(translation_simulator):
        with pytest.raises(RefusedError, match="simulation/clock.*advance"):
            translation_simulator.advance(-1)


    def test_verdict_is_about_the_job_that_is_asked_for(translation_simulator):
        simulator = translation_simulator
        with TranslationClient(simulator.url, api_key=simulator.api_key) as client:
            job = client.create_job(simulation=TEN_MINUTES)

        verdict = simulator.verdict(job)

        assert (verdict["id"], verdict["plan"]["duration"]) == (job.id, 600)
        assert verdict == simulator.verdict(job.id)


    def test_nothing_of_the_server_is_loaded_here():
        loaded = {name.partition(".")[0] for name in sys.modules}

        assert loaded & {"django", "rest_framework", "vid_trans_api", "typer"} == set()
"""

BESIDE_DJANGO = """
    import sys

    from django.conf import settings
    from django.contrib.auth.models import User

    from heygen_video_translation.client import TranslationClient


    def test_settings_stay_the_projects_own(db, translation_simulator):
        User.objects.create_user("ada")

        with TranslationClient(
            translation_simulator.url, api_key=translation_simulator.api_key
        ) as client:
            assert client.create_job().status == "pending"

        assert User.objects.count() == 1
        assert settings.SETTINGS_MODULE == "shop.settings"
        assert settings.SHOP == "ours"
        assert "heygen_video_translation.settings" not in sys.modules
        assert "rest_framework" not in sys.modules
"""
SHOP_SETTINGS = """
    SECRET_KEY = "the shop's"
    SHOP = "ours"
    INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    USE_TZ = True
"""
OF_THE_SHOP = {
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "DATABASE_URL": "postgres://shop@db.example.com/shop",
    "DEBUG": "0",
    "SECRET_KEY": "",
    "API_KEYS": "the-shops-own",
    "MIN_DELAY": "soon",
    "PYTHONWARNINGS": "error",
}


SETTINGS = """
    import pytest

    @pytest.fixture(scope="session")
    def translation_server_settings():
        return {settings}

    def test_of_a_server_that_is_set_otherwise(translation_simulator):
        assert translation_simulator.clock() == 0
"""


WITHOUT_A_SEED = """
    import pytest

    mark = pytest.mark.translation_simulator

    @pytest.mark.parametrize(
        "number",
        [
            pytest.param(0, marks=mark(sed=1)),
            pytest.param(1, marks=mark(seed="x")),
            pytest.param(2, marks=mark()),
            pytest.param(3, marks=mark(3)),
        ],
    )
    def test_of_a_seed(translation_simulator, number):
        assert translation_simulator.seed == number
"""


KILLED = """
    import time
    from pathlib import Path

    def test_that_does_not_end(translation_server):
        Path("url.part").write_text(translation_server.url)
        Path("url.part").rename("url")
        time.sleep(600)
"""


def listens(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_fixtures_work_in_an_empty_project(installed: Installed, tmp_path: Path) -> None:
    ran = installed.pytest(project(tmp_path, OWN_TESTS), "--strict-markers")

    assert " 16 passed in " in ran.stdout, ran.stdout
    assert not listens((tmp_path / "only.url").read_text())


def test_fixtures_work_with_a_server_for_each_worker_of_xdist(
    installed: Installed, tmp_path: Path
) -> None:
    some = ("-k", "at_first or over_at_once")
    ran = installed.pytest(project(tmp_path, OWN_TESTS), "-n", "2", "--dist", "each", *some)

    assert " 6 passed in " in ran.stdout, ran.stdout
    first, second = ((tmp_path / f"gw{number}.url").read_text() for number in (0, 1))
    assert first != second


def test_fixtures_work_in_a_project_that_is_itself_django(
    installed: Installed, tmp_path: Path
) -> None:
    shop = project(tmp_path, BESIDE_DJANGO, **{"shop.settings": SHOP_SETTINGS})
    (shop / "shop" / "rest_framework.py").write_text("raise SystemExit('not the real one')")

    ran = installed.pytest(shop, PYTHONPATH=str(shop / "shop"), **OF_THE_SHOP)

    assert " 1 passed in " in ran.stdout, ran.stdout


def test_settings_are_whatever_the_environment_could_say(
    installed: Installed, tmp_path: Path
) -> None:
    ran = installed.pytest(project(tmp_path, SETTINGS.format(settings={"HOLD_LIMIT": 2})))

    assert " 1 passed in " in ran.stdout, ran.stdout


@pytest.mark.parametrize("name", ["API_KEYS", "SIMULATION"])
def test_settings_that_leave_tests_no_workspace_are_refused(
    installed: Installed, tmp_path: Path, name: str
) -> None:
    ran = installed.pytest(project(tmp_path, SETTINGS.format(settings={name: "0"})))

    assert " 1 error in " in ran.stdout
    assert f"\n{name} cannot be set here" in ran.stdout


def test_marker_that_gives_no_seed_is_refused(installed: Installed, tmp_path: Path) -> None:
    ran = installed.pytest(project(tmp_path, WITHOUT_A_SEED))

    assert " 1 passed, 3 errors in " in ran.stdout
    assert ran.stdout.count("\nGive translation_simulator a whole number: @pytest.mark") == 3


def test_log_is_shown_when_the_server_does_not_start(installed: Installed, tmp_path: Path) -> None:
    ran = installed.pytest(project(tmp_path, SETTINGS.format(settings={"MIN_DELAY": "soon"})))

    assert " 1 error in " in ran.stdout
    assert "The translation server ended with code 1:" in ran.stdout
    assert "MIN_DELAY='soon' is not a number" in ran.stdout


def test_server_ends_with_its_parent_also_when_that_is_killed(
    installed: Installed, tmp_path: Path
) -> None:
    project(tmp_path, KILLED)
    deadline = time.monotonic() + PATIENCE
    with subprocess.Popen(
        command_of_pytest(), executable=installed.python, cwd=tmp_path, env=installed.environment()
    ) as tests:
        while not (tmp_path / "url").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        url = (tmp_path / "url").read_text()
        assert listens(url)
        tests.send_signal(signal.SIGKILL)

    while listens(url):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_runs_of_pytest_that_use_no_fixture_load_next_to_nothing(
    installed: Installed, tmp_path: Path
) -> None:
    program = (
        "import sys, pytest; before = set(sys.modules)\n"
        "import heygen_video_translation.pytest_plugin\n"
        "print(sorted(set(sys.modules) - before))"
    )

    loaded = installed.run("python", "-c", program, cwd=tmp_path).stdout

    assert loaded == f"{['heygen_video_translation', 'heygen_video_translation.pytest_plugin']}\n"
