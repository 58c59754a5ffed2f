"""The tests that the docs show pass in a project that consists of them."""

import re

from heygen_video_translation.testing import TranslationSimulator
from tests.testing.conftest import ROOT, Project

PAGES = [page.read_text() for page in (ROOT / "docs").glob("*.md")]
SNIPPET = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SNIPPETS = [snippet for page in PAGES for snippet in SNIPPET.findall(page)]
SIMULATOR_TABLE = re.compile(r"^\|.*`translation_simulator` \|.*\n((?:\|.*\n)+)", re.MULTILINE)
SEPARATE = ("conftest.py", "test_impatient.py")
"""Snippets for other settings, and of a test that fails."""

LONG_POLL = """
    import requests

    def test_server_allows_long_polls(translation_server):
        job = requests.post(
            f"{translation_server.url}/vid_trans_api/jobs", json={"simulation": {"duration": 1}}
        )
        response = requests.get(job.headers["Location"], headers={"Prefer": "wait=2"})
        assert response.headers["Preference-Applied"] == "wait=2"
        assert response.json()["status"] != "pending"
"""


def write(project: Project, *names: str) -> None:
    """Write the snippets with these file names; snippets of one file follow each other."""
    for name, text in SNIPPETS:
        if name in names:
            with (project.folder / name).open("a") as file:
                file.write(text)


def test_every_shown_test_passes(project: Project) -> None:
    names = {name for name, _ in SNIPPETS}
    write(project, *names.difference(SEPARATE))

    ran = project.pytest("--strict-markers")

    assert names > {"test_translate.py", *SEPARATE}
    assert ran.returncode == 0, ran.stdout


def test_settings_are_set_as_shown(starting_project: Project) -> None:
    write(starting_project.write(LONG_POLL), "conftest.py")

    ran = starting_project.pytest()

    assert " 1 passed in " in ran.stdout, ran.stdout


def test_report_of_a_failing_test_is_as_shown(project: Project) -> None:
    write(project, "test_impatient.py")
    (shown,) = (
        text
        for page in PAGES
        for text in re.findall(r"^```text\n(seed 1\n.*?)\n```", page, re.MULTILINE | re.DOTALL)
    )

    ran = project.pytest()

    assert " 1 failed in " in ran.stdout, ran.stdout
    section = ran.stdout[ran.stdout.index("seed 1\n") :].partition("\n===")[0]
    assert re.sub(r"\b[0-9a-f]{32}\b", "JOB", section) == shown


def test_every_attribute_of_the_simulator_is_in_the_table() -> None:
    (table,) = (table for page in PAGES for table in SIMULATOR_TABLE.findall(page))
    listed = {
        name for row in table.splitlines() for name in re.findall(r"`(\w+)", row.split("|")[1])
    }

    methods = {name for name in vars(TranslationSimulator) if name[0].islower()}
    assert listed == methods | {"url", "api_key", "seed"}
