"""The server and the client on the other versions of Python that the metadata names."""

import re
import sys
from pathlib import Path

import pytest

from heygen_video_translation.testing.server_process import run_server
from tests.prove.installation.conftest import WHEEL, Environment, find_python

VERSIONS = ("3.11", "3.12", "3.13")
CURRENT = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize("version", [each for each in VERSIONS if each != CURRENT])
def test_job_is_followed(built: Path, tmp_path: Path, version: str) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    environment = Environment(folder=tmp_path / "environment", python=python)
    environment.create()
    environment.install(f"{built / WHEEL}[server]")
    with run_server(
        [str(environment.program("vid-trans")), "serve", "--port", "0"],
        log=tmp_path / "log",
        environment=environment.variables(),
        folder=tmp_path,
    ) as server:
        ran = environment.run(
            *("vid-trans", "create", "--wait", "--duration", "1", "--outcome", "completed"),
            folder=tmp_path,
            TRANSLATION_SERVER=server.url,
        )

    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.search(r" completed in 0:01: http\S+/result$", ran.stdout)
