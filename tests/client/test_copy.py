"""The client's folder can be copied into another project, and needs only requests there."""

import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

import client as reexport
from heygen_video_translation import client

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "heygen_video_translation" / "client"
REQUESTS = ("requests", "urllib3", "certifi", "idna", "charset_normalizer")
"""What `pip install requests` installs."""

PROGRAM = """
import importlib.util, sys
sys.path[:0] = sys.argv[1:]
assert importlib.util.find_spec("aiohttp") is None
assert importlib.util.find_spec("django") is None
import vendored
with vendored.TranslationClient("http://127.0.0.1:8000"):
    print(vendored.__file__)
try:
    vendored.AsyncTranslationClient("http://127.0.0.1:8000")
except ImportError as missing:
    print(missing)
"""
LOADED = """
import sys
import heygen_video_translation.client
print(sorted({name.partition(".")[0] for name in sys.modules} & {"aiohttp", "django", "httpx"}))
"""


@pytest.fixture
def only_requests(tmp_path):
    """Return a folder with requests and its dependencies."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for package in map(distribution, REQUESTS):
        for name in {file.parts[0] for file in package.files or ()} - {".."}:
            (folder / name).symlink_to(str(package.locate_file(name)))
    return folder


def test_copy_under_another_name_needs_only_requests(tmp_path, only_requests):
    shutil.copytree(FOLDER, tmp_path / "vendored", ignore=shutil.ignore_patterns("__pycache__"))
    program = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", PROGRAM, tmp_path, only_requests],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert program.stderr == ""
    assert program.stdout.splitlines() == [
        str(tmp_path / "vendored" / "__init__.py"),
        "AsyncTranslationClient needs aiohttp, which is not installed: pip install aiohttp",
    ]


def imported_packages(path):
    """Return the packages that a file imports, without the standard library and its own folder."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module))
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def test_folder_imports_only_requests_and_the_drivers_packages():
    packages = set().union(*map(imported_packages, FOLDER.rglob("*.py")))
    assert packages == {
        *("requests", "urllib3"),
        *("aiohttp", "yarl"),
        *("httpx", "anyio", "trio"),
    }


def test_relative_imports_stay_in_the_folder():
    for path in FOLDER.rglob("*.py"):
        depth = len(path.relative_to(FOLDER).parts)
        levels = [
            node.level
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
        ]
        assert max(levels, default=0) <= depth


def test_import_loads_neither_django_nor_awaiting_drivers():
    program = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert program.stdout == "[]\n"


def test_licence_equals_that_of_the_project():
    assert (FOLDER / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_version_equals_that_of_the_project():
    project = (FOLDER.parent / "__init__.py").read_text()
    assert re.findall(r'^__version__ = "(.+)"$', project, re.MULTILINE) == [client.__version__]


def test_folder_is_marked_as_typed():
    assert (FOLDER / "py.typed").read_text() == ""


def test_client_module_reexports_the_package():
    assert reexport.__all__ == client.__all__
    assert [getattr(reexport, name) for name in client.__all__] == [
        getattr(client, name) for name in client.__all__
    ]
