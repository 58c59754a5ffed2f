"""The built packages, and virtual environments in which pip has installed them."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from textwrap import dedent

import pytest

from heygen_video_translation import __version__

ROOT = Path(__file__).parents[3]
TIMEOUT = 300.0
SDIST = f"heygen_video_translation-{__version__}.tar.gz"
WHEEL = f"heygen_video_translation-{__version__}-py3-none-any.whl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment."""

    folder: Path
    python: str = sys.executable
    """The Python that the environment is created with."""

    def create(self) -> None:
        command = [self.python, "-m", "venv", "--without-pip", str(self.folder)]
        subprocess.run(command, check=True, timeout=TIMEOUT)

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def install(self, *words: str) -> None:
        """Run `pip install`, which does not have to be installed in the environment itself."""
        flags = ["--quiet", "--disable-pip-version-check", "--no-input"]
        command = [sys.executable, "-m", "pip", "--python", str(self.program("python"))]
        subprocess.run([*command, "install", *flags, *words], check=True, timeout=TIMEOUT)

    @property
    def packages(self) -> Path:
        (found,) = self.folder.glob("lib/python3*/site-packages")
        return found

    def versions(self) -> dict[str, str]:
        """Return the installed distributions, by name."""
        distributions = (
            path.name.removesuffix(".dist-info")
            for path in self.packages.iterdir()
            if path.suffix == ".dist-info"
        )
        return {
            name.lower(): version
            for name, _, version in (each.rpartition("-") for each in distributions)
        }

    def variables(self, **more: str) -> dict[str, str]:
        """Return environment variables with this environment's commands and nothing of ours."""
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        return {"PATH": path, "HOME": os.environ["HOME"], "COLUMNS": "100", **more}

    def run(self, *words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.program(words[0])), *words[1:]],
            cwd=folder,
            env=self.variables(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )


def find_python(version: str) -> str | None:
    """Return the Python with this version, such as 3.12, or None if it is not installed."""
    name = f"python{version}"
    pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}")
    for python in filter(None, [shutil.which(name), *map(str, pyenv)]):
        # pyenv's shims exist for versions that cannot be run.
        if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    return None


def write_project(folder: Path, **modules: str) -> None:
    """Write a project's modules, named as they are imported."""
    for name, text in modules.items():
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Exclude the other workers of this run of pytest."""
    with lock.open("w") as file:
        flock(file, LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for what all workers of this run use."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def built(shared_folder: Path) -> Path:
    """The folder with the sdist and the wheel."""
    folder = shared_folder / "dist"
    with _only_one(shared_folder / "dist.lock"):
        if not folder.exists():
            command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
            subprocess.run(command, cwd=ROOT, check=True, timeout=TIMEOUT, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def with_server(shared_folder: Path, built: Path) -> Environment:
    """An environment with `pip install 'heygen-video-translation[server,pytest]'`."""
    environment = Environment(folder=shared_folder / "with_server")
    with _only_one(shared_folder / "with_server.lock"):
        if not environment.folder.exists():
            environment.create()
            environment.install(f"{built / WHEEL}[server,pytest]")
    return environment


@pytest.fixture(scope="session")
def editable(shared_folder: Path) -> Environment:
    """An environment with `pip install -e .`, which uses the packages installed here."""
    environment = Environment(folder=shared_folder / "editable")
    with _only_one(shared_folder / "editable.lock"):
        if not environment.folder.exists():
            environment.create()
            (environment.packages / "here.pth").write_text(sysconfig.get_path("purelib"))
            environment.install("--no-deps", "--editable", str(ROOT))
    return environment
