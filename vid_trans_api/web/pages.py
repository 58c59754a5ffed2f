"""The pages for people: the jobs, live, a form to start one, and one job's own page."""

import math
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import View
from rest_framework.exceptions import ValidationError

from heygen_video_translation import __version__
from vid_trans_api import clock
from vid_trans_api.http.authentication import is_accepted
from vid_trans_api.http.errors import flatten
from vid_trans_api.http.parsing import cursor_after, listing_of, refuse_unknown_parameters
from vid_trans_api.models import (
    Job,
    JobEnded,
    Workspace,
    digest_of,
    read_consistent,
    read_consistent_in,
)
from vid_trans_api.operations import cancel_job, create_exempt_job
from vid_trans_api.operations.errors import JobNotFound
from vid_trans_api.serving.socket_faults import is_within_reach
from vid_trans_api.simulation.clip import CLIP
from vid_trans_api.snapshots import Snapshot, Status
from vid_trans_api.web import sessions as visitors
from vid_trans_api.web.forms import JobForm
from vid_trans_api.web.sessions import KeyNeeded, Visitor, visitor_of

PAGE_LENGTH: Final = 25

SLOW_PACE: Final = 10
"""Seconds after which a page looks again for what was started elsewhere."""

FROZEN_PACE: Final = 2
"""Seconds after which it looks again for whether frozen time has been moved on."""

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "media", "connect")),
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class Page(View):
    """A page, true only now, that runs no script but its own; its errors are pages as well."""

    http_method_names: ClassVar[list[str]] = ["get", "head", "post"]  # type: ignore[misc]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            answer = super().dispatch(request, *args, **kwargs)
        except KeyNeeded:
            answer = to_key(request)
        except Http404 as nothing:
            answer = tell(request, str(nothing), status=HTTPStatus.NOT_FOUND)
        except ValidationError as error:
            sentences = " ".join(each["detail"] for each in flatten(error.detail))
            answer = tell(request, sentences, status=HTTPStatus.BAD_REQUEST)
        answer["Cache-Control"] = "no-store"
        answer["Content-Security-Policy"] = _POLICY
        return answer


