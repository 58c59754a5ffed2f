"""The page with the list of jobs and the form that creates one."""

from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api.http.parsing import cursor_after, listing_of, refuse_unknown_parameters
from vid_trans_api.models import Workspace
from vid_trans_api.operations import RequestContext, create_exempt_job, list_jobs
from vid_trans_api.operations.errors import SocketRequired
from vid_trans_api.operations.reading import Page as JobList
from vid_trans_api.serving.socket_faults import can_inject
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
        if form.is_valid():
            try:
                job = create_exempt_job(
                    form.cleaned_data["request"],
                    key_digest=workspace.key_digest,
                    has_socket=can_inject(request.META),
                )
            except SocketRequired as error:
                form.add_socket_error(error)
            else:
                return HttpResponseRedirect(f"{jobs_path(workspace)}#job-{job.public_id}")
        return self._render(request, session, form)

    def _render(self, request: HttpRequest, session: Session, form: JobForm) -> HttpResponseBase:
        workspace, listing = opened_workspace(request, session), listing_of(request.GET)
        page = list_jobs(
            RequestContext(key_digest=workspace.key_digest, has_socket=False, is_exempt=True),
            limit=PAGE_LENGTH,
            status=listing.status,
            target_language=listing.target_language,
            before=listing.before,
        )
        interval = refresh_interval((state.snapshot for state in page.states), page.workspace)
        return render_page(
            request,
            "jobs",
            session=session,
            workspace=workspace,
            form=form,
            listing=listing,
            jobs=[(state.job, state.snapshot) for state in page.states],
            clock=describe_clock(page.workspace, page.now),
            is_simulation_on=settings.SIMULATION,
            **_links(request, workspace, page),
            refresh=min(interval or IDLE_INTERVAL, IDLE_INTERVAL),
            # A reload would discard what has been typed.
            reload=None if form.is_bound or "paused" in request.GET else interval,
            status=HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK,
        )


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
        "pause_url": first_page_path(request, paused=1),
        "api_url": request.build_absolute_uri(reverse("vid_trans_api:jobs")),
    }
