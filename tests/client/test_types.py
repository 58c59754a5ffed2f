"""The types that users of the client see; mypy checks `assert_type`."""

from typing import assert_type

from heygen_video_translation.client import Job, JobNotFound, JobOutcome, TranslationClient
from tests.client.documents import JobTable
from tests.client.server import Clock, ScriptedServer


def test_wait_for_all_returns_jobs(server: ScriptedServer, clock: Clock) -> None:
    server.script = JobTable(clock, {"a": 1000.0})
    with TranslationClient(server.url) as client:
        jobs = assert_type(client.wait_for_all(["a"]), dict[str, Job])
    assert jobs["a"].is_finished


def test_wait_for_all_returns_outcomes_with_exceptions(
    server: ScriptedServer, clock: Clock
) -> None:
    server.script = JobTable(clock, {})
    with TranslationClient(server.url) as client:
        outcomes = assert_type(
            client.wait_for_all(["a"], return_exceptions=True), dict[str, JobOutcome]
        )
    assert isinstance(outcomes["a"], JobNotFound)
