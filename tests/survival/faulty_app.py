"""A tiny WSGI app behind the project's own wrapper: its answers go wrong as their queries say."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from heygen_video_translation import wsgi
from vid_trans_api.serving.development import requests_in_progress
from vid_trans_api.serving.socket_faults import SocketFault, can_inject, schedule_fault
from vid_trans_api.simulation.faults import Fault

_asked: Counter[str] = Counter()
_closed: Counter[str] = Counter()


class Pieces:
    """A body in pieces that remembers, by a name, how often it was closed."""

    def __init__(self, body: bytes, name: str) -> None:
        self._body = body
        self._name = name

    def __iter__(self) -> Iterator[bytes]:
        half = len(self._body) // 2
        yield self._body[:half]
        yield self._body[half:]

    def close(self) -> None:
        _closed[self._name] += 1


def faulty(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    query = dict(parse_qsl(environ["QUERY_STRING"]))
    name = query.get("name", "")
    _asked[name] += 1
    if "fault" in query:
        kind, seconds = Fault(query["fault"]), float(query.get("seconds", "0"))
        schedule_fault(environ, SocketFault(kind=kind, seconds=seconds))
    body = about(environ) if environ["PATH_INFO"] == "/about" else b"0123456789" * 100_000
    body = body[: int(query.get("size", "1000"))]
    length = [] if "lengthless" in query else [("Content-Length", str(len(body)))]
    headers = [("Content-Type", "text/plain"), ("X-Name", name), *length]
    start_response(query.get("status", "200 OK"), headers)
    return Pieces(body, name)


def about(environ: dict[str, Any]) -> bytes:
    document = {
        "pid": os.getpid(),
        "asked": _asked,
        "closed": _closed,
        "in_progress": requests_in_progress._count,
        "is_within_reach": can_inject(environ),
    }
    return json.dumps(document).encode()


wsgi._django = faulty  # type: ignore[assignment]  # for Django's own handler
application = wsgi.application
