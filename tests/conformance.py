"""Asks a server of its own, with requests made from its OpenAPI document, whether it keeps to it.

`python -m tests.conformance` runs schemathesis; its exit code says whether all was well.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import schemathesis

from tests.servers import API, ROOT, runserver

_KEY: Final = "conforming"


@schemathesis.hook
def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
    """Leave out a duration that runs backwards: a schema cannot say that the lowest comes first."""
    match body:
        case {"simulation": {"duration": [int() | float() as lowest, int() | float() as highest]}}:
            return lowest <= highest
    return True


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        settings = {"API_KEYS": _KEY, "HOLD_LIMIT": "0.1"}
        with runserver(Path(directory) / "db.sqlite3", log, **settings) as server:
            command = [
                str(Path(sys.executable).with_name("schemathesis")),
                f"--config-file={ROOT / 'tests' / 'schemathesis.toml'}",
                "run",
                f"http://127.0.0.1:{server.port}{API}/schema",
                "--warnings=off",
                f"--header=X-Api-Key: {_KEY}",
            ]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            return subprocess.run(command, cwd=directory, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
