"""All snippets of the documentation pass mypy in strict mode, with and without aiohttp."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.client.snippets import PAGES, snippets, write_snippets
from tests.docs.pages import ROOT, code_blocks

pytest.importorskip("mypy", reason="requirements-dev.txt installs mypy")

PACKAGE = "heygen_video_translation"
CLIENT = ("requests", "urllib3", "certifi", "idna", "charset_normalizer", "types-requests")
RECIPES = (
    *("pytest", "pluggy", "iniconfig", "packaging", "celery-types", "tenacity"),
    *("trio", "attrs", "outcome", "sniffio", "sortedcontainers"),
)
RECEIVERS = (
    *("standardwebhooks", "django", "django-stubs", "django-stubs-ext"),
    *("flask", "werkzeug", "fastapi", "starlette", "pydantic", "pydantic-core", "anyio"),
)
AIOHTTP = (
    "aiohttp",
    "aiohappyeyeballs",
    "aiosignal",
    "frozenlist",
    "multidict",
    "propcache",
    "yarl",
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a virtual environment with this project and what the recipes use."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = site_packages(folder)
    for name in ("client", "testing"):
        shutil.copytree(ROOT / PACKAGE / name, site / PACKAGE / name)
    for name in ("__init__.py", "py.typed"):
        shutil.copy(ROOT / PACKAGE / name, site / PACKAGE)
    link(site, CLIENT + RECIPES + RECEIVERS)
    return folder


def site_packages(environment: Path) -> Path:
    (site,) = environment.glob("lib/python3*/site-packages")
    return site


def link(site: Path, packages: tuple[str, ...]) -> list[Path]:
    """Make packages of this environment available in another one; return what was created."""
    links = []
    for package in map(distribution, packages):
        for name in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            (site / name).symlink_to(str(package.locate_file(name)))
            links.append(site / name)
    return links


def run_mypy(environment: Path, folder: Path, names: list[str]) -> str:
    """Run mypy in a folder; return its complaints."""
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--config-file="),
            # Shared by the runs, so that the second one reads only what the first one did not.
            *(f"--cache-dir={environment / 'cache'}", "--no-error-summary"),
            *(f"--python-executable={environment / 'bin' / 'python'}", *names),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("packages", [(), AIOHTTP], ids=["without aiohttp", "with aiohttp"])
def test_snippets_pass_mypy(environment: Path, tmp_path: Path, packages: tuple[str, ...]) -> None:
    names = write_snippets(tmp_path)
    links = link(site_packages(environment), packages)
    try:
        assert run_mypy(environment, tmp_path, names) == ""
    finally:
        for each in links:
            each.unlink()


def test_every_snippet_is_checked() -> None:
    checked = "\n".join(snippets().values())
    blocks = [block for page in ("README.md", *PAGES) for block in code_blocks(page, "python")]

    assert len(blocks) >= 30
    assert [block for block in blocks if re.sub(r"^# .*\n", "", block) not in checked] == []
