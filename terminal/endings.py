"""Endings: what a shell is told of how a command went."""

from enum import IntEnum

from client import (
    AuthenticationFailed,
    Job,
    PollingTimeout,
    RateLimited,
    ServerUnavailable,
    Status,
    TranslationClientError,
)


class Code(IntEnum):
    """What a command's exit code says; where several apply, the highest."""

    DONE = 0
    FAILED = 1
    """A job failed, or a request was refused: not found, invalid, a conflict."""
    USAGE = 2
    AUTHENTICATION = 3
    DEADLINE = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    """As any program whose reader has left, such as `head`."""


def code_of(ending: Job | TranslationClientError) -> Code:
    """Return the exit code that an ending stands for."""
    if isinstance(ending, Job):
        return Code.FAILED if ending.status == Status.ERROR else Code.DONE
    if isinstance(ending, AuthenticationFailed):
        return Code.AUTHENTICATION
    if isinstance(ending, PollingTimeout):
        return Code.DEADLINE
    if isinstance(ending, ServerUnavailable | RateLimited):
        return Code.UNAVAILABLE
    return Code.FAILED
