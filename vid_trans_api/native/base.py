"""What all views of this API share."""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from vid_trans_api import clock
from vid_trans_api.http.errors import SIMULATED_FAULT
from vid_trans_api.http.parsing import refuse_unknown_parameters
from vid_trans_api.journal.recorder import Recording, journal
from vid_trans_api.journal.reported import Reported
from vid_trans_api.models import Workspace
from vid_trans_api.native.documents import as_json, job_document
from vid_trans_api.native.errors import respond_to_error
from vid_trans_api.operations.context import JobState, RequestContext
from vid_trans_api.operations.errors import NoRequestsLeft
from vid_trans_api.operations.faults import NO_FAULTS, FaultResponse, scope_of
from vid_trans_api.serving.fault_responses import corrupt_response, fault_response
from vid_trans_api.serving.socket_faults import call_after_fault, can_inject, has_disconnected
from vid_trans_api.snapshots import Operation, Status

READING: Final = ("GET", "HEAD")
"""The methods that change nothing."""


# A comment, as OpenAPI would describe every operation by a docstring: a view that refuses unknown
# query parameters, so that no typo passes unnoticed; that applies faults; and that is recorded.
class ApiView(APIView):
    http_method_names = ["get", "post", "patch", "delete", "head"]  # noqa: RUF012 (as Django types it)
    parameters: ClassVar[tuple[str, ...]] = ()
    """Query parameters of GET. Other methods have none."""

    recorded_as: ClassVar[Mapping[str, Operation]] = {}
    """What requests do, by their methods. Others are not recorded."""

    context: RequestContext | None = None
    """Set once the request is authenticated."""

    def get_exception_handler(self) -> Any:
        return respond_to_error

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        is_recorded = settings.JOURNAL_LENGTH and settings.SIMULATION
        operation = self.recorded_as.get(str(request.method)) if is_recorded else None
        received_at = clock.now() if operation else None
        super().initial(request, *args, **kwargs)
        meta = request._request.META
        self.context = RequestContext(
            key_digest=key_digest_of(request),
            has_socket=can_inject(meta),
            has_left=partial(has_disconnected, meta),
        )
        if operation and received_at:
            self.context.recording = Recording(
                key_digest=self.context.key_digest,
                operation=operation,
                server_received_at=received_at,
                user_agent=meta.get("HTTP_USER_AGENT", ""),
                job_ids=(kwargs["job_id"],) if "job_id" in kwargs else (),
            )
        if (query := request._request.GET) and request.method in self.allowed_methods:
            known = self.parameters if request.method in READING else ()
            refuse_unknown_parameters(query, known)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, FaultResponse):
            scope = scope_of(exc.rule, exc.workspace)
            return fault_response(self.request._request, exc.rule, scope)
        if self.context and (recording := self.context.recording):
            if isinstance(exc, APIException):  # refused before an operation could
                recording.workspace = recording.workspace or _stored_workspace(recording)
                if recording.workspace and recording.workspace.requests_left == 0:
                    exc = NoRequestsLeft()
            if isinstance(exc, NoRequestsLeft):
                self.context.recording = None  # it would evict others
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        written: HttpResponse = super().finalize_response(request, response, *args, **kwargs)
        if self.context is not None:
            self._apply_faults(self.context, request._request, written)
            if self.context.recording is not None:
                _record(self.context.recording, request._request, written)
        return written

    def _apply_faults(
        self, context: RequestContext, request: HttpRequest, response: HttpResponse
    ) -> None:
        faults = context.faults
        if faults is not NO_FAULTS:
            corrupt_response(
                request,
                response,
                faults.rule,
                names=faults.names(reports_jobs=self.reports_jobs),
                scope=scope_of(faults.rule, faults.workspace),
            )

    reports_jobs = False
    """Whether the response reports the state of any job."""

    @property
    def request_context(self) -> RequestContext:
        assert self.context is not None  # noqa: S101 (`initial` has set it)
        return self.context

    def documents(self, request: Request, states: list[JobState]) -> list[dict[str, Any]]:
        """Write jobs as JSON. Only completed ones need URLs, which take a while to build."""
        has_results = any(state.snapshot.status is Status.COMPLETED for state in states)
        root = jobs_url(request) if has_results else ""
        documents = [
            job_document(
                state.job,
                state.snapshot,
                result_url=f"{root}/{state.job.public_id}/result"
                if state.snapshot.status is Status.COMPLETED
                else None,
            )
            for state in states
        ]
        self.reports_jobs = self.reports_jobs or bool(states)
        if recording := self.request_context.recording:
            recording.reported = {
                state.job.public_id: Reported.from_snapshot(state.snapshot) for state in states
            }
        return documents

    def respond_with_job(
        self, request: Request, state: JobState, *, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Respond with one job. A pending one says when to poll again."""
        if recording := self.request_context.recording:
            recording.workspace_at_response = state.job.workspace
        response = respond(self.documents(request, [state])[0], headers=headers)
        snapshot = state.snapshot
        if not snapshot.status.is_terminal and snapshot.retry_after is not None:
            response["Retry-After"] = str(snapshot.retry_after)
        return response


def _record(recording: Recording, request: HttpRequest, response: HttpResponse) -> None:
    """Record the request once it is known whether the client got the response."""
    recording.status = response.status_code
    if recording.workspace is None:  # refused before anything was done
        recording.workspace = _stored_workspace(recording)
    if recording.workspace is not None:
        with suppress(DatabaseError, InterfaceError):
            recording.workspace.count_request()
    if response.status_code >= HTTPStatus.BAD_REQUEST or request.method == "HEAD":
        recording.reported = {}
    if "Retry-After" in response:
        recording.retry_after = int(response["Retry-After"])
    if SIMULATED_FAULT in response:
        recording.faults = response[SIMULATED_FAULT].split(", ")
    if not recording.faults or not call_after_fault(
        request.META, partial(journal.record, recording)
    ):
        # A client that gave up its long poll did not get the response.
        is_delivered = not (recording.is_long_poll and has_disconnected(request.META))
        journal.record(recording, is_delivered=is_delivered)


def _stored_workspace(recording: Recording) -> Workspace | None:
    with suppress(DatabaseError, InterfaceError):
        return Workspace.objects.of_key(recording.key_digest)
    return None


def key_digest_of(request: Request) -> str:
    """Return the digest of the request's key, which identifies its workspace."""
    return str(request.auth)


def jobs_url(request: Request) -> str:
    return request.build_absolute_uri(reverse("vid_trans_api:jobs"))


def respond(
    document: Any, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Respond with JSON that must not be cached."""
    return HttpResponse(
        as_json(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