class JobsPage(Page):
    """The newest jobs of a workspace, and a form to start one."""

    parameters: ClassVar = ("status", "target_language", "cursor", "workspace", "still")

    def get(self, request: HttpRequest) -> HttpResponseBase:
        visitor = visitor_of(request)
        refuse_unknown_parameters(request.GET, self.parameters)
        return self._show(request, visitor, JobForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        visitor = visitor_of(request)
        refuse_unknown_parameters(request.GET, self.parameters)
        workspace = opened(request, visitor)
        form = JobForm(request.POST)
        if not form.is_valid():
            return self._show(request, visitor, form)
        job = create_exempt_job(
            form.cleaned_data["request"],
            key_digest=workspace.key_digest,
            has_socket=is_within_reach(request.META),
        )
        return HttpResponseRedirect(f"{jobs_path(workspace)}#job-{job.public_id}")

    def _show(self, request: HttpRequest, visitor: Visitor, form: JobForm) -> HttpResponseBase:
        workspace = opened(request, visitor)
        asked = listing_of(request.GET)
        real, stored = clock.now(), Workspace.objects.of_key(workspace.key_digest)
        jobs, now = read_consistent_in(
            stored,
            lambda now: Job.objects.page(
                workspace=stored,
                now=now,
                status=asked.status,
                target_language=asked.target_language,
                before=asked.before,
                limit=PAGE_LENGTH + 1,  # one more tells whether there are older ones
            ),
            real,
        )
        is_last, jobs = len(jobs) <= PAGE_LENGTH, jobs[:PAGE_LENGTH]
        shown = [(job, job.at(now)) for job in jobs]
        pace = pace_of((snapshot for _, snapshot in shown), stored)
        return show(
            request,
            "jobs",
            visitor=visitor,
            workspace=workspace,
            form=form,
            shown=shown,
            has_timelines=settings.SIMULATION,
            time=time_of(stored, real),
            asked=asked,
            filters=[(status, _with(request, status=status)) for status in (None, *Status)],
            older=None if is_last else _with(request, cursor=cursor_after(jobs[-1].number)),
            newest=_with(request),
            everything=jobs_path(workspace),
            still=_with(request, still=1),
            api_url=request.build_absolute_uri(reverse("vid_trans_api:jobs")),
            refresh=min(pace or SLOW_PACE, SLOW_PACE),
            # A reload would wipe out what is being typed, or what was typed wrong.
            reload=None if form.is_bound or "still" in request.GET else pace,
            status=HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK,
        )


class JobPage(Page):
    """One job, or the newest; the views send browsers here."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        visitor = visitor_of(request)
        refuse_unknown_parameters(request.GET, ("job_id",))
        real = clock.now()
        job_id = request.GET.get("job_id")
        job = newest(visitor, real) if job_id is None else existing(visitor, job_id, real)
        snapshot = job.seen(real)
        pace = pace_of([snapshot], job.workspace)
        workspace = visitor.workspace
        if visitor.is_staff and job.workspace.key_digest != workspace.key_digest:
            workspace = job.workspace
        return show(
            request,
            "job",
            visitor=visitor,
            workspace=workspace,
            back=jobs_path(workspace),
            job=job,
            snapshot=snapshot,
            timeline=timeline_path(job),
            time=time_of(job.workspace, real),
            is_newest=job_id is None,
            api_url=request.build_absolute_uri(reverse("vid_trans_api:job", args=[job.public_id])),
            refresh=pace or (SLOW_PACE if job_id is None else None),
            reload=pace,
        )


status = JobPage.as_view()


class CancelPage(Page):
    """The button that cancels a job."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        job = existing(visitor_of(request), job_id, clock.now())
        try:
            cancel_job(job)
        except JobEnded:
            pass  # the page that follows shows how
        except JobNotFound:
            raise no_job(job_id) from None
        return HttpResponseRedirect(_next(request, job_path(job)))


class ResultPage(Page):
    """The translated video, for a browser, which sends no key."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest, job_id: str) -> HttpResponseBase:
        real = clock.now()
        job = existing(visitor_of(request), job_id, real)
        if job.seen(real).status is not Status.COMPLETED:
            raise Http404("This job has no result; only completed ones do.")
        return HttpResponse(
            CLIP,
            content_type="video/mp4",
            headers={"Content-Disposition": f'inline; filename="{job.public_id}.mp4"'},
        )


class KeyPage(Page):
    """Asks for the key whose workspace the pages are to show, and forgets it again."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return show(request, "key", is_needed=not is_accepted(""), next=request.GET.get("next", ""))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        key = "" if "forget" in request.POST else request.POST.get("key", "").strip()
        if not is_accepted(key) and "forget" not in request.POST:
            return show(
                request,
                "key",
                is_needed=not is_accepted(""),
                next=request.POST.get("next", ""),
                problem="This API key is not one that the server knows."
                if key
                else "Type the API key that the server was started with.",
                status=HTTPStatus.BAD_REQUEST,
            )
        answer = HttpResponseRedirect(_next(request, reverse("jobs")))
        if key:
            visitors.remember(answer, digest_of(key))
        else:
            visitors.forget(answer)
        return answer


def show(
    request: HttpRequest, template: str, *, status: int = HTTPStatus.OK, **context: Any
) -> HttpResponse:
    """Answer with a page.

    `refresh` and `reload` are the seconds after which it looks again, with and without JavaScript;
    None where it stands still.
    """
    answer = render(
        request,
        f"vid_trans_api/{template}.html",
        {"version": __version__, **context},
        status=status,
    )
    if context.get("refresh"):
        answer["Retry-After"] = str(context["refresh"])
    return answer


def tell(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """Answer with a page that says what is wrong, and where to go."""
    return show(
        request, "wrong", sentence=sentence, heading=HTTPStatus(status).phrase, status=status
    )


def to_key(request: HttpRequest) -> HttpResponse:
    """Send the browser to where it is asked for a key, and from there back here."""
    back = request.get_full_path() if request.method != "POST" else reverse("jobs")
    return HttpResponseRedirect(f"{reverse('key')}?{urlencode({'next': back})}")


def opened(request: HttpRequest, visitor: Visitor) -> Workspace:
    """Return the workspace to show: that of the visitor's key, or the one that staff asked for."""
    number = request.GET.get("workspace")
    if number is None:
        return visitor.workspace
    if visitor.is_staff and number.isdecimal():
        try:
            return Workspace.objects.get(pk=number)
        except Workspace.DoesNotExist:
            pass
    raise Http404("There is no such workspace, or only staff who are logged in may open it.")


def newest(visitor: Visitor, real: datetime) -> Job:
    workspace = Workspace.objects.of_key(visitor.workspace.key_digest)
    jobs, _ = read_consistent_in(
        workspace, lambda now: Job.objects.page(workspace=workspace, now=now, limit=1), real
    )
    if not jobs:
        raise Http404("There is no job yet.")
    return jobs[0]


def existing(visitor: Visitor, job_id: str, real: datetime) -> Job:
    def read() -> list[Job]:
        job = (
            Job.objects.find_anywhere(job_id)
            if visitor.is_staff
            else Job.objects.find(job_id, key_digest=visitor.workspace.key_digest)
        )
        return [job] if job else []

    jobs = read_consistent(read, real)
    if not jobs:
        raise no_job(job_id)
    return jobs[0]


def no_job(job_id: str) -> Http404:
    return Http404(f"There is no job {job_id!r} in this workspace.")


def pace_of(snapshots: Iterable[Snapshot], workspace: Workspace) -> int | None:
    """Return the real seconds after which to look again, None where nothing is pending.

    That is what the most urgent pending job asks for, by the time of its workspace; where that is
    frozen, somebody may move it on at any moment.
    """
    pace = min(
        (each.retry_after or SLOW_PACE for each in snapshots if not each.status.is_terminal),
        default=None,
    )
    if pace is None or workspace.clock is None:
        return pace
    if not workspace.speed:
        return FROZEN_PACE
    return max(1, min(math.ceil(pace / workspace.speed), SLOW_PACE))


def time_of(workspace: Workspace, real: datetime) -> dict[str, Any]:
    """Return what a page says of a workspace's time."""
    return {
        "state": workspace.clock_state.value,
        "speed": workspace.speed,
        "now": workspace.now(real),
    }


def jobs_path(workspace: Workspace) -> str:
    """Return the path of a workspace's page; a number in it says that staff opened it."""
    path = reverse("jobs")
    return path if workspace.pk is None else f"{path}?workspace={workspace.pk}"


def job_path(job: Job) -> str:
    return f"{reverse('vid_trans_api:status')}?job_id={job.public_id}"


def timeline_path(job: Job) -> str | None:
    """Return the path of a job's timeline; None where there are none, as nothing is simulated."""
    if not settings.SIMULATION:
        return None
    return reverse("timeline", args=[job.public_id])


def _with(request: HttpRequest, **parameters: Any) -> str:
    """Return the path of the first page of the same jobs, with these parameters changed."""
    query = request.GET.copy()
    for name, value in {"cursor": None, "still": None, **parameters}.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{reverse('jobs')}?{query.urlencode()}" if query else reverse("jobs")


def _next(request: HttpRequest, otherwise: str) -> str:
    """Return where the form wants to go on, if that is on this server."""
    path = request.POST.get("next", "")
    is_here = url_has_allowed_host_and_scheme(path, {request.get_host()}, request.is_secure())
    return path if is_here else otherwise
