"""The staff pages of workspaces."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from vid_trans_api.admin.base import ReadOnlyAdmin, format_instant, format_rules
from vid_trans_api.models import Workspace, read_time
from vid_trans_api.simulation.clocks import ClockState
from vid_trans_api.web.links import jobs_path
from vid_trans_api.web.plans import EMPTY


@admin.register(Workspace)
class WorkspaceAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "jobs", "page", "time", "seed")
    readonly_fields = (
        *("key_digest", "jobs", "page", "time", "seed"),
        *("job_defaults", "fault_rules", "requests_limit"),
    )
    fields = readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False  # it would delete all jobs of the workspace

    @admin.display(description="jobs")
    def jobs(self, workspace: Workspace) -> str:
        path = reverse("admin:vid_trans_api_job_changelist")
        return format_html('<a href="{}?workspace__id__exact={}">Jobs</a>', path, workspace.pk)

    @admin.display(description="page")
    def page(self, workspace: Workspace) -> str:
        return format_html('<a href="{}">Page</a>', jobs_path(workspace))

    @admin.display(description="time")
    def time(self, workspace: Workspace) -> str:
        state = workspace.clock_state
        if state is ClockState.REAL:
            return "real"
        now = format_instant(workspace.now(read_time()))
        return f"{state}, {now}" + (f", speed {workspace.speed:g}" if workspace.speed else "")

    @admin.display(description="defaults")
    def job_defaults(self, workspace: Workspace) -> str:
        return json.dumps(workspace.defaults) if workspace.defaults else EMPTY

    @admin.display(description="faults")
    def fault_rules(self, workspace: Workspace) -> str:
        return format_rules(workspace.faults or ())

    @admin.display(description="rate limit")
    def requests_limit(self, workspace: Workspace) -> str:
        return str(workspace.rate_limit or EMPTY)
