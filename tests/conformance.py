"""Checks a running server against its OpenAPI documents, with generated requests.

`python -m tests.conformance` runs schemathesis; its exit code is 0 if the server conforms. Names of
documents as arguments, such as `v3`, restrict it to these.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import schemathesis

from tests.server_processes import API, ROOT, Server, runserver
from vid_trans_api.simulation.scenarios import SCENARIOS

_KEY: Final = "conforming"
_DOCUMENTS: Final = {
    "own": f"{API}/schema",
    **{version: f"{API}/schema/{version}" for version in ("v3", "v2", "v1")},
}
_EXAMPLES: Final = {"own": 60, "v3": 25, "v2": 25, "v1": 25}
"""The largest number of random requests for an operation of each document."""


_LIMITS: Final = ("faults", "rate_limit", "requests_left", "max_concurrent_jobs", "wallet")
_FAULTY: Final = [each.name for each in SCENARIOS if each.options.refusal or each.options.faults]
_ID: Final = re.compile("[0-9a-f]{32}")
_PROBED: Final = "/v1/webhook/endpoint.add"
_CLOSED_PORT: Final = re.compile(r"^http://127\.0\.0\.1:9/[a-z]*$")
_URLS: Final = ("video_url", "callback_url", "url")


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Remove what the schema cannot judge.

    These are the examples of defaults, which change the responses to other requests; HeyGen's keys,
    which repeat a response even if the body is now invalid; and tokens, which the server signs.
    """
    if defaults := raw_schema["paths"].get(f"{API}/simulation/defaults"):
        del defaults["patch"]["requestBody"]["content"]["application/json"]["examples"]
        return
    if _PROBED in raw_schema["paths"]:
        fields = raw_schema["components"]["schemas"]["WebhookEndpointRequest"]["properties"]
        fields["url"]["pattern"] = _CLOSED_PORT.pattern
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            operation["parameters"] = [
                each
                for each in operation.get("parameters", ())
                if each["name"] not in {"Idempotency-Key", "token"}
            ]


@schemathesis.hook
def filter_case(context: schemathesis.HookContext, case: "schemathesis.Case[Any]") -> bool:
    """Leave out requests that the schema cannot judge.

    These are cursors, which the server signs, statuses of no ids, URLs to which v1 would send a
    request, and some bodies.
    """
    query = case.query or {}
    if "cursor" in query:
        return False
    if case.path == _PROBED and _is_elsewhere(case.body):
        return False
    if case.path.endswith("/statuses") and not any(query.values()):
        return False
    return all(map(_can_be_judged, _objects_in(case.body)))


def _is_elsewhere(body: Any) -> bool:
    """Return whether a body names a URL that the server could connect to."""
    url = body.get("url") if isinstance(body, dict) else None
    return isinstance(url, str) and url.startswith("http") and not _CLOSED_PORT.search(url)


def _objects_in(part: Any) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in a part of a body."""
    if isinstance(part, dict):
        yield part
    if isinstance(part, dict | list):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _objects_in(each)


def _can_be_judged(part: dict[str, Any]) -> bool:
    """Return whether the schema knows if the server accepts an object in a body.

    It does not for durations whose lower bound is above the upper one; for parts of a video, which
    may end before they start; for URLs with other letters
    than ASCII, which the server accepts; for uploaded files, which may be no videos; and for
    options that refuse the request or change the responses to others.
    """
    urls = [part[name] for name in _URLS if isinstance(part.get(name), str)]
    if any(not url.isascii() or f"{API}/files/" in url for url in urls):
        return False
    if _ID.fullmatch(str(part.get("asset_id"))):
        return False
    if part.get("scenario") in _FAULTY or any(part.get(name) is not None for name in _LIMITS):
        return False
    if part.get("start_time") is not None or part.get("end_time") is not None:
        return False
    match part.get("duration"):
        case [int() | float() as lowest, int() | float() as highest]:
            return lowest <= highest
    return True


def _check(server: Server, document: str, directory: Path) -> int:
    """Send generated requests for the operations of a document; return schemathesis' exit code."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        f"--config-file={ROOT / 'tests' / 'schemathesis.toml'}",
        "run",
        f"http://127.0.0.1:{server.port}{_DOCUMENTS[document]}",
        "--warnings=off",
        f"--max-examples={_EXAMPLES[document]}",
        f"--header=X-Api-Key: {_KEY}",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=directory, env=environment, check=False).returncode


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        settings = {
            "API_KEYS": _KEY,
            "LONG_POLL_LIMIT": "0.1",
            "DISPATCH_WEBHOOKS": "false",  # their URLs are generated
            "HEYGEN_MAX_CONCURRENT_JOBS": "0",  # else most creations would be a 429
        }
        with runserver(directory / "db.sqlite3", directory / "log", **settings) as server:
            documents = sys.argv[1:] or [*_DOCUMENTS]
            return max([_check(server, document, directory) for document in documents])


if __name__ == "__main__":
    sys.exit(main())
