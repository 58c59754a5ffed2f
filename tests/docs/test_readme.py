"""The examples of the README run as they are."""

from heygen_video_translation.testing.server_process import ServerProcess
from tests.docs.pages import append, code_blocks
from tests.testing.conftest import Project

CLIENT, FIXTURES = code_blocks("README.md", "python")


def test_example_of_the_client_runs(server: ServerProcess) -> None:
    namespace: dict[str, object] = {"print": lambda job: None}

    exec(CLIENT.replace("http://127.0.0.1:8000", server.url), namespace)

    assert namespace["job"].status == "completed"  # type: ignore[attr-defined]


def test_example_of_the_fixtures_passes(project: Project) -> None:
    append(project.folder, [("test_example.py", FIXTURES)])

    result = project.pytest()

    assert " 1 passed" in result.stdout, result.stdout
