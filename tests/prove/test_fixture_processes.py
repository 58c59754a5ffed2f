"""The servers of the fixtures if the tests run in parallel or are killed."""

import subprocess
from pathlib import Path

from tests.patience import eventually
from tests.testing.conftest import accepts_connections, project_with_command

WORKER = """
    import os
    from pathlib import Path

    def test_url_of_the_worker(translation_simulator):
        name = os.environ["PYTEST_XDIST_WORKER"]
        Path(f"{name}.url").write_text(translation_simulator.url)
"""
KILLED = """
    import time
    from pathlib import Path

    def test_endless(translation_server):
        Path("url.part").write_text(translation_server.url)
        Path("url.part").rename("url")
        time.sleep(600)
"""


def test_each_worker_of_xdist_has_its_own_server(tmp_path: Path) -> None:
    ran = project_with_command(tmp_path).write(WORKER).pytest("-n", "2", "--dist", "each")

    urls = [(tmp_path / f"gw{number}.url").read_text() for number in range(2)]
    assert " 2 passed in " in ran.stdout, ran.stdout
    assert urls[0] != urls[1]
    assert not any(map(accepts_connections, urls))


def test_server_stops_if_its_parent_is_killed(tmp_path: Path) -> None:
    project = project_with_command(tmp_path).write(KILLED)
    with subprocess.Popen(
        project.command(), cwd=project.folder, env=project.environment()
    ) as tests:
        assert eventually((tmp_path / "url").exists)
        url = (tmp_path / "url").read_text()
        tests.kill()

    assert eventually(lambda: not accepts_connections(url))
