"""The guide to HeyGen's API says what the server does, and its programs work."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from heygen_video_translation.testing.server_process import ServerProcess
from tests.conftest import API, SetClock
from tests.docs.heygen_scenarios import ELSEWHERE, rows
from tests.docs.pages import append, code_blocks, files, names, section, table, tables
from tests.testing.conftest import Project
from vid_trans_api.simulation.scenarios import NAMES

PAGE = "docs/heygen.md"
IDS = re.compile(r"\{\w+\}")
PROGRAM = "translate_v3.py"
SCRIPT = code_blocks(PAGE, "sh")[1]


def test_program_is_short() -> None:
    (program,) = (text for name, text in files(PAGE) if name == PROGRAM)

    assert len(program.splitlines()) <= 40


def test_program_passes_its_tests(project: Project) -> None:
    append(project.folder, files(PAGE))

    result = project.pytest()

    assert " 9 passed" in result.stdout, result.stdout


@pytest.mark.parametrize(("scenario", "status"), [("ok", 0), ("flaky", 0), ("fail", 1)])
def test_script_prints_the_url_or_the_failure(
    server: ServerProcess, tmp_path: Path, scenario: str, status: int
) -> None:
    if not all(map(shutil.which, ("curl", "jq"))):
        pytest.skip("curl and jq are not installed: apt-get install curl jq")
    path = tmp_path / "translate.sh"
    path.write_text(SCRIPT)

    ran = subprocess.run(
        ["sh", str(path), f"https://sim.test/{scenario}.mp4", "Spanish"],
        env={**os.environ, "HEYGEN_API_BASE": server.url, "PAUSE": "0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == status, ran.stderr
    assert ran.stdout.startswith(server.url) is (status == 0)
    assert len(ran.stdout.splitlines()) == 1


@pytest.mark.django_db
def test_table_of_scenarios_is_what_programs_see(clock: SetClock) -> None:
    shown = table(PAGE, "Scenarios")

    assert shown[: -len(ELSEWHERE)] == list(rows(clock))


def test_table_of_scenarios_has_all_of_them() -> None:
    listed = names([row[0] for row in table(PAGE, "Scenarios")])

    assert sorted(listed) == sorted(NAMES)


@pytest.mark.django_db
@pytest.mark.parametrize(("version", "number"), [("v3", 0), ("v2", 1)])
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
    parts = tables(section(PAGE, "Endpoints"))[2]
    paths = re.findall(r"`(/v[23]/[^`]+)`", " ".join(row[1].split(";")[0] for row in parts))

    client = Client(headers={"X-Api-Key": "test"})

    assert len(paths) > 10
    assert [path for path in paths if client.get(path).status_code != 404] == []
