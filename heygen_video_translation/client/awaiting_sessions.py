"""The sessions that `AsyncTranslationClient` can use, and the driver for each."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, cast

from .base_client import describe_type

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp
    import httpx

    from .awaiting_driver import AwaitingDriver

DriverName: TypeAlias = Literal["aiohttp", "httpx"]
"""The package that sends the requests of an `AsyncTranslationClient`."""


class AiohttpSession(Protocol):
    """An `aiohttp.ClientSession`, for type checkers that do not find aiohttp."""

    @property
    def closed(self) -> bool: ...

    async def close(self) -> None: ...


class HttpxSession(Protocol):
    """An `httpx.AsyncClient`, for type checkers that do not find httpx."""

    @property
    def is_closed(self) -> bool: ...

    async def aclose(self) -> None: ...


def make_driver(
    name: DriverName,
    session: AiohttpSession | HttpxSession | None,
    *,
    sleep: Callable[[float], Awaitable[object]],
    clock: Callable[[], float],
) -> AwaitingDriver:
    """Return the driver of that name, which uses the session or makes one of its own."""
    sessions = {"aiohttp": "aiohttp.ClientSession", "httpx": "httpx.AsyncClient"}
    if name not in sessions:
        raise ValueError(f"driver must be one of {', '.join(sessions)}, not {name!r}")
    if importlib.util.find_spec(name) is None:
        raise ImportError(
            f"AsyncTranslationClient needs {name}, which is not installed: pip install {name}"
        )
    member = "aclose" if name == "httpx" else "connector"
    if session is not None and not hasattr(session, member):
        raise TypeError(
            f"session must be an {sessions[name]}, not {describe_type(session)};"
            " TranslationClient takes a requests.Session"
        )
    if name == "httpx":
        from .httpx_driver import HttpxDriver  # noqa: PLC0415  # needs an optional dependency

        return HttpxDriver(cast("httpx.AsyncClient | None", session), sleep=sleep, clock=clock)
    from .aiohttp_driver import AiohttpDriver  # noqa: PLC0415  # needs an optional dependency

    return AiohttpDriver(cast("aiohttp.ClientSession | None", session), sleep=sleep, clock=clock)
