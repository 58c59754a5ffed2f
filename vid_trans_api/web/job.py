"""The page of one job, its video, and its buttons."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api.http.parsing import refuse_unknown_parameters
from vid_trans_api.http.ranges import respond_with_range
from vid_trans_api.models import Event, Job, JobEnded
from vid_trans_api.operations import (
    cancel_job,
    get_result,
    read_job,
    read_job_anywhere,
    read_newest_job,
    repeat_of,
)
from vid_trans_api.operations.clock import read as read_clock
from vid_trans_api.operations.deliveries import read_events_about
from vid_trans_api.operations.errors import JobNotFound, NoResult
from vid_trans_api.web.creation import CreationRefused, create_from_page
from vid_trans_api.web.deliveries import facts_of_event, rows_of
from vid_trans_api.web.links import job_path, jobs_path, next_path, timeline_path, webhooks_path
from vid_trans_api.web.pages import (
    IDLE_INTERVAL,
    RELOAD_INTERVAL,
    Page,
    describe_clock,
    etag_of,
    facts_of,
    refresh_interval,
    render_message,
    render_page,
    unchanged,
)
from vid_trans_api.web.plans import describe_plan
from vid_trans_api.web.sessions import Session, session_of, visible_workspace


class JobPage(Page):
    """One job, or the newest one."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest, job_id: str | None = None) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, () if job_id else ("job_id",))
        job_id = job_id or request.GET.get("job_id")
        job, now = newest_job(session) if job_id is None else find_job(session, job_id)
        events = read_events_about(job)
        facts = (*facts_of(job, job.at(now)), *map(facts_of_event, events))
        etag = etag_of(session, job.workspace, facts)
        if not_modified := unchanged(request, etag, job.workspace):
            return not_modified
        return _render(request, session, job, now, events, is_newest=job_id is None, etag=etag)


class CancelPage(Page):
    """The cancel button of a job."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        job, _ = find_job(session_of(request), job_id)
        try:
            cancel_job(job)
        except JobEnded:
            pass  # the next page shows how it ended
        except JobNotFound:
            raise _not_found(job_id) from None
        return HttpResponseRedirect(next_path(request, job_path(job)))


class RunAgainPage(Page):
    """The button that creates the same job once more."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        job, _ = find_job(session_of(request), job_id)
        again = repeat_of(job)
        try:
            started = create_from_page(
                request, again, key_digest=job.workspace.key_digest, body={"again": job.public_id}
            )
        except CreationRefused as refusal:
            return render_message(request, str(refusal), status=refusal.status)
        return HttpResponseRedirect(job_path(started.job))


class ResultPage(Page):
    """The translated video, for browsers, which send no API key."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        job, now = find_job(session_of(request), job_id)
        try:
            result = get_result(job, now)
        except NoResult as error:
            raise Http404(str(error)) from None
        return respond_with_range(
            request,
            result.file or result.content,
            content_type=result.content_type,
            name=job.public_id,
        )


def _render(
    request: HttpRequest,
    session: Session,
    job: Job,
    now: datetime,
    events: Sequence[Event],
    *,
    is_newest: bool,
    etag: str,
) -> HttpResponse:
    snapshot, workspace = job.at(now), visible_workspace(session, job.workspace)
    return render_page(
        request,
        "job",
        session=session,
        workspace=workspace,
        back_url=jobs_path(workspace),
        job=job,
        snapshot=snapshot,
        plan=list(describe_plan(job.plan)) if job.plan and settings.SIMULATION else (),
        timeline_url=timeline_path(job),
        has_webhooks=job.workspace.has_webhooks,
        delivery_rows=rows_of(events, {}, now=now),
        webhooks_url=webhooks_path(workspace),
        clock=describe_clock(job.workspace, now),
        is_newest=is_newest,
        api_url=request.build_absolute_uri(reverse("vid_trans_api:job", args=[job.public_id])),
        refresh=refresh_interval([snapshot], job.workspace) or IDLE_INTERVAL,
        reload=None if snapshot.is_final and not is_newest else RELOAD_INTERVAL,
        etag=etag,
    )


def newest_job(session: Session) -> tuple[Job, datetime]:
    """Return the newest job of the session's workspace and its time there; raise Http404."""
    workspace, server_time = read_clock(session.workspace.key_digest)
    job, now = read_newest_job(workspace, server_time)
    if job is None:
        raise Http404("There is no job yet.")
    return job, now


def find_job(session: Session, job_id: str) -> tuple[Job, datetime]:
    """Return a job that the session may see and its workspace's time; raise Http404."""
    if session.is_staff:
        job, now = read_job_anywhere(job_id)
    else:
        job, now = read_job(job_id, key_digest=session.workspace.key_digest)
    if job is None:
        raise _not_found(job_id)
    return job, now


def _not_found(job_id: str) -> Http404:
    return Http404(f"There is no job {job_id!r} in this workspace.")
