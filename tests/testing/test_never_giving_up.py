"""A program that never gives up is stopped, and does not hang the tests."""

import re

from tests.testing.conftest import Project

PROGRAM = """
    import asyncio

    import pytest
    import requests

    from heygen_video_translation.client import TranslationClient, TranslationClientError
    from heygen_video_translation.testing import NeverGaveUp, RefusedError

    STUCK = {"scenario": "stuck"}


    def poll_for_ever(simulator, pause):
        headers = {"X-Api-Key": simulator.api_key}
        requests.post(f"{simulator.url}/vid_trans_api/jobs", headers=headers, timeout=10)
        while True:
            try:
                url = f"{simulator.url}/vid_trans_api/status"
                requests.get(url, headers=headers, timeout=10).raise_for_status()
                simulator.sleep(pause)
            except Exception:
                pass


    def statuses(simulator, count, path="jobs"):
        headers = {"X-Api-Key": simulator.api_key}
        url = f"{simulator.url}/vid_trans_api/{path}"
        return [requests.get(url, headers=headers, timeout=10).status_code for _ in range(count)]
"""

FAILING = """
    def test_day_of_sleep_is_enough(translation_simulator):
        translation_simulator.defaults(**STUCK)
        poll_for_ever(translation_simulator, 7200)
"""

PASSING = """
    def test_sleep_ends_after_its_limit(translation_simulator):
        simulator = translation_simulator
        simulator.sleep(86_400)

        with pytest.raises(NeverGaveUp, match="within 86,400 s of sleep"):
            simulator.sleep(0.5)

        assert statuses(simulator, 2) == [410, 410]
        assert simulator.verdict()["never_gave_up"]


    def test_advance_is_not_limited(translation_simulator):
        translation_simulator.advance(200_000)
        translation_simulator.sleep(1)

        assert statuses(translation_simulator, 1) == [200]
        assert not translation_simulator.verdict()["never_gave_up"]


    @pytest.mark.translation_simulator(request_limit=3)
    def test_requests_end_after_their_limit(translation_simulator):
        assert statuses(translation_simulator, 5) == [200, 200, 200, 410, 410]
        assert translation_simulator.verdict()["never_gave_up"]
        assert translation_simulator.verdict()["request_count"] == 3
        with pytest.raises(NeverGaveUp, match="within 3 requests"):
            translation_simulator.sleep(1)
        with pytest.raises(RefusedError, match="has no requests left"):
            translation_simulator.advance(1)


    @pytest.mark.translation_simulator(request_limit=2)
    def test_refused_requests_count_too(translation_simulator):
        assert statuses(translation_simulator, 3, "jobs?limit=x") == [400, 400, 410]


    @pytest.mark.translation_simulator(request_limit=1)
    def test_reset_restores_the_limits(translation_simulator):
        simulator = translation_simulator
        simulator.sleep(86_400)
        assert statuses(simulator, 2) == [200, 410]

        simulator.reset(2)

        simulator.sleep(86_400)
        assert statuses(simulator, 2) == [200, 410]


    @pytest.mark.translation_simulator(request_limit=3)
    class TestOfSeveralMarkers:
        @pytest.mark.translation_simulator(sleep_limit=5, seed=7)
        def test_limits_are_set_by_both(self, translation_simulator):
            simulator = translation_simulator
            assert (simulator.seed, simulator.request_limit, simulator.sleep_limit) == (7, 3, 5)

            with pytest.raises(NeverGaveUp):
                simulator.sleep(6)


    @pytest.mark.translation_simulator(sleep_limit=None, request_limit=None)
    def test_limits_can_be_off(translation_simulator):
        translation_simulator.sleep(100_000)

        assert statuses(translation_simulator, 1) == [200]
        assert translation_simulator.defaults()["requests_left"] is None


    def test_task_that_sleeps_ends_too(translation_simulator):
        with pytest.raises(NeverGaveUp):
            asyncio.run(translation_simulator.async_sleep(100_000))


    @pytest.mark.translation_simulator(request_limit=4)
    def test_client_does_not_repeat_a_410(translation_simulator):
        simulator = translation_simulator
        with TranslationClient(
            simulator.url, api_key=simulator.api_key, sleep=simulator.sleep, clock=simulator.clock
        ) as client:
            job = client.create_job(simulation=STUCK)
            for _ in range(3):
                client.get_status(job)
            with pytest.raises(TranslationClientError, match="has no requests left"):
                client.get_status(job)
"""


def test_program_that_never_gives_up_fails_its_test(project: Project) -> None:
    ran = project.write(PROGRAM + FAILING).pytest()

    assert " 1 failed in " in ran.stdout, ran.stdout
    assert re.search(
        r"^E +.*NeverGaveUp: Your program never gave up within 86,400 s", ran.stdout, re.MULTILINE
    )
    assert re.search(
        r"- translation simulator -+\nseed 1\nyour program never gave up\n", ran.stdout
    )


def test_limits_of_sleep_and_requests_hold(project: Project) -> None:
    ran = project.write(PROGRAM + PASSING).pytest("--strict-markers")

    assert " 9 passed in " in ran.stdout, ran.stdout
