"""The steps that the client's generators yield and its drivers perform."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, TypeAlias, TypeVar

from .jobs import Job, TranslationClientError
from .messages import Request

T = TypeVar("T")


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """Sleep for so many seconds. The driver sends back the time afterwards.

    The sleep ends early if `is_over` becomes true, which only another call of the client causes.
    """

    seconds: float
    is_over: Callable[[], bool] = _never


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowJob:
    """Show a job to the caller. The driver sends back the time afterwards."""

    job: Job


Step: TypeAlias = Sleep | ShowJob | Request
"""One step. For a `Request` the driver sends back a `Response` or a `TransportFailure`."""

Steps: TypeAlias = Generator[Step, Any, T]
"""A generator that yields steps, is sent the result of each, and returns a `T`."""

JobTarget: TypeAlias = Job | str
"""A job, or the id of one."""

JobOutcome: TypeAlias = Job | TranslationClientError
"""How waiting for one of many jobs ended: with the finished job, or with an error."""

Timeout: TypeAlias = float | EllipsisType | None
"""Seconds; `None` for no deadline; `...` for the client's own timeout."""
