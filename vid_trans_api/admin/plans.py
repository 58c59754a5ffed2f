"""The cells that show a simulated job's plan; empty for a job that is not simulated."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin

from vid_trans_api.admin.base import EMPTY
from vid_trans_api.models import Job
from vid_trans_api.simulation.plans import Plan


def plan_field(description: str, format_plan: Callable[[Plan], str]) -> Any:
    """Return an admin field that formats the plan of a job."""

    @admin.display(description=description)
    def field(self: Any, job: Job) -> str:
        return EMPTY if job.plan is None else format_plan(job.plan)

    return field


def format_duration(plan: Plan) -> str:
    if plan.duration is None:
        return "forever"
    share = "" if plan.fails_at is None else f", fails after {plan.fails_at:.0%}"
    return f"{plan.duration:.1f} s{share}"


def format_estimates(plan: Plan) -> str:
    model, first = plan.estimate_model, plan.estimate_after(0)
    if model is None or first is None:
        return "none"
    estimate, _ = first
    return (
        f"{model.profile}, noise {model.noise:g}, bias {model.bias:g};"
        f" first estimate {estimate.remaining:.1f} s"
    )
