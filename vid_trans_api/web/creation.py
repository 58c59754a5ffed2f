"""Creating jobs from the pages, as the API does: rate limit and fault rules apply."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Never

from django.http import HttpRequest

from vid_trans_api.http.parsing import digest_of_body
from vid_trans_api.models import Job, QuotaExceeded
from vid_trans_api.operations import (
    Creation,
    Idempotency,
    JobRequest,
    JobState,
    RequestContext,
    create_job,
)
from vid_trans_api.operations.errors import (
    InsufficientCredit,
    JobRefused,
    NoRequestsLeft,
    NotAVideo,
    RateLimited,
    SocketRequired,
)
from vid_trans_api.operations.faults import FaultResponse
from vid_trans_api.serving.socket_faults import can_inject


class CreationRefused(Exception):
    """No job was created; the message is a sentence for people."""

    def __init__(
        self, sentence: str, *, given_in: str = "", status: HTTPStatus = HTTPStatus.BAD_REQUEST
    ) -> None:
        super().__init__(sentence)
        self.given_in = given_in
        """The part of the request that is wrong, if any."""
        self.status = status
        """Of the page that shows this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedJob:
    """A job that was created from a page."""

    job: Job
    fault: str
    """The name of the simulated fault that a program's response would have had, or ""."""


def create_from_page(
    request: HttpRequest, job_request: JobRequest, *, key_digest: str, body: dict[str, Any]
) -> StartedJob:
    """Create a job. `body` is the equivalent request of the API. Raises CreationRefused.

    The request is not recorded: the journal judges programs.
    """
    context = RequestContext(key_digest=key_digest, has_socket=can_inject(request.META))
    idempotency = Idempotency(key="", request_digest=digest_of_body(body), write=_store_nothing)
    try:
        state = create_job(context, job_request, idempotency)
    except SocketRequired as error:
        raise CreationRefused(str(error), given_in=error.given_in) from None
    except NotAVideo as error:
        raise CreationRefused(str(error), given_in="video_url") from None
    except (InsufficientCredit, JobRefused, QuotaExceeded, RateLimited) as error:
        raise CreationRefused(str(error)) from None
    except NoRequestsLeft as error:
        raise CreationRefused(str(error), status=HTTPStatus.GONE) from None
    except FaultResponse as error:
        raise CreationRefused(
            f"The simulated fault {error.rule.fault} applied, so no job was created."
        ) from None
    assert isinstance(state, JobState)  # noqa: S101 (only a key is replayed)
    return StartedJob(job=state.job, fault=", ".join(context.faults.names(reports_jobs=True)))


def _store_nothing(created: Creation) -> Never:
    raise AssertionError("Responses are stored for requests with an Idempotency-Key only.")
