"""Snippets of the documentation pass mypy in strict mode, with and without aiohttp."""

import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.client.snippets import write_strict, write_untyped
from tests.docs.pages import ROOT

pytest.importorskip("mypy", reason="requirements-dev.txt installs mypy")

PACKAGE = "heygen_video_translation"
REQUESTS = ("requests", "urllib3", "certifi", "idna", "charset_normalizer", "types-requests")
AIOHTTP = (
    *("aiohttp", "aiohappyeyeballs", "aiosignal", "attrs", "frozenlist", "multidict"),
    *("propcache", "yarl"),
)
UNTYPED = ("--allow-untyped-defs", "--allow-untyped-calls", "--ignore-missing-imports")


def install(folder, packages):
    """Create a virtual environment with this project and these packages; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    shutil.copytree(ROOT / PACKAGE / "client", site / PACKAGE / "client")
    for name in ("__init__.py", "py.typed"):
        shutil.copy(ROOT / PACKAGE / name, site / PACKAGE)
    for package in map(distribution, packages):
        for name in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            (site / name).symlink_to(str(package.locate_file(name)))
    return folder / "bin" / "python"


def run_mypy(folder, *words):
    """Run mypy in a folder; return its complaints."""
    mypy = [sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={folder / 'cache'}"]
    ran = subprocess.run(
        [*mypy, "--strict", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


@pytest.mark.parametrize("packages", [(), AIOHTTP], ids=["without aiohttp", "with aiohttp"])
def test_typed_snippets_pass_mypy(tmp_path: Path, packages):
    python = install(tmp_path / "environment", (*REQUESTS, *packages))
    names = write_strict(tmp_path)
    assert run_mypy(tmp_path, f"--python-executable={python}", *names) == ""


def test_snippets_of_tests_pass_mypy(tmp_path: Path):
    names = write_untyped(tmp_path)
    assert len(names) >= 7
    assert run_mypy(tmp_path, *UNTYPED, f"--python-executable={sys.executable}", *names) == ""
