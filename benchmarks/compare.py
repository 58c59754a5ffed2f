"""Compare what a request costs in two checkouts: `python -m benchmarks.compare OTHER_CHECKOUT`.

Each round measures the other checkout, this one, and the other again, in processes that stay: the
second measurement of the other shows how far the same code differs from itself. What is compared is
processor time per request, of all threads, through WSGI without a network.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import IO, Any, Final

OPERATIONS: Final = ("GET /jobs/ID", "GET /jobs?ids= (100)", "GET /jobs", "POST /jobs")
REQUESTS: Final = {
    "GET /jobs/ID": 400,
    "GET /jobs?ids= (100)": 40,
    "GET /jobs": 60,
    "POST /jobs": 200,
}
"""How many requests one measurement makes."""

_WORKER: Final = """
import io, json, os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "heygen_video_translation.settings"
sys.path.insert(0, os.getcwd())
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from heygen_video_translation.wsgi import application

def ask(method, path, query="", body=b""):
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": "/vid_trans_api" + path, "QUERY_STRING": query,
        "SERVER_NAME": "localhost", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json", "HTTP_ACCEPT": "*/*", "HTTP_HOST": "localhost:8000",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    statuses = []
    response = application(environ, lambda status, headers, *_: statuses.append(status))
    content = b"".join(response)
    if close := getattr(response, "close", None):
        close()
    assert statuses[0][:1] == "2", (statuses, content)
    return content

NEW = json.dumps({"video_url": "https://example.com/talk.mp4", "target_language": "French",
                  "simulation": {"duration": 86400, "outcome": "completed"}}).encode()
ids = [json.loads(ask("POST", "/jobs", body=NEW))["id"] for _ in range(500)]
CALLS = {
    "GET /jobs/ID": lambda n: ask("GET", "/jobs/" + ids[n % len(ids)]),
    "GET /jobs?ids= (100)": lambda n: ask("GET", "/jobs", "ids=" + ",".join(ids[:100])),
    "GET /jobs": lambda n: ask("GET", "/jobs", "limit=50"),
    "POST /jobs": lambda n: ask("POST", "/jobs", body=NEW),
}
print("ready", flush=True)
for line in sys.stdin:
    name, count = json.loads(line)
    start = time.process_time()
    for number in range(count):
        CALLS[name](number)
    print((time.process_time() - start) / count, flush=True)
"""


class Worker:
    """A process that serves requests of one checkout."""

    def __init__(self, checkout: Path, folder: str) -> None:
        store = Path(folder, f"{id(self)}.sqlite3")
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            cwd=checkout,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{store}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._readline()

    def measure(self, operation: str) -> float:
        """Return the seconds of processor time that a request takes."""
        stdin: IO[Any] | None = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps([operation, REQUESTS[operation]]) + "\n")
        stdin.flush()
        return float(self._readline())

    def _readline(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("A worker has ended.")
        return str(line)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, help="the checkout to compare this one with")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    here = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as folder:
        workers = [Worker(each, folder) for each in (options.other, here, options.other)]
        ratios: dict[str, list[tuple[float, float, float]]] = {name: [] for name in OPERATIONS}
        for _ in range(options.rounds):
            for name in OPERATIONS:
                first, this, second = (worker.measure(name) for worker in workers)
                before = (first + second) / 2
                ratios[name].append((before, this / before, second / first))
        for worker in workers:
            worker.close()
    print("| request | before | this / before | before / itself |\n|---|---|---|---|")
    for name, measured in ratios.items():
        before, this, same = (median(column) for column in zip(*measured, strict=True))
        spread = median(abs(each[2] - 1) for each in measured)
        print(f"| `{name}` | {before * 1e6:.0f} µs | {this:.3f} | {same:.3f} ± {spread:.3f} |")


if __name__ == "__main__":
    main()
