"""What all views of the HTTP interface share: strict queries, faults, and finding jobs."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from vid_trans_api import clock
from vid_trans_api.http.parsing import refuse_unknown_parameters
from vid_trans_api.http.problems import SIMULATED_FAULT
from vid_trans_api.journal.recorder import Entry, journal
from vid_trans_api.models import Job, Workspace, read_consistent
from vid_trans_api.native.serializers import job_document
from vid_trans_api.operations.faults import NO_FAULTS, ActiveFaults, FaultResponse, corrupt, meet
from vid_trans_api.serving.socket_faults import call_afterwards, has_left
from vid_trans_api.snapshots import Operation, Snapshot, Status

READING: Final = ("GET", "HEAD")
"""The methods that change nothing."""


# A comment, as OpenAPI would describe every operation by its docstring: a view that refuses query
# parameters it does not have, as a typo must not pass unnoticed, and lets faults happen.
class ApiView(APIView):
    http_method_names = ["get", "post", "patch", "delete", "head"]  # noqa: RUF012 (as Django types it)
    parameters: ClassVar[tuple[str, ...]] = ()
    """Of GET; the other methods have none."""

    operations: ClassVar[Mapping[str, Operation]] = {}
    """What requests do, by their methods; only those that do something are journaled."""

    active_faults: ActiveFaults = NO_FAULTS
    """What strikes the request that this view answers."""

    entry: Entry | None = None
    """What the journal is to say of it; None where it says nothing."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        is_journaled = settings.JOURNAL_LENGTH and settings.SIMULATION
        operation = self.operations.get(str(request.method)) if is_journaled else None
        server_received_at = clock.now() if operation else None
        super().initial(request, *args, **kwargs)
        if operation and server_received_at:
            self.entry = Entry(
                key_digest=key_digest_of(request),
                operation=operation,
                server_received_at=server_received_at,
                jobs=(kwargs["job_id"],) if "job_id" in kwargs else (),
                user_agent=request._request.META.get("HTTP_USER_AGENT", ""),
            )
        if (query := request._request.GET) and request.method in self.allowed_methods:
            known = self.parameters if request.method in READING else ()
            refuse_unknown_parameters(query, known)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, FaultResponse):
            self.active_faults = NO_FAULTS
            return exc.answer  # type: ignore[return-value]  # any of Django's answers will do
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response: HttpResponse = super().finalize_response(request, response, *args, **kwargs)
        if self.active_faults is not NO_FAULTS:
            response = corrupt(request._request, self.active_faults, response)
        if self.entry is not None:
            self._note(request._request, self.entry, response)
        return response

    def _note(self, request: HttpRequest, entry: Entry, response: HttpResponse) -> None:
        """Have the request journaled, as soon as it is known what became of its answer."""
        entry.status = response.status_code
        if entry.workspace is None:  # refused before anything was done
            with suppress(DatabaseError, InterfaceError):
                entry.workspace = Workspace.objects.of_key(entry.key_digest)
        if response.status_code >= HTTPStatus.BAD_REQUEST or request.method == "HEAD":
            entry.documents = ()  # the client is told of no job
        if "Retry-After" in response:
            entry.retry_after = int(response["Retry-After"])
        if SIMULATED_FAULT in response:
            entry.faults = response[SIMULATED_FAULT].split(", ")
        if not entry.faults or not call_afterwards(request.META, partial(journal.note, entry)):
            # Whoever gave up a held request was not there for its answer.
            journal.note(entry, is_delivered=not (entry.is_long_poll and has_left(request.META)))

    def meet(
        self,
        request: Request,
        operation: Operation,
        *,
        workspace: Workspace,
        jobs: Sequence[Job],
        now: datetime,
        is_batch: bool = False,
        held_since: datetime | None = None,
    ) -> None:
        """Let faults happen to this request; they may take its place.

        After it was held, those happen that are only about a job as old as it is then.
        """
        if self.entry is not None:
            self.entry.workspace = self.entry.workspace or workspace  # as it was when it came
            self.entry.jobs = self.entry.jobs or [job.public_id for job in jobs]
        self.active_faults = meet(
            request._request,
            operation,
            workspace=workspace,
            jobs=jobs,
            now=now,
            is_batch=is_batch,
            held_since=held_since,
            before=self.active_faults,
        )

    def existing(self, request: Request, job_id: str, operation: Operation) -> tuple[Job, datetime]:
        """Return that job and the instant at which it is seen, or raise Http404."""
        job, now = find(request, job_id)
        if job is None:
            workspace = workspace_of(request)
            self.meet(request, operation, workspace=workspace, jobs=(), now=workspace.now(now))
            raise no_job(job_id)
        self.meet(request, operation, workspace=job.workspace, jobs=(job,), now=now)
        return job, now

    def answer_job(
        self,
        request: Request,
        job: Job,
        now: datetime,
        *,
        status: int = HTTPStatus.OK,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """Answer with one job; a pending one says when to ask again."""
        if self.entry is not None:
            self.entry.workspace_then = job.workspace
        snapshot = job.at(self.active_faults.instant(job, now))
        response = answer(self.documents(request, [(job, snapshot)])[0], status=status)
        if not snapshot.status.is_terminal and snapshot.retry_after is not None:
            response["Retry-After"] = str(snapshot.retry_after)
        for name, value in (headers or {}).items():
            response[name] = value
        return response

    def documents(
        self, request: Request, jobs: Sequence[tuple[Job, Snapshot]]
    ) -> list[dict[str, Any]]:
        """Write jobs as JSON; only completed ones need URLs, which take a while to build."""
        has_results = any(snapshot.status is Status.COMPLETED for _, snapshot in jobs)
        root = jobs_url(request) if has_results else ""
        documents = [
            job_document(
                job,
                snapshot,
                result_url=f"{root}/{job.public_id}/result"
                if snapshot.status is Status.COMPLETED
                else None,
            )
            for job, snapshot in jobs
        ]
        if self.active_faults is not NO_FAULTS:
            documents = [
                self.active_faults.rewrite(job, document)
                for (job, _), document in zip(jobs, documents, strict=True)
            ]
        if self.entry is not None:
            self.entry.documents = documents
        return documents


def key_digest_of(request: Request) -> str:
    """Return the digest of the key that the request came with, by which its workspace is known."""
    return str(request.auth)


def workspace_of(request: Request) -> Workspace:
    return Workspace.objects.of_key(key_digest_of(request))


def find(request: Request, job_id: str) -> tuple[Job | None, datetime]:
    """Return that job, or None where it is no job's id, and the instant at which it is seen.

    Where there is no job, that is by the server's clock.
    """
    real, key_digest = clock.now(), key_digest_of(request)

    def read() -> list[Job]:
        job = Job.objects.find(job_id, key_digest=key_digest)
        return [job] if job else []

    jobs = read_consistent(read, real)
    return (jobs[0], jobs[0].workspace.now(real)) if jobs else (None, real)


def no_job(job_id: str) -> Http404:
    return Http404(f"There is no job {job_id!r} here.")


def jobs_url(request: Request) -> str:
    return request.build_absolute_uri(reverse("vid_trans_api:jobs"))


def answer(document: Any, *, status: int = HTTPStatus.OK) -> HttpResponse:
    """Answer with JSON that nobody may keep, as it is true only now."""
    return HttpResponse(
        as_json(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def as_json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
