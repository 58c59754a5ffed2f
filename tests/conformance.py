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
    """Leave out pairs that run backwards: a schema cannot say that the lowest comes first."""
    match body:
        case {"simulation": {"duration": [int() | float() as lowest, int() | float() as highest]}}:
            if lowest > highest:
                return False
    match body:
        case {"simulation": {"faults": list() as rules}}:
            return not any(_runs_backwards(rule) for rule in rules)
    return True


def _runs_backwards(rule: Any) -> bool:
    """Tell whether a rule's time ends before it begins; it may have no end, but has a beginning."""
    match rule:
        case {"between": [None, _]}:
            return True
        case {"between": [int() | float() as first, int() | float() as last]}:
            return first > last
    return False


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
