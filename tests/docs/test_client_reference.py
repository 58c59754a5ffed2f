"""The client reference lists everything that is public, and its examples run."""

import re
from collections.abc import Mapping
from inspect import signature
from pathlib import Path

import pytest

import heygen_video_translation.client as package
from heygen_video_translation.cli.exit_codes import ExitCode
from heygen_video_translation.client import TranslationClient
from heygen_video_translation.testing.server_process import ServerProcess
from tests.docs.pages import code_blocks, first_names, read, table

PAGE = "docs/reference-client.md"


@pytest.fixture(scope="module")
def output(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    """Run the page's examples in their order; return their names, output and folder."""
    folder = tmp_path_factory.mktemp("client")
    printed: list[str] = []
    namespace: dict[str, object] = {
        "__name__": "example",
        "print": lambda *values: printed.append(" ".join(map(str, values))),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in code_blocks(PAGE, "python"):
            with TranslationClient(server.url) as namespace["client"]:
                code = block.replace("http://127.0.0.1:8000", server.url)
                exec(compile(code, PAGE, "exec"), namespace)
    return {"printed": "\n".join(printed), "folder": folder}


def test_examples_run(output: Mapping[str, object]) -> None:
    assert "gave up after 3600 s of virtual time" in str(output["printed"])


def test_example_of_a_download_saves_the_video(output: Mapping[str, object]) -> None:
    assert (Path(str(output["folder"])) / "talk.fr.mp4").stat().st_size > 0


def test_example_of_many_jobs_returns_exceptions(output: Mapping[str, object]) -> None:
    assert "['Job', 'Job', 'Job', 'JobNotFound']" in str(output["printed"])


def test_every_exception_is_listed() -> None:
    exceptions = {
        name
        for name in package.__all__
        if isinstance(member := getattr(package, name), type) and issubclass(member, Exception)
    }

    assert exceptions - {"TranslationClientError"} == {*first_names(PAGE, "Exceptions")}
    assert "`TranslationClientError`" in read(PAGE)


@pytest.mark.parametrize("name", list(signature(TranslationClient).parameters))
def test_argument_of_the_client_is_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", read(PAGE))


@pytest.mark.parametrize("name", [name for name in dir(TranslationClient) if name[0] != "_"])
def test_method_of_the_client_is_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", read(PAGE))


@pytest.mark.parametrize("name", package.__all__)
def test_public_name_is_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", read(PAGE) + read("docs/polling.md"))


def test_every_exit_code_is_listed() -> None:
    listed = {int(row[0]) for row in table(PAGE, "Command line")}

    assert listed | {ExitCode.PIPE_CLOSED} == {*ExitCode}
