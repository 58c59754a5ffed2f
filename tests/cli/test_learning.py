"""What commands learn about a server, and keep for further commands."""

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine


@pytest.fixture
def follow(cli: CommandLine):
    """Return a function that follows a job to its end."""

    def run(**environment: str):
        words = "create", "--wait", "--duration", "0.2", "--outcome", "completed", "--json"
        return cli(*words, **environment)

    return run


def test_commands_share_what_they_learn(cli: CommandLine, cache: Path, follow) -> None:
    follow()
    follow()

    lines = (cache / "vid-trans" / "jobs.jsonl").read_text().split()
    assert len([line for line in lines if line == '"duration":']) == 2
    created = cli("create", "--scenario", "stuck", "--json").documents[0]
    assert created["is_own_estimate"] is True
    assert 0.1 < created["estimated_time_remaining"] < 1.0


def test_command_works_without_a_cache(follow) -> None:
    ran = follow(XDG_CACHE_HOME="/dev/null")

    assert (ran.code, ran.err) == (0, "")
