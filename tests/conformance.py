"""Checks a running server against its OpenAPI document, with generated requests.

`python -m tests.conformance` runs schemathesis; its exit code is 0 if the server conforms.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import schemathesis

from tests.server_processes import API, ROOT, runserver

_KEY: Final = "conforming"


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Remove the examples of defaults, which change the responses to other requests."""
    operation = raw_schema["paths"][f"{API}/simulation/defaults"]["patch"]
    del operation["requestBody"]["content"]["application/json"]["examples"]


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: "schemathesis.Case[Any]") -> bool:
    """Leave out requests that the schema cannot judge.

    These are durations whose lower bound is above the upper one, cursors, which the server signs,
    and fault rules and limits, which change the responses to other requests.
    """
    if "cursor" in (case.query or {}):
        return False
    body: Any = case.body
    if not isinstance(body, dict):
        return True
    simulation: Any = body["simulation"] if isinstance(body.get("simulation"), dict) else body
    if any(simulation.get(name) is not None for name in ("faults", "rate_limit", "requests_left")):
        return False
    match simulation.get("duration"):
        case [int() | float() as lowest, int() | float() as highest]:
            return lowest <= highest
    return True


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        settings = {"API_KEYS": _KEY, "LONG_POLL_LIMIT": "0.1"}
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
