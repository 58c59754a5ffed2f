"""The page of one job, its video, and its cancel button."""

from datetime import datetime
from typing import ClassVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api import clock
from vid_trans_api.http.parsing import refuse_unknown_parameters
from vid_trans_api.models import Job, JobEnded, Workspace, read_consistent, read_consistent_in
from vid_trans_api.serving.long_polls import long_polls
from vid_trans_api.simulation.clip import CLIP
from vid_trans_api.snapshots import Status
from vid_trans_api.web.links import job_path, jobs_path, next_path, timeline_path
from vid_trans_api.web.pages import (
    IDLE_INTERVAL,
    Page,
    describe_clock,
    refresh_interval,
    render_page,
)
from vid_trans_api.web.sessions import Session, session_of


class JobPage(Page):
    """One job, or the newest one."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        session, server_time = session_of(request), clock.now()
        refuse_unknown_parameters(request.GET, ("job_id",))
        job_id = request.GET.get("job_id")
        if job_id is None:
            job = newest_job(session, server_time)
        else:
            job = find_job(session, job_id, server_time)
        snapshot = job.seen(server_time)
        interval = refresh_interval([snapshot], job.workspace)
        workspace = visible_workspace(session, job)
        return render_page(
            request,
            "job",
            session=session,
            workspace=workspace,
            back_url=jobs_path(workspace),
            job=job,
            snapshot=snapshot,
            timeline_url=timeline_path(job),
            clock=describe_clock(job.workspace, server_time),
            is_newest=job_id is None,
            api_url=request.build_absolute_uri(reverse("vid_trans_api:job", args=[job.public_id])),
            refresh=interval or (IDLE_INTERVAL if job_id is None else None),
            reload=interval,
        )


class CancelPage(Page):
    """The cancel button of a job."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        job = find_job(session_of(request), job_id, clock.now())
        try:
            job.cancel(clock.now)
        except JobEnded:
            pass  # the next page shows how it ended
        except Job.DoesNotExist:
            raise not_found(job_id) from None
        long_polls.wake(job.public_id)
        return HttpResponseRedirect(next_path(request, job_path(job)))


class ResultPage(Page):
    """The translated video, for browsers, which send no API key."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        server_time = clock.now()
        job = find_job(session_of(request), job_id, server_time)
        if job.seen(server_time).status is not Status.COMPLETED:
            raise Http404("This job has no result; only completed jobs do.")
        return HttpResponse(
            CLIP,
            content_type="video/mp4",
            headers={"Content-Disposition": f'inline; filename="{job.public_id}.mp4"'},
        )


def newest_job(session: Session, server_time: datetime) -> Job:
    """Return the newest job of the session's workspace; raise Http404 if there is none."""
    workspace = Workspace.objects.of_key(session.workspace.key_digest)
    jobs, _ = read_consistent_in(
        workspace, lambda now: Job.objects.page(workspace=workspace, now=now, limit=1), server_time
    )
    if not jobs:
        raise Http404("There is no job yet.")
    return jobs[0]


def find_job(session: Session, job_id: str, server_time: datetime) -> Job:
    """Return a job that the session may see; raise Http404 if there is none."""

    def read() -> list[Job]:
        job = (
            Job.objects.find_anywhere(job_id)
            if session.is_staff
            else Job.objects.find(job_id, key_digest=session.workspace.key_digest)
        )
        return [job] if job else []

    jobs = read_consistent(read, server_time)
    if not jobs:
        raise not_found(job_id)
    return jobs[0]


def not_found(job_id: str) -> Http404:
    return Http404(f"There is no job {job_id!r} in this workspace.")


def visible_workspace(session: Session, job: Job) -> Workspace:
    """Return the session's workspace, or the job's if staff look at a job of another one."""
    is_own = job.workspace.key_digest == session.workspace.key_digest
    return session.workspace if is_own else job.workspace
