"""The command line in a terminal: bars, colours and Ctrl-C."""

import re

import pytest

from heygen_video_translation.testing import TranslationSimulator
from tests.cli.conftest import Shell, Terminal

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


def percentages(terminal: Terminal) -> list[int]:
    """Return the percentages of the bar that were drawn, in order."""
    return [int(n) for n in re.findall(r"^Whales .*?(\d+) %", terminal.text, re.MULTILINE)]


@pytest.mark.parametrize("columns", [40, 80])
def test_bar_advances_between_polls(
    shell: Shell, simulator: TranslationSimulator, columns: int
) -> None:
    with shell.terminal(
        *("create", "--wait", "--title", "Whales", "--duration", "5"),
        *("--outcome", "completed", "--simulation", '{"estimate": "exact"}'),
        columns=columns,
        TRANSLATION_API_KEY=simulator.api_key,
    ) as terminal:
        terminal.read_while(lambda: len(set(percentages(terminal))) < 5)
        simulator.advance(5)
        code = terminal.read_to_end()

    drawn = percentages(terminal)
    assert code == 0
    assert drawn == sorted(drawn)
    assert drawn[-1] == 100
    assert "To download it:" in terminal.text
    assert "polls" not in terminal.text


def test_wait_for_several_jobs_draws_a_bar_for_each(shell: Shell) -> None:
    ids = [shell.start_job(duration=0.5, outcome=end) for end in ("completed", "error")]

    with shell.terminal("wait", *ids) as terminal:
        code = terminal.read_to_end()

    assert code == 1
    assert "2 of 2 ended, 1 failed" in terminal.text
    assert f"Job {ids[1]} failed after 0:01" in terminal.text


def test_ctrl_c_explains_how_to_resume_and_shows_the_cursor(shell: Shell) -> None:
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


def test_sigterm_shows_the_cursor(shell: Shell) -> None:
    job_id = shell.start_job(duration=600)

    with shell.terminal("wait", job_id) as terminal:
        terminal.read_until(" left")
        terminal.process.terminate()
        code = terminal.read_to_end()

    assert code == 143
    assert terminal.screen.rindex(SHOW_CURSOR) > terminal.screen.rindex(HIDE_CURSOR)


def test_watch_prints_lines_above_the_bar(shell: Shell, simulator: TranslationSimulator) -> None:
    key = simulator.api_key
    new = ("create", "-q", "--duration", "3", "--outcome", "completed")
    job_id = shell(*new, TRANSLATION_API_KEY=key).out.strip()

    with shell.terminal("watch", columns=200, TRANSLATION_API_KEY=key) as terminal:
        terminal.read_until("pending, ")
        simulator.advance(3)
        code = terminal.read_to_end()

    assert code == 0
    assert re.search(rf"^\d\d:\d\d:\d\d  {job_id}  pending, ", terminal.text, re.MULTILINE)
    assert re.search(rf"^{job_id} .* 100 % +took 0:03$", terminal.text, re.MULTILINE)


def test_json_in_a_terminal_is_only_json(shell: Shell) -> None:
    with shell.terminal(
        "create", "--wait", "--json", "--duration", "0", "--outcome", "completed"
    ) as terminal:
        code = terminal.read_to_end()

    assert code == 0
    assert "\x1b" not in terminal.screen
    assert [line[:7] for line in terminal.screen.splitlines()] == ['{"id": '] * 2


def test_dumb_terminal_shows_lines(shell: Shell) -> None:
    with shell.terminal(
        "create", "--wait", "--duration", "0", "--outcome", "completed", TERM="dumb"
    ) as terminal:
        code = terminal.read_to_end()

    assert code == 0
    assert "\x1b[" not in terminal.screen
    assert "completed in 0:00: http" in terminal.text


@pytest.mark.parametrize("columns", [40, 80])
def test_list_never_cuts_ids(shell: Shell, columns: int) -> None:
    job_id = shell.start_titled_job("A talk with a title that is longer than a line of 80 columns")

    with shell.terminal("list", "--limit", "1", columns=columns) as terminal:
        code = terminal.read_to_end()

    assert code == 0
    assert job_id in terminal.text
