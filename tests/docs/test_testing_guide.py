"""Everything in the guide to testing programs passes, in a project that consists of it."""

from heygen_video_translation.testing import TranslationSimulator
from tests.docs.pages import append, code_blocks, failure_report, files, table
from tests.testing.conftest import Project

PAGE = "docs/howto-test-your-program.md"
SEPARATE = ("conftest.py", "test_impatient.py")
"""A configuration, and a test that fails."""

RECIPES = (
    "test_celery.py",
    "test_tenacity.py",
    "test_cassettes.py",
    "test_sockets.py",
    "test_trio.py",
    "test_unittest.py",
)

LONG_POLL = """
import requests

def test_server_accepts_long_polls(translation_server):
    headers = {"X-Api-Key": translation_server.new_api_key()}
    job = requests.post(
        f"{translation_server.url}/vid_trans_api/jobs",
        json={"simulation": {"duration": 1}},
        headers=headers,
    )
    response = requests.get(job.headers["Location"], headers={**headers, "Prefer": "wait=2"})
    assert response.headers["Preference-Applied"] == "wait=2"
    assert response.json()["status"] != "pending"
"""


def test_examples_pass(project: Project) -> None:
    append(project.folder, [block for block in files(PAGE) if block[0] not in SEPARATE])

    result = project.pytest("--strict-markers")

    assert len(files(PAGE)) == len(code_blocks(PAGE, "python"))
    assert " 24 passed in " in result.stdout, result.stdout


def test_recipes_pass_without_other_hosts(project: Project) -> None:
    shared = ("jobs.py", "translate.py")
    append(project.folder, [block for block in files(PAGE) if block[0] in (*shared, *RECIPES)])

    result = project.pytest("--disable-socket", "--allow-hosts=127.0.0.1")

    assert " 7 passed in " in result.stdout, result.stdout
    assert not (project.folder / "cassette.yaml").exists()


def test_recipes_are_short() -> None:
    lines = {name: len(text.splitlines()) for name, text in files(PAGE) if name in RECIPES}

    assert lines.keys() == set(RECIPES)
    assert [name for name, count in lines.items() if count >= 30] == []


def test_settings_in_the_example_reach_the_server(starting_project: Project) -> None:
    append(starting_project.folder, [block for block in files(PAGE) if block[0] == "conftest.py"])
    append(starting_project.folder, [("test_long_poll.py", LONG_POLL)])

    result = starting_project.pytest()

    assert " 1 passed in " in result.stdout, result.stdout


def test_report_of_the_failing_example_is_as_shown(starting_project: Project) -> None:
    append(
        starting_project.folder, [block for block in files(PAGE) if block[0] == "test_impatient.py"]
    )
    (shown,) = code_blocks(PAGE, "text")

    result = starting_project.pytest()

    assert " 1 failed in " in result.stdout, result.stdout
    assert failure_report(result.stdout) == shown.rstrip("\n")


def test_every_member_of_the_simulator_is_listed() -> None:
    cells = [row[0] for row in table(PAGE, "The simulator")]
    listed = {
        call.partition("(")[0] for cell in cells for call in cell.replace("`", "").split(", ")
    }

    methods = {name for name in vars(TranslationSimulator) if name[0].islower()}
    assert listed == methods | {
        *("url", "api_key", "seed", "sleep_limit", "request_limit", "webhooks")
    }


def test_server_options_in_the_examples_exist(project: Project) -> None:
    options = {
        line.partition(" = ")[0]
        for block in code_blocks(PAGE, "ini")
        for line in block.splitlines()
        if " = " in line
    }

    result = project.pytest("--help")

    assert options == {"translation_server_command", "translation_server_url"}
    assert [option for option in options if option not in result.stdout] == []
