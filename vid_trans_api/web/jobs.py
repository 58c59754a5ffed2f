"""The page with the list of jobs and the form that creates one."""

from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api import clock
from vid_trans_api.http.parsing import (
    Listing,
    cursor_after,
    listing_of,
    refuse_unknown_parameters,
)
from vid_trans_api.models import Job, Workspace
from vid_trans_api.operations import RequestContext, list_jobs
from vid_trans_api.operations.defaults import clear_defaults
from vid_trans_api.operations.reading import Page as JobList
from vid_trans_api.simulation.faults import Fault
from vid_trans_api.snapshots import Status
from vid_trans_api.web.creation import CreationRefused, create_from_page
from vid_trans_api.web.forms import JobForm
from vid_trans_api.web.links import STARTED, first_page_path, jobs_path, next_path, webhooks_path
from vid_trans_api.web.pages import (
    IDLE_INTERVAL,
    RELOAD_INTERVAL,
    Page,
    describe_clock,
    etag_of,
    facts_of,
    refresh_interval,
    render_page,
    unchanged,
)
from vid_trans_api.web.plans import describe_defaults
from vid_trans_api.web.sessions import Session, opened_workspace, session_of
from vid_trans_api.web.workspaces import other_workspaces

PAGE_LENGTH: Final = 25
_PARAMETERS: Final = (
    "status",
    "target_language",
    "cursor",
    "workspace",
    "paused",
    "form",
    *STARTED,
)


class JobsPage(Page):
    """The newest jobs of a workspace, and the form that creates one."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, _PARAMETERS)
        return _respond(request, session, JobForm.with_values(request.GET.get("form", "")))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, _PARAMETERS)
        workspace = opened_workspace(request, session)
        form = JobForm(request.POST)
        status = HTTPStatus.BAD_REQUEST
        if form.is_valid():
            job_request, body = form.cleaned_data["request"], form.cleaned_data["body"]
            try:
                started = create_from_page(
                    request, job_request, key_digest=workspace.key_digest, body=body
                )
            except CreationRefused as refusal:
                form.add_refusal(refusal)
                status = refusal.status
            else:
                parameters = {"started": started.job.public_id, "fault": started.fault}
                path = jobs_path(workspace, **parameters, form=form.values)
                return HttpResponseRedirect(f"{path}#start")
        return _respond(request, session, form, status=status)


class ClearDefaultsPage(Page):
    """The button that clears a workspace's defaults, fault rules and limits."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        workspace = opened_workspace(request, session_of(request))
        clear_defaults(workspace.key_digest)
        return HttpResponseRedirect(next_path(request, jobs_path(workspace)))


def _respond(
    request: HttpRequest, session: Session, form: JobForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponseBase:
    """Respond with the page, or with a 304 if the browser has it and sent no form."""
    workspace, listing = opened_workspace(request, session), listing_of(request.GET)
    page = _read(workspace, listing)
    facts = [facts_of(state.job, state.snapshot) for state in page.states]
    # Only this page shows how many requests are left, which changes with each of them.
    facts_of_list = (page.is_last, page.workspace.requests_left, page.workspace.wallet)
    others = other_workspaces(request, workspace)
    etag = etag_of(
        session, page.workspace, (*facts, *facts_of_list, *(each.facts for each in others))
    )
    if not form.is_bound and (not_modified := unchanged(request, etag, page.workspace)):
        return not_modified
    real = clock.now()
    return render_page(
        request,
        "jobs",
        session=session,
        workspace=workspace,
        form=form,
        listing=listing,
        **_described(page),
        **_started(request, page),
        other_workspaces=[(each, each.idle_seconds(real)) for each in others],
        **_links(request, workspace, page),
        # A reload would discard what has been typed.
        reload=None if form.is_bound or "paused" in request.GET else RELOAD_INTERVAL,
        is_paused="paused" in request.GET,
        etag=etag,
        status=status,
    )


def _read(workspace: Workspace, listing: Listing) -> JobList:
    return list_jobs(
        RequestContext(key_digest=workspace.key_digest, has_socket=False, is_exempt=True),
        limit=PAGE_LENGTH,
        status=listing.status,
        target_language=listing.target_language,
        before=listing.before,
    )


def _described(page: JobList) -> dict[str, Any]:
    """Return the jobs, and the clock and the defaults of their workspace."""
    interval = refresh_interval((state.snapshot for state in page.states), page.workspace)
    is_simulation_on = settings.SIMULATION
    return {
        "jobs": [(state.job, state.snapshot) for state in page.states],
        "clock": describe_clock(page.workspace, page.now),
        "is_simulation_on": is_simulation_on,
        "defaults": list(describe_defaults(page.workspace)) if is_simulation_on else (),
        "refresh": min(interval or IDLE_INTERVAL, IDLE_INTERVAL),
    }


def _started(request: HttpRequest, page: JobList) -> dict[str, Job | str | None]:
    """Return the job that the form has just started, and the fault of a program's response."""
    job_id, fault = (request.GET.get(name) for name in STARTED)
    jobs = (state.job for state in page.states if state.job.public_id == job_id)
    return {
        "started_job": next(jobs, None),
        "started_fault": fault if fault in set(Fault) else None,
    }


def _links(request: HttpRequest, workspace: Workspace, page: JobList) -> dict[str, Any]:
    """Return the URLs that the page links to."""
    cursor = None if page.is_last else cursor_after(page.states[-1].job.number)
    return {
        "filters": [
            (status, first_page_path(request, status=status)) for status in (None, *Status)
        ],
        "newest_url": first_page_path(request),
        "older_url": cursor and first_page_path(request, cursor=cursor),
        "all_url": jobs_path(workspace),
        "webhooks_url": webhooks_path(workspace),
        "pause_url": first_page_path(request, paused=1),
        "api_url": request.build_absolute_uri(reverse("vid_trans_api:jobs")),
    }
