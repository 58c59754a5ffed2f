"""The project as `pip install .` leaves it in a Python of its own, where there is no checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 180.0
UNNEEDED_PLUGINS = ("hypothesispytest", "schemathesis", "anyio")
"""Those that happen to be installed here, and take longer to load than the tests to run."""


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the project in it."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.folder)}))

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment that has this one's commands, and nothing of the outer tests."""
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        return {"PATH": path, "HOME": os.environ["HOME"], "COLUMNS": "100", **more}

    def run(self, *words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            executable=self.folder / "bin" / words[0],
            cwd=cwd,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def pytest(
        self, folder: Path, *options: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the tests in that folder, as somebody else's project runs its own."""
        return self.run(*command_of_pytest(*options), cwd=folder, **environment)


def command_of_pytest(*options: str) -> list[str]:
    without = [word for name in UNNEEDED_PLUGINS for word in ("-p", f"no:{name}")]
    return ["python", "-m", "pytest", "-W", "error", "--basetemp", "tmp", *without, *options]


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Keep the other workers of this run of pytest out."""
    with lock.open("w") as file:
        flock(file, LOCK_EX)
        yield


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build and install the project once, for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    made = Installed(shared / "installed")
    with alone(shared / "installed.lock"):
        if not made.folder.exists():
            install(made)
    return made


def install(into: Installed) -> None:
    venv.create(into.folder, symlinks=True)
    # What the project needs is installed here already; the checkout is no part of it.
    (into.packages / "requirements.pth").write_text(sysconfig.get_path("purelib"))
    flags = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(into.python), "install", *flags, str(ROOT)],
        check=True,
        timeout=PATIENCE,
    )


def project(folder: Path, tests: str, **files: str) -> Path:
    """Write somebody's project: its tests, and what else there is, by module."""
    for name, text in {"test_own": tests, **files}.items():
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
    return folder
