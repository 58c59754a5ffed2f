"""The command line in a terminal: bars, colours, Ctrl-C."""

import re

import pytest

from tests.cli.conftest import Shell
from tests.patience import ever_longer

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


@pytest.mark.parametrize("columns", [40, 80])
def test_create_and_wait_draws_a_bar_that_moves_between_polls(shell: Shell, columns: int) -> None:
    def is_seen_moving(duration: float) -> bool:
        """Follow a job that takes so long; tell whether its bar was drawn often enough."""
        with shell.terminal(
            *("create", "--wait", "--title", "Whales", "--duration", str(duration)),
            *("--outcome", "completed", "--simulation", '{"estimate": "exact"}'),
            columns=columns,
        ) as terminal:
            code = terminal.read_to_end()

        drawn = [
            int(percent)
            for percent in re.findall(r"^Whales .*?(\d+) %", terminal.text, re.MULTILINE)
        ]
        assert code == 0
        assert drawn == sorted(drawn)
        assert drawn[-1] == 100
        assert "To download it:" in terminal.text
        assert "polls" not in terminal.text
        return len(set(drawn)) > 5

    assert any(map(is_seen_moving, ever_longer(1)))


def test_wait_for_several_draws_a_bar_each(shell: Shell) -> None:
    ids = [shell.start_job(duration=0.5, outcome=end) for end in ("completed", "error")]

    with shell.terminal("wait", *ids) as terminal:
        code = terminal.read_to_end()

    assert code == 1
    assert "2 of 2 ended, 1 failed" in terminal.text
    assert f"Job {ids[1]} failed after 0:01" in terminal.text


def test_ctrl_c_says_how_to_resume_and_gives_the_cursor_back(shell: Shell) -> None:
    job_id = shell.start_job(duration=600)

    with shell.terminal("wait", job_id, columns=200) as terminal:
        terminal.read_until(" left")
        terminal.press_ctrl_c()
        code = terminal.read_to_end()

    assert code == 130
    assert "Interrupted. The job goes on." in terminal.text
    assert re.search(rf"^  \S*python\S* \S*cli\.py wait {job_id}$", terminal.text, re.MULTILINE)
    assert terminal.screen.rindex(SHOW_CURSOR) > terminal.screen.rindex(HIDE_CURSOR)
    assert shell.job(job_id)["status"] == "pending"


def test_sigterm_gives_the_cursor_back(shell: Shell) -> None:
    job_id = shell.start_job(duration=600)

    with shell.terminal("wait", job_id) as terminal:
        terminal.read_until(" left")
        terminal.process.terminate()
        code = terminal.read_to_end()

    assert code == 143
    assert terminal.screen.rindex(SHOW_CURSOR) > terminal.screen.rindex(HIDE_CURSOR)


def test_watch_puts_its_lines_above_the_bar(shell: Shell) -> None:
    def is_seen_pending(duration: float) -> bool:
        """Watch a job that takes so long; tell whether that began before its end."""
        job_id = shell.start_job(duration=duration, outcome="completed")
        with shell.terminal("watch", columns=200) as terminal:
            code = terminal.read_to_end()

        assert code == 0
        took = f"took 0:{duration:02.0f}"
        assert re.search(rf"^{job_id} .* 100 % +{took}$", terminal.text, re.MULTILINE)
        return bool(
            re.search(rf"^\d\d:\d\d:\d\d  {job_id}  pending, ", terminal.text, re.MULTILINE)
        )

    assert any(map(is_seen_pending, ever_longer(2)))


def test_json_in_a_terminal_is_json_alone(shell: Shell) -> None:
    with shell.terminal(
        "create", "--wait", "--json", "--duration", "0", "--outcome", "completed"
    ) as terminal:
        code = terminal.read_to_end()

    assert code == 0
    assert "\x1b" not in terminal.screen
    assert [line[:7] for line in terminal.screen.splitlines()] == ['{"id": '] * 2


def test_dumb_terminal_gets_lines(shell: Shell) -> None:
    with shell.terminal(
        "create", "--wait", "--duration", "0", "--outcome", "completed", TERM="dumb"
    ) as terminal:
        code = terminal.read_to_end()

    assert code == 0
    assert "\x1b[" not in terminal.screen
    assert "completed in 0:00: http" in terminal.text


@pytest.mark.parametrize("columns", [40, 80])
def test_list_never_cuts_an_id(shell: Shell, columns: int) -> None:
    job_id = shell.start_titled_job("A talk with a title that is longer than a line of 80 columns")

    with shell.terminal("list", "--limit", "1", columns=columns) as terminal:
        code = terminal.read_to_end()

    assert code == 0
    assert job_id in terminal.text
