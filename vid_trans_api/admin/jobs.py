"""The staff pages of jobs: list, details and actions."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html

from vid_trans_api.admin.base import LongListAdmin, format_instant, format_rules
from vid_trans_api.admin.lists import AgeFilter, JobList, StatusFilter, server_time_of
from vid_trans_api.admin.plans import plan_field
from vid_trans_api.engines import CannotUpdate
from vid_trans_api.ids import untagged_id
from vid_trans_api.models import Job, JobEnded, JobQuerySet, QuotaExceeded
from vid_trans_api.operations import cancel_job, delete_job, finish_job, run_again
from vid_trans_api.operations.errors import InsufficientCredit, JobNotFound
from vid_trans_api.snapshots import Snapshot
from vid_trans_api.web.formatting import duration, since, span
from vid_trans_api.web.links import job_path, timeline_path
from vid_trans_api.web.plans import (
    EMPTY,
    describe_webhook_rule,
    format_duration,
    format_estimates,
    format_failure,
)

_PLAN: Final = (
    "scenario",
    "planned_outcome",
    "planned_duration",
    "planned_failure",
    "estimates",
    "faults",
    "webhooks",
    "seed",
)


def instant_of(job: Any) -> datetime:
    """Return the instant, by its workspace's clock, at which a job was read."""
    return job.workspace.now(job.server_time)  # type: ignore[no-any-return]  # an annotation


def snapshot_of(job: Job) -> Snapshot:
    """Return the job's snapshot at the instant at which it was read."""
    return job.at(instant_of(job))


@admin.register(Job)
class JobAdmin(LongListAdmin):
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
    search_fields = ("public_id__startswith", "title", "video_url")
    search_help_text = "The start of an id, or part of a title or URL."
    actions = ("cancel", "finish", "run_again")
    fieldsets = (
        (None, {"fields": ("public_id", "title", "video_url", "target_language", "workspace")}),
        ("Now", {"fields": ("status", "progress", "time_left", "failed")}),
        ("Timeline", {"fields": ("created", "ends", "takes", "timeline")}),
        ("Plan", {"fields": _PLAN}),
    )
    readonly_fields = flatten_fieldsets(fieldsets)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        jobs: Any = super().get_queryset(request)
        seen: JobQuerySet = jobs.seen_at(server_time_of(request))
        return seen

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return JobList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        search_term = " ".join(map(untagged_id, search_term.split()))
        return super().get_search_results(request, queryset, search_term)

    def view_on_site(self, job: Job) -> str:
        return job_path(job)

    def has_update_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("vid_trans_api.change_job")

    def has_create_permission(self, request: HttpRequest) -> bool:
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
        end: Callable[[Job], object],
        done: str,
    ) -> None:
        ended = skipped = 0
        for job in jobs:
            try:
                end(job)
            except (JobEnded, JobNotFound):
                skipped += 1
            except CannotUpdate as error:
                self.message_user(request, f"{job}: {error}", messages.ERROR)
            else:
                ended += 1
                self.log_change(request, job, f"{done.capitalize()}.")
        if ended:
            self.message_user(request, f"{_format_jobs(ended)} {done}.", messages.SUCCESS)
        if skipped:
            self.message_user(
                request, f"{_format_jobs(skipped)} skipped: already ended.", messages.WARNING
            )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Delete the selected jobs one by one, so that each deletion is published."""
        for job in queryset:
            self.delete_model(request, job)

    def delete_model(self, request: HttpRequest, obj: Job) -> None:
        with suppress(JobNotFound):  # somebody else has deleted it
            delete_job(obj)

    @admin.action(description="Run again", permissions=["create"])
    def run_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        count = 0
        try:
            for job in reversed(jobs):
                self.log_addition(request, run_again(job), "Run again.")
                count += 1
        except (InsufficientCredit, QuotaExceeded) as error:
            self.message_user(request, str(error), messages.ERROR)
        if count:
            self.message_user(request, f"{_format_jobs(count)} created.", messages.SUCCESS)

    @admin.display(description="id")
    def short_id(self, job: Job) -> str:
        return job.short_id

    @admin.display(description="status")
    def status(self, job: Job) -> str:
        context = {"job": job, "snapshot": snapshot_of(job)}
        return render_to_string("vid_trans_api/parts/badge.html", context)

    @admin.display(description="progress")
    def progress(self, job: Job) -> str:
        context = {"job": job, "snapshot": snapshot_of(job)}
        return render_to_string("vid_trans_api/parts/progress.html", context)

    @admin.display(description="time left")
    def time_left(self, job: Job) -> str:
        snapshot = snapshot_of(job)
        if snapshot.estimate is None:
            return EMPTY if snapshot.status.is_terminal else "unknown"
        ends = span(snapshot.estimate)
        return duration(snapshot.estimate.remaining) + (f", {ends}" if ends else "")

    @admin.display(description="language")  # shorter than "target language", to save width
    def language(self, job: Job) -> str:
        return job.target_language

    @admin.display(description="created")
    def age(self, job: Job) -> str:
        return format_html(
            '<time title="{}">{} ago</time>',
            format_instant(job.created_at),
            duration(snapshot_of(job).age),
        )

    @admin.display(description="error")
    def failed(self, job: Job) -> str:
        return EMPTY if job.canceled_at else format_failure(snapshot_of(job).failure)

    @admin.display(description="created")
    def created(self, job: Job) -> str:
        return f"{format_instant(job.created_at)}, {duration(snapshot_of(job).age)} ago"

    @admin.display(description="ends")
    def ends(self, job: Job) -> str:
        if job.finishes_at is None:
            return "never"
        now = instant_of(job)
        if job.finishes_at > now:
            relative = f"in {duration(since(job.finishes_at, now))}"
        else:
            relative = f"{duration(since(now, job.finishes_at))} ago"
        return f"{format_instant(job.finishes_at)}, {relative}"

    @admin.display(description="takes")
    def takes(self, job: Job) -> str:
        if job.finishes_at is None:
            return EMPTY
        return f"{since(job.finishes_at, job.created_at):.1f} s"

    @admin.display(description="requests")
    def timeline(self, job: Job) -> str:
        path = timeline_path(job)
        if path is None:
            return EMPTY
        return format_html('<a href="{}">Timeline</a>', path)

    scenario = plan_field("scenario", lambda plan: plan.scenario or EMPTY)
    planned_outcome = plan_field("outcome", lambda plan: str(plan.outcome))
    planned_duration = plan_field("duration", format_duration)
    planned_failure = plan_field("error", lambda plan: format_failure(plan.failure))
    estimates = plan_field("estimates", format_estimates)
    faults = plan_field("faults", lambda plan: format_rules(plan.faults))
    webhooks = plan_field(
        "webhooks", lambda plan: "; ".join(map(describe_webhook_rule, plan.webhooks)) or EMPTY
    )
    seed = plan_field("seed", lambda plan: str(plan.seed))


def _format_jobs(count: int) -> str:
    return f"{count} job" if count == 1 else f"{count} jobs"
