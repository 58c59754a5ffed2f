"""The cells that show a simulated job's plan; empty for a job that is not simulated."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin

from vid_trans_api.models import Job
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.web.plans import EMPTY


def plan_field(description: str, format_plan: Callable[[Plan], str]) -> Any:
    """Return an admin field that formats the plan of a job."""

    @admin.display(description=description)
    def field(self: Any, job: Job) -> str:
        return EMPTY if job.plan is None else format_plan(job.plan)

    return field
