"""The exit code of each result of a command."""

from enum import IntEnum

from heygen_video_translation.client import (
    AuthenticationFailed,
    Job,
    PollingTimeout,
    QuotaExceeded,
    RateLimited,
    ServerUnavailable,
    Status,
    TranslationClientError,
)


class ExitCode(IntEnum):
    """The exit code of a command; if several apply, the highest."""

    DONE = 0
    FAILED = 1
    """A job failed, or a request was refused: not found, invalid, a conflict."""
    USAGE = 2
    AUTHENTICATION = 3
    DEADLINE = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    """The reader of the output has exited, such as `head`."""


def exit_code_of(result: Job | TranslationClientError) -> ExitCode:
    """Return the exit code for a job, or for the error that ended a command."""
    if isinstance(result, Job):
        return ExitCode.FAILED if result.status == Status.ERROR else ExitCode.DONE
    if isinstance(result, AuthenticationFailed):
        return ExitCode.AUTHENTICATION
    if isinstance(result, PollingTimeout):
        return ExitCode.DEADLINE
    if isinstance(result, QuotaExceeded):  # a RateLimited that does not pass
        return ExitCode.FAILED
    if isinstance(result, ServerUnavailable | RateLimited):
        return ExitCode.UNAVAILABLE
    return ExitCode.FAILED
