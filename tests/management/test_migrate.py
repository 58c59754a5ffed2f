"""`manage.py migrate`: machines that start at once do not disturb each other."""

import subprocess
import sys
from pathlib import Path

from tests.databases import ROOT, Databases
from tests.patience import PATIENCE
from tests.server_processes import environment


def test_processes_that_migrate_at_once_all_succeed(databases: Databases, tmp_path: Path) -> None:
    empty = databases.create_empty(tmp_path)

    processes = [
        subprocess.Popen(
            [sys.executable, "manage.py", "migrate"],
            cwd=ROOT,
            env=environment(empty),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=PATIENCE)[0] for process in processes]

    failed = [
        output for process, output in zip(processes, outputs, strict=True) if process.returncode
    ]
    assert "\n".join(failed) == ""
    assert sum("Applying vid_trans_api.0001" in output for output in outputs) == 1
