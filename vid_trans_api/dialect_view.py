"""What the views of every dialect share: who asks, which faults apply, and what is recorded."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from vid_trans_api import clock
from vid_trans_api.http.errors import SIMULATED_FAULT
from vid_trans_api.http.file_urls import address_of
from vid_trans_api.ids import untagged_id
from vid_trans_api.journal.recorder import Recording, journal
from vid_trans_api.journal.reported import Reported
from vid_trans_api.models import Workspace
from vid_trans_api.operations.active_faults import NO_FAULTS
from vid_trans_api.operations.context import JobState, RequestContext
from vid_trans_api.operations.errors import NoRequestsLeft
from vid_trans_api.operations.faults import FaultResponse
from vid_trans_api.serving.fault_responses import corrupt_response, fault_response
from vid_trans_api.serving.socket_faults import call_after_fault, can_inject, has_disconnected
from vid_trans_api.snapshots import Operation


# A comment, as OpenAPI would describe every operation by a docstring: a view whose requests are
# subject to faults, and are recorded.
class DialectView(APIView):
    recorded_as: ClassVar[Mapping[str, Operation]] = {}
    """What requests do, by their methods. Others are not recorded."""

    context: RequestContext | None = None
    """Set once the request is authenticated."""

    reports_estimates: ClassVar = True
    """Whether responses report more about a job than its status."""

    reports_results: ClassVar = True
    """Whether responses report the results of completed jobs."""

    reports_jobs = False
    """Whether the response reports the state of any job."""

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
            address=partial(address_of, request._request),
            with_estimates=self.reports_estimates,
        )
        if operation and received_at:
            self.context.recording = Recording(
                key_digest=self.context.key_digest,
                operation=operation,
                server_received_at=received_at,
                user_agent=meta.get("HTTP_USER_AGENT", ""),
                job_ids=(untagged_id(kwargs["job_id"]),) if "job_id" in kwargs else (),
            )

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, FaultResponse):
            return fault_response(self.request._request, exc.rule, exc.scope)
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
            self._corrupt_response(self.context, request._request, written)
            if self.context.recording is not None:
                _record(self.context.recording, request._request, written)
        return written

    def _corrupt_response(
        self, context: RequestContext, request: HttpRequest, response: HttpResponse
    ) -> None:
        faults = context.faults
        if faults is not NO_FAULTS:
            corrupt_response(
                request,
                response,
                faults.rule,
                names=faults.names(reports_jobs=self.reports_jobs),
                scope=faults.scope,
            )

    @property
    def request_context(self) -> RequestContext:
        assert self.context is not None  # noqa: S101 (`initial` has set it)
        return self.context

    def note_reported(self, states: Iterable[JobState]) -> None:
        """Note what the response reports about jobs."""
        reported = {state.job.public_id: self.reported(state) for state in states}
        self.reports_jobs = self.reports_jobs or bool(reported)
        if recording := self.request_context.recording:
            recording.reported = reported

    def reported(self, state: JobState) -> Reported:
        """Return what a response reports about a job."""
        known = Reported.from_snapshot(state.snapshot)
        if not self.reports_results:
            known = known.without_result()
        return known if self.reports_estimates else known.without_details()


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
