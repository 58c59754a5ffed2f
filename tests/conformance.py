"""Asks a server of its own, with requests made from its OpenAPI document, whether it keeps to it.

`python -m tests.conformance` runs schemathesis; its exit code says whether all was well.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.survival.servers import API, ROOT, runserver

_KEY: Final = "conforming"


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
            return subprocess.run(command, cwd=directory, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
