"""The id of the request that a thread runs, which its response and its log entries have."""

import re
from contextvars import ContextVar, Token
from typing import Final

from vid_trans_api.ids import new_id

REQUEST_ID: Final = "X-Request-Id"
"""The header of requests and responses."""

_VALID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

_current: Final[ContextVar[str]] = ContextVar("request_id", default="")


def choose_id(given: str) -> str:
    """Return the id that a request has in its header, or a new one if that is not valid."""
    return given if _VALID.fullmatch(given) else new_id()


def begin(request_id: str) -> Token[str]:
    """Begin a request. `end` takes what this returns."""
    return _current.set(request_id)


def end(token: Token[str]) -> None:
    _current.reset(token)


def current_id() -> str:
    """Return the id of the request that this thread runs; "" outside of requests."""
    return _current.get()
