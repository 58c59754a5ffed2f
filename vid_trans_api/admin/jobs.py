"""Django's admin: jobs to look at, and a few things to do with them."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from vid_trans_api import clock
from vid_trans_api.admin.lists import AgeFilter, BoundedPaginator, JobList, StatusFilter, now_of
from vid_trans_api.models import Job, JobEnded, JobQuerySet, Workspace
from vid_trans_api.operations import cancel_job, finish_job, run_again
from vid_trans_api.operations.errors import JobNotFound
from vid_trans_api.simulation.clocks import ClockState
from vid_trans_api.simulation.estimates import estimate
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.snapshots import Failure, Snapshot
from vid_trans_api.web.formatting import duration, since, span
from vid_trans_api.web.pages import job_path, jobs_path, timeline_path

_PLAN: Final = (
    "scenario",
    "planned_outcome",
    "planned_duration",
    "planned_failure",
    "estimates",
    "faults",
    "seed",
)
_NOTHING: Final = "–"  # noqa: RUF001 (a dash for an empty cell)


class OnePageActionForm(ActionForm):
    """Applies to what is on the page and was ticked there, never to a whole store."""

    def clean_select_across(self) -> bool:
        return False


def instant_of(job: Any) -> datetime:
    """Return the instant of its workspace at which a job was read."""
    return job.workspace.now(job.server_time)  # type: ignore[no-any-return]  # `server_time` comes with the query


def snapshot_of(job: Job) -> Snapshot:
    """Return what a job is at the instant of the request that read it."""
    return job.at(instant_of(job))


class Readable(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """What can be looked at, and neither added nor changed by hand."""

    empty_value_display = _NOTHING

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(Readable):
    list_display = (
        "short_id",
        "title",
        "status",
        "progress",
        "time_left",
        "language",
        "age",
        "timeline",
        "workspace",
    )
    list_filter = (StatusFilter, AgeFilter)
    list_select_related = ("workspace",)
    list_per_page = 50
    list_max_show_all = 0
    search_fields = ("public_id__startswith", "title", "video_url")
    search_help_text = "An id or its beginning, or a part of a title or URL."
    ordering = ("-number",)
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    actions = ("cancel", "finish", "run_again")
    action_form = OnePageActionForm
    fieldsets = (
        (None, {"fields": ("public_id", "title", "video_url", "target_language", "workspace")}),
        ("Now", {"fields": ("status", "progress", "time_left", "failed")}),
        ("Timeline", {"fields": ("created", "ends", "takes", "timeline")}),
        ("Plan", {"fields": _PLAN}),
    )
    readonly_fields = flatten_fieldsets(fieldsets)

    class Media:
        css: ClassVar = {"all": ["vid_trans_api/style.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        jobs: Any = super().get_queryset(request)
        seen: JobQuerySet = jobs.seen_at(now_of(request))
        return seen

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return JobList

    def view_on_site(self, job: Job) -> str:
        return job_path(job)

    def has_update_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("vid_trans_api.change_job")

    def has_start_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("vid_trans_api.add_job")

    @admin.action(description="Cancel", permissions=["update"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._end(request, jobs, cancel_job, "canceled")

    @admin.action(description="Finish now", permissions=["update"])
    def finish(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._end(request, jobs, finish_job, "finished")

    def _end(
        self,
        request: HttpRequest,
        jobs: QuerySet[Job],
        end: Callable[[Job], Job],
        done: str,
    ) -> None:
        skipped = 0
        for job in (chosen := list(jobs)):
            try:
                end(job)
            except (JobEnded, JobNotFound):
                skipped += 1
            else:
                self.log_change(request, job, f"{done.capitalize()}.")
        if count := len(chosen) - skipped:
            self.message_user(request, f"{_jobs(count)} {done}.", messages.SUCCESS)
        if skipped:
            self.message_user(
                request, f"{_jobs(skipped)} skipped: already ended.", messages.WARNING
            )

    @admin.action(description="Run again", permissions=["start"])
    def run_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        count = 0
        for count, job in enumerate(reversed(jobs), start=1):  # noqa: B007 (told below)
            again = run_again(job)
            self.log_addition(request, again, "Run again.")
        self.message_user(request, f"{_jobs(count)} started.", messages.SUCCESS)

    @admin.display(description="id")
    def short_id(self, job: Job) -> str:
        return job.short_id

    @admin.display(description="status")
    def status(self, job: Job) -> str:
        return render_to_string("vid_trans_api/parts/badge.html", {"snapshot": snapshot_of(job)})

    @admin.display(description="progress")
    def progress(self, job: Job) -> str:
        context = {"job": job, "snapshot": snapshot_of(job)}
        return render_to_string("vid_trans_api/parts/progress.html", context)

    @admin.display(description="time left")
    def time_left(self, job: Job) -> str:
        snapshot = snapshot_of(job)
        if snapshot.estimate is None:
            return _NOTHING if snapshot.status.is_terminal else "unknown"
        ends = span(snapshot.estimate)
        return duration(snapshot.estimate.remaining) + (f", {ends}" if ends else "")

    @admin.display(description="language")  # a short word, for a list that is wide already
    def language(self, job: Job) -> str:
        return job.target_language

    @admin.display(description="created")
    def age(self, job: Job) -> str:
        return format_html(
            '<time title="{}">{} ago</time>',
            _instant(job.created_at),
            duration(snapshot_of(job).age),
        )

    @admin.display(description="error")
    def failed(self, job: Job) -> str:
        return _sentence(snapshot_of(job).failure)

    @admin.display(description="created")
    def created(self, job: Job) -> str:
        return f"{_instant(job.created_at)}, {duration(snapshot_of(job).age)} ago"

    @admin.display(description="ends")
    def ends(self, job: Job) -> str:
        if job.finishes_at is None:
            return "never"
        now = instant_of(job)
        if job.finishes_at > now:
            relative = f"in {duration(since(job.finishes_at, now))}"
        else:
            relative = f"{duration(since(now, job.finishes_at))} ago"
        return f"{_instant(job.finishes_at)}, {relative}"

    @admin.display(description="takes")
    def takes(self, job: Job) -> str:
        if job.finishes_at is None:
            return _NOTHING
        return f"{since(job.finishes_at, job.created_at):.1f} s"

    @admin.display(description="requests")
    def timeline(self, job: Job) -> str:
        path = timeline_path(job)
        if path is None:
            return _NOTHING
        return format_html('<a href="{}">Timeline</a>', path)

    @admin.display(description="scenario")
    def scenario(self, job: Job) -> str:
        return job.plan.scenario or _NOTHING

    @admin.display(description="faults")
    def faults(self, job: Job) -> str:
        return _rules(job.plan.faults)

    @admin.display(description="outcome")
    def planned_outcome(self, job: Job) -> str:
        return str(job.plan.outcome)

    @admin.display(description="duration")
    def planned_duration(self, job: Job) -> str:
        plan = job.plan
        if plan.duration is None:
            return "for ever"
        share = "" if plan.fails_at is None else f", of which it fails after {plan.fails_at:.0%}"
        return f"{plan.duration:.1f} s{share}"

    @admin.display(description="error")
    def planned_failure(self, job: Job) -> str:
        return _sentence(job.plan.failure)

    @admin.display(description="estimates")
    def estimates(self, job: Job) -> str:
        estimate_model, seconds = job.plan.estimate_model, job.plan.duration
        if estimate_model is None or seconds is None:
            return "none"
        first = estimate(estimate_model, duration=seconds, elapsed=0)
        return (
            f"{estimate_model.profile}, noise {estimate_model.noise:g}, bias {estimate_model.bias:g};"
            f" the first guess was {first.remaining:.1f} s"
        )

    @admin.display(description="seed")
    def seed(self, job: Job) -> int:
        return int(job.plan.seed)


@admin.register(Workspace)
class WorkspaceAdmin(Readable):
    list_display = ("__str__", "jobs", "page", "time", "seed")
    readonly_fields = ("key_digest", "jobs", "page", "time", "seed", "goes_by", "rules", "limit")
    fields = readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it would take any number of jobs along

    @admin.display(description="jobs")
    def jobs(self, workspace: Workspace) -> str:
        path = reverse("admin:vid_trans_api_job_changelist")
        return format_html('<a href="{}?workspace__id__exact={}">Jobs</a>', path, workspace.pk)

    @admin.display(description="time")
    def time(self, workspace: Workspace) -> str:
        state = workspace.clock_state
        if state is ClockState.REAL:
            return "real"
        now = _instant(workspace.now(clock.now()))
        return f"{state}, {now}" + (f", speed {workspace.speed:g}" if workspace.speed else "")

    @admin.display(description="defaults")
    def goes_by(self, workspace: Workspace) -> str:
        return json.dumps(workspace.defaults) if workspace.defaults else _NOTHING

    @admin.display(description="faults")
    def rules(self, workspace: Workspace) -> str:
        return _rules(workspace.faults or ())

    @admin.display(description="rate limit")
    def limit(self, workspace: Workspace) -> str:
        return str(workspace.rate_limit or _NOTHING)

    @admin.display(description="page")
    def page(self, workspace: Workspace) -> str:
        return format_html('<a href="{}">Page</a>', jobs_path(workspace))


class LoginForm(AdminAuthenticationForm):
    @property
    def is_first(self) -> bool:
        """Whether nobody can log in yet, on a machine where that may be said."""
        return settings.DEBUG and not get_user_model().objects.exists()


def _jobs(count: int) -> str:
    return f"{count} job" if count == 1 else f"{count} jobs"


def _rules(rules: Sequence[Rule]) -> str:
    return "; ".join(json.dumps(rule.to_json()) for rule in rules) or _NOTHING


def _instant(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _sentence(failure: Failure | None) -> str:
    if failure is None:
        return _NOTHING
    advice = "may" if failure.retryable else "will not"
    return f"{failure.code}: {failure.message} Starting it again {advice} help."


admin.site.site_header = admin.site.site_title = "Video translation"
admin.site.index_title = "What is stored"
admin.site.enable_nav_sidebar = False  # the list of jobs needs the room
admin.site.login_form = LoginForm
admin.site.login_template = "vid_trans_api/login.html"
