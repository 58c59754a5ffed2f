"""What the errors of operations are in this API."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from vid_trans_api.engines import CannotUpdate
from vid_trans_api.http.errors import ErrorInfo, describe
from vid_trans_api.http.problems import write_problem
from vid_trans_api.models import ClockRefused, JobEnded, NothingEnds
from vid_trans_api.operations.errors import (
    IdempotencyKeyReused,
    JobNotFound,
    NoJobYet,
    NoResult,
    RateLimited,
    SocketRequired,
)


def respond_to_error(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Write what a view raised; None for an unexpected error. REST framework calls this."""
    info = _info(error) or describe(error)
    return write_problem(info) if info else None


def _info(error: Exception) -> ErrorInfo | None:
    match error:
        case JobNotFound():
            return ErrorInfo(status=404, detail=str(error))
        case NoJobYet():
            detail = "There is no job yet; create one with POST /vid_trans_api/jobs."
            return ErrorInfo(status=404, detail=detail)
        case NothingEnds():
            return ErrorInfo(
                status=409, detail="No job here is going to end, so there is no next end."
            )
        case CannotUpdate() | ClockRefused() | JobEnded() | NoResult():
            return ErrorInfo(status=409, detail=str(error))
        case IdempotencyKeyReused():
            return ErrorInfo(status=422, detail=str(error))
        case RateLimited():
            headers = {"Retry-After": str(error.seconds)}
            return ErrorInfo(status=429, detail=str(error), headers=headers)
        case SocketRequired():
            errors = [{"field": error.given_in, "detail": str(error)}]
            return ErrorInfo(status=400, detail=f"{error.given_in}: {error}", errors=errors)
    return None
