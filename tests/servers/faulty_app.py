"""A small WSGI app whose responses have the socket fault that the query names."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import heygen_video_translation.wsgi  # noqa: F401 (sets up Django, and stops on signals)
from vid_trans_api.serving.socket_faults import SOCKET, SocketFault, call_app, schedule_fault
from vid_trans_api.simulation.faults import Fault

BODY = b"0123456789" * 100_000

_requests: Counter[str] = Counter()
_closed: Counter[str] = Counter()


class Body:
    """A response body in two pieces that counts, by name, how often it is closed."""

    def __init__(self, content: bytes, name: str) -> None:
        self._content = content
        self._name = name

    def __iter__(self) -> Iterator[bytes]:
        half = len(self._content) // 2
        yield self._content[:half]
        yield self._content[half:]

    def close(self) -> None:
        _closed[self._name] += 1


def faulty(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Respond as the query says: `fault`, `seconds`, `size` of the body, `status`, `name`."""
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    name = query.get("name", "")
    _requests[name] += 1
    if "fault" in query:
        seconds = float(query.get("seconds", "0"))
        schedule_fault(environ, SocketFault(kind=Fault(query["fault"]), seconds=seconds))
    body = state() if environ["PATH_INFO"] == "/state" else BODY[: int(query.get("size", "1000"))]
    headers = [
        ("Content-Type", "text/plain"),
        ("X-Name", name),
        ("Content-Length", str(len(body))),
    ]
    start_response(query.get("status", "200 OK"), headers)
    return Body(body, name)


def state() -> bytes:
    """Return what this process has counted, and its id."""
    return json.dumps({"pid": os.getpid(), "requests": _requests, "closed": _closed}).encode()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Call the faulty app as the project's application calls Django."""
    if "gunicorn.socket" in environ:
        environ[SOCKET] = environ["gunicorn.socket"]
    return call_app(faulty, environ, start_response)
