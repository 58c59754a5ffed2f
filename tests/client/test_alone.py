"""client.py is one file to copy anywhere, and neither it nor cli.py needs the server's code."""

import ast
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUESTS = ("requests", "urllib3", "certifi", "idna", "charset_normalizer")
"""What `pip install requests` installs."""

COPIED = """
import importlib.util, sys
sys.path[:0] = sys.argv[1:]
assert importlib.util.find_spec("aiohttp") is None
assert importlib.util.find_spec("django") is None
import client
with client.TranslationClient("http://127.0.0.1:8000"):
    print(client.__file__)
try:
    client.AsyncTranslationClient("http://127.0.0.1:8000")
except ImportError as missing:
    print(missing)
"""


def imported(path):
    """Return the packages that a file imports, except the standard library's."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


@pytest.fixture
def requests_alone(tmp_path):
    """A folder of packages that holds requests and what that needs."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for found in map(distribution, REQUESTS):
        for name in {file.parts[0] for file in found.files or ()} - {".."}:
            (folder / name).symlink_to(str(found.locate_file(name)))
    return folder


def test_client_in_an_empty_folder_needs_requests_alone(tmp_path, requests_alone):
    copy = tmp_path / "client.py"
    copy.write_bytes((ROOT / "client.py").read_bytes())
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error", "-c", COPIED, tmp_path, requests_alone],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        str(copy),
        "AsyncTranslationClient needs aiohttp, which is not installed: pip install aiohttp",
    ]


@pytest.mark.parametrize(
    ("name", "packages"),
    [
        ("client.py", {"requests", "urllib3", "aiohttp", "yarl"}),
        ("cli.py", {"client", "rich", "terminal", "typer"}),
        ("terminal/endings.py", {"client"}),
        ("terminal/screen.py", {"client", "rich", "terminal", "typer"}),
        ("terminal/shows.py", {"client", "rich", "terminal", "typer"}),
        ("terminal/words.py", {"client"}),
    ],
)
def test_file_imports_these_packages_and_nothing_of_the_server(name, packages):
    assert imported(ROOT / name) == packages


def test_commands_know_no_more_of_the_server_than_its_version():
    packages = {"client", "heygen_video_translation", "rich", "terminal", "typer"}
    assert imported(ROOT / "terminal/session.py") == packages
    of_the_server = "from heygen_video_translation import __version__\n"
    text = (ROOT / "terminal/session.py").read_text()
    assert text.count("heygen_video_translation") == text.count(of_the_server) == 1
