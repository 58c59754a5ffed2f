"""The page with the list of jobs and the form that creates one."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar, Final

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api import clock
from vid_trans_api.http.parsing import Listing, cursor_after, listing_of, refuse_unknown_parameters
from vid_trans_api.models import Job, Workspace, read_consistent_in
from vid_trans_api.native.serializers import default_levels
from vid_trans_api.operations.faults import refuse_levels_out_of_reach
from vid_trans_api.snapshots import Status
from vid_trans_api.web.forms import JobForm
from vid_trans_api.web.links import first_page_path, jobs_path
from vid_trans_api.web.pages import (
    IDLE_INTERVAL,
    Page,
    describe_clock,
    refresh_interval,
    render_page,
)
from vid_trans_api.web.sessions import Session, opened_workspace, session_of

PAGE_LENGTH: Final = 25


class JobsPage(Page):
    """The newest jobs of a workspace, and the form that creates one."""

    parameters: ClassVar = ("status", "target_language", "cursor", "workspace", "paused")

    def get(self, request: HttpRequest) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, self.parameters)
        return self._render(request, session, JobForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, self.parameters)
        workspace = opened_workspace(request, session)
        form = JobForm(request.POST)
        if not form.is_valid():
            return self._render(request, session, form)
        job = _create(request, workspace, form)
        return HttpResponseRedirect(f"{jobs_path(workspace)}#job-{job.public_id}")

    def _render(self, request: HttpRequest, session: Session, form: JobForm) -> HttpResponseBase:
        workspace = opened_workspace(request, session)
        listing, server_time = listing_of(request.GET), clock.now()
        stored = Workspace.objects.of_key(workspace.key_digest)
        found, now = _read(stored, listing, server_time)
        has_older, found = len(found) > PAGE_LENGTH, found[:PAGE_LENGTH]
        jobs = [(job, job.at(now)) for job in found]
        interval = refresh_interval((snapshot for _, snapshot in jobs), stored)
        return render_page(
            request,
            "jobs",
            session=session,
            workspace=workspace,
            form=form,
            jobs=jobs,
            is_simulation_on=settings.SIMULATION,
            clock=describe_clock(stored, server_time),
            listing=listing,
            filters=[
                (status, first_page_path(request, status=status)) for status in (None, *Status)
            ],
            older_url=first_page_path(request, cursor=cursor_after(found[-1].number))
            if has_older
            else None,
            newest_url=first_page_path(request),
            all_url=jobs_path(workspace),
            pause_url=first_page_path(request, paused=1),
            api_url=request.build_absolute_uri(reverse("vid_trans_api:jobs")),
            refresh=min(interval or IDLE_INTERVAL, IDLE_INTERVAL),
            # A reload would discard what has been typed.
            reload=None if form.is_bound or "paused" in request.GET else interval,
            status=HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK,
        )


def _create(request: HttpRequest, workspace: Workspace, form: JobForm) -> Job:
    with transaction.atomic():
        stored = Workspace.objects.stored(workspace.key_digest)
        wanted = form.cleaned_data
        levels = {**wanted["simulation"], **default_levels(stored)}
        refuse_levels_out_of_reach(request, levels)
        return Job.objects.start(
            workspace=stored,
            now=stored.now(clock.now()),
            **{**wanted, "simulation": levels.values()},
        )


def _read(
    workspace: Workspace, listing: Listing, server_time: datetime
) -> tuple[Sequence[Job], datetime]:
    """Return a page of jobs, plus one if there are older ones, and the workspace's time."""
    return read_consistent_in(
        workspace,
        lambda now: Job.objects.page(
            workspace=workspace,
            now=now,
            status=listing.status,
            target_language=listing.target_language,
            before=listing.before,
            limit=PAGE_LENGTH + 1,
        ),
        server_time,
    )
