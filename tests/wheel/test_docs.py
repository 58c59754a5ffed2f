"""Everything that docs/simulation.md shows of tests passes, in a project that consists of it."""

import re
from pathlib import Path

from heygen_video_translation.simulator import TranslationSimulator

from tests.wheel.conftest import ROOT, Installed

DOCS = (ROOT / "docs" / "simulation.md").read_text().partition("\n## In your own tests\n")[2]


SNIPPETS = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
ASKING_TO_BE_HELD = """
import requests

def test_server_holds(translation_server):
    job = requests.post(
        f"{translation_server.url}/vid_trans_api/jobs", json={"simulation": {"duration": 1}}
    )
    held = requests.get(job.headers["Location"], headers={"Prefer": "wait=2"})
    assert held.headers["Preference-Applied"] == "wait=2"
    assert held.json()["status"] != "pending"
"""


OF_THEIR_OWN = ("conftest.py", "test_impatient.py")
"""What is for other settings, and what is to fail."""


def write(folder: Path, snippets: list[tuple[str, str]]) -> None:
    """Write each snippet into the file that it names, after what is there."""
    for name, text in snippets:
        with (folder / name).open("a") as file:
            file.write(text)


def test_every_test_passes(installed: Installed, tmp_path: Path) -> None:
    write(tmp_path, [snippet for snippet in SNIPPETS if snippet[0] not in OF_THEIR_OWN])

    ran = installed.pytest(tmp_path, "--strict-markers")

    assert len(SNIPPETS) == DOCS.count("```python")
    assert " 16 passed in " in ran.stdout, ran.stdout


def test_settings_are_given_as_shown(installed: Installed, tmp_path: Path) -> None:
    write(tmp_path, [snippet for snippet in SNIPPETS if snippet[0] == "conftest.py"])
    write(tmp_path, [("test_holds.py", ASKING_TO_BE_HELD)])

    ran = installed.pytest(tmp_path)

    assert " 1 passed in " in ran.stdout, ran.stdout


def test_report_of_a_failing_test_is_as_shown(installed: Installed, tmp_path: Path) -> None:
    write(tmp_path, [snippet for snippet in SNIPPETS if snippet[0] == "test_impatient.py"])
    (shown,) = re.findall(r"^```text\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)

    ran = installed.pytest(tmp_path)

    assert " 1 failed in " in ran.stdout, ran.stdout
    section = ran.stdout[ran.stdout.index("seed 1\n") :].partition("\n===")[0]
    assert re.sub(r"\b[0-9a-f]{32}\b", "JOB", section) == shown.rstrip("\n")


def test_every_attribute_of_the_simulator_is_in_the_table() -> None:
    rows = DOCS.partition("| of `translation_simulator` |")[2].partition("\n\n")[0]
    listed = {
        name for row in rows.splitlines() for name in re.findall(r"`(\w+)", row.split("|")[1])
    }

    methods = {name for name in vars(TranslationSimulator) if name[0].islower()}
    assert listed == methods | {"url", "api_key", "seed"}
