"""Every step of the tutorial has the result that the tutorial shows."""

import ast
import re

from heygen_video_translation.testing.server_process import ServerProcess
from tests.docs.pages import append, code_blocks, failure_report
from tests.docs.tutorial import PAGE, POLLER, STEPS, TESTS, VERDICT_TEST, impatient, robust
from tests.testing.conftest import Project

FIRST_REPORT, VERDICT, HAMMERED = code_blocks(PAGE, "text")


def write(project: Project, *, poller: str) -> None:
    append(project.folder, [("poller.py", poller), ("test_poller.py", TESTS + VERDICT_TEST)])


def test_tutorial_has_these_steps() -> None:
    assert [name for name, _ in STEPS] == [
        "poller.py",
        "test_poller.py",
        "poller.py, end of the loop",
        "test_poller.py",
        "poller.py, the pause",
    ]


def test_poller_is_short() -> None:
    assert len(POLLER.splitlines()) < 40


def test_first_poller_completes_a_job(server: ServerProcess) -> None:
    namespace: dict[str, object] = {"__name__": "poller"}
    exec(compile(POLLER, PAGE, "exec"), namespace)

    job = namespace["translate"](server.url, "https://sim.test/ok.mp4?duration=0.1")  # type: ignore[operator]

    assert job["status"] == "completed"


def test_first_poller_fails_in_the_flaky_scenario(starting_project: Project) -> None:
    write(starting_project, poller=POLLER)

    result = starting_project.pytest("-k", "not verdict")

    assert " 1 failed, 3 passed" in result.stdout, result.stdout
    assert failure_report(result.stdout) == FIRST_REPORT.rstrip("\n")


def test_second_poller_passes_all_tests(project: Project) -> None:
    write(project, poller=robust())

    result = project.pytest("-s")

    assert " 5 passed" in result.stdout, result.stdout
    (verdict,) = re.findall(r"\{.*\}", result.stdout)
    assert ast.literal_eval(verdict) == ast.literal_eval(VERDICT)


def test_impatient_poller_gets_the_violation_shown(project: Project) -> None:
    write(project, poller=impatient())

    result = project.pytest("-k", "verdict")

    assert " 1 failed" in result.stdout, result.stdout
    assert HAMMERED.rstrip("\n") in failure_report(result.stdout)
