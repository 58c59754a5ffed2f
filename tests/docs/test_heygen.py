"""The guide to HeyGen's API says what the server does, and its programs work."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from heygen_video_translation.testing import TranslationSimulator
from heygen_video_translation.testing.server_process import ServerProcess
from tests.conftest import API, SetClock
from tests.docs.heygen_scenarios import ELSEWHERE, rows
from tests.docs.pages import append, code_blocks, files, names, section, table, tables
from tests.patience import PROGRAM_TIMEOUT
from tests.testing.conftest import Project
from vid_trans_api.simulation.scenarios import NAMES

PAGE = "docs/heygen.md"
IDS = re.compile(r"\{\w+\}")
PROGRAM = "translate_v3.py"
SCRIPT = code_blocks(PAGE, "sh")[1]
REASONS = {
    "bad-audio": "Your video's audio is missing or corrupted, please try with another video",
    "moderated": "content_policy_violation: The content policy does not allow this video.",
}

Translate = Callable[..., subprocess.CompletedProcess[str]]


def test_program_is_short() -> None:
    (program,) = (text for name, text in files(PAGE) if name == PROGRAM)

    assert len(program.splitlines()) <= 40


def test_program_passes_its_tests(project: Project) -> None:
    append(project.folder, files(PAGE))

    result = project.pytest()

    assert " 10 passed" in result.stdout, result.stdout


@pytest.fixture
def simulator(server: ServerProcess) -> Iterator[TranslationSimulator]:
    """A workspace whose clock runs a hundred times as fast, as the programs of the page sleep."""
    with TranslationSimulator(server.url, seed=1) as simulator:
        simulator.speed(100)
        yield simulator


@pytest.fixture
def translate(simulator: TranslationSimulator, tmp_path: Path) -> Translate:
    """Run the script for the video of a scenario; keywords are further variables."""
    if not all(map(shutil.which, ("curl", "jq"))):
        pytest.skip("curl and jq are not installed: apt-get install curl jq")
    path = tmp_path / "translate.sh"
    path.write_text(SCRIPT)

    def run(video: str, **variables: str) -> subprocess.CompletedProcess[str]:
        access = {"HEYGEN_API_BASE": simulator.url, "HEYGEN_API_KEY": simulator.api_key}
        return subprocess.run(
            ["sh", str(path), f"https://sim.test/{video}", "Spanish"],
            env={**os.environ, **access, "TMPDIR": str(tmp_path), "PAUSE": "0.1", **variables},
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT,
            check=False,
        )

    return run


@pytest.mark.parametrize("scenario", ["ok", "flaky", "amnesia", "late-url"])
def test_script_prints_the_url(
    translate: Translate, simulator: TranslationSimulator, scenario: str
) -> None:
    ran = translate(f"{scenario}.mp4")

    assert ran.returncode == 0, ran.stderr
    (url,) = ran.stdout.splitlines()
    assert url.startswith(f"{simulator.url}/")


@pytest.mark.parametrize("scenario", REASONS)
def test_script_writes_the_reason_to_stderr(translate: Translate, scenario: str) -> None:
    ran = translate(f"{scenario}.mp4")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.splitlines() == [REASONS[scenario]]


def test_script_gives_up_at_its_deadline(translate: Translate) -> None:
    ran = translate("stuck.mp4", TIMEOUT="1")

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.endswith("-es: no video after 1 s\n")


def test_script_repeats_a_creation_that_failed(
    translate: Translate, simulator: TranslationSimulator
) -> None:
    throttled = {"on": "create", "fault": 429, "retry_after": 1, "times": 1}
    simulator.defaults(faults=[throttled, {"on": "create", "fault": 503, "times": 1}])

    ran = translate("ok.mp4")

    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == 1
    assert creations(simulator) == [429, 503, 200]


def creations(simulator: TranslationSimulator) -> list[int]:
    """Return the status codes of the responses to creations."""
    journal = simulator.journal()
    return [each["status"] for each in journal if each["operation"] == "create"]


@pytest.mark.django_db
def test_table_of_scenarios_is_what_programs_see(clock: SetClock) -> None:
    shown = table(PAGE, "Scenarios")

    assert shown[: -len(ELSEWHERE)] == list(rows(clock))


def test_table_of_scenarios_has_all_of_them() -> None:
    listed = names([row[0] for row in table(PAGE, "Scenarios")])

    assert sorted(listed) == sorted(NAMES)


@pytest.mark.django_db
@pytest.mark.parametrize(("version", "number"), [("v3", 0), ("v2", 1), ("v1", 2)])
def test_table_of_endpoints_has_all_of_a_version(version: str, number: int) -> None:
    paths = Client().get(f"{API}/schema/{version}").json()["paths"]

    listed = [row[0] for row in tables(section(PAGE, "Endpoints"))[number]]

    assert sorted(", ".join(listed).replace("`", "").split(", ")) == sorted(
        f"{method.upper()} {IDS.sub('ID', path)}"
        for path, methods in paths.items()
        for method in methods
    )


@pytest.mark.django_db
def test_parts_that_are_not_here_are_unknown_paths() -> None:
    parts = tables(section(PAGE, "Endpoints"))[3]
    paths = re.findall(r"`(/v[123]/[^`]+)`", " ".join(row[1].split(";")[0] for row in parts))

    client = Client(headers={"X-Api-Key": "test"})

    assert len(paths) > 10
    assert [path for path in paths if client.get(path).status_code != 404] == []
