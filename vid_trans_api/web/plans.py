"""How the pages and the admin describe plans, fault rules and a workspace's defaults."""

import json
from collections.abc import Iterator
from typing import Any, Final

from vid_trans_api.models import Workspace
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.plans import Plan
from vid_trans_api.simulation.webhook_faults import WebhookFault, WebhookRule
from vid_trans_api.snapshots import Failure, Operation

EMPTY: Final = "–"  # noqa: RUF001 (an en dash)

_SUFFIXES: Final = {1: "st", 2: "nd", 3: "rd"}
_TEENS: Final = (11, 12, 13)


def describe_plan(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the parts of a plan: their names and what they are."""
    yield "Outcome", str(plan.outcome)
    yield "Duration", format_duration(plan)
    if plan.queued:
        yield "Queued", f"for {plan.queued:.0%} of the duration"
    if plan.result_delay:
        yield "Result", f"{plan.result_delay:g} s after the end"
    if plan.failure:
        yield "Error", format_failure(plan.failure)
    yield "Estimates", format_estimates(plan)
    for rule in plan.faults:
        yield "Fault", describe_rule(rule)
    for webhook_rule in plan.webhooks:
        yield "Webhooks", describe_webhook_rule(webhook_rule)
    yield "Seed", str(plan.seed)


def describe_defaults(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Yield what applies to all jobs and requests of a workspace."""
    for name, value in (workspace.defaults or {}).items():
        yield f"Default {name.replace('_', ' ')}", _format_option(value)
    for rule in workspace.faults or ():
        yield "Fault", describe_rule(rule)
    if workspace.rate_limit:
        yield "Rate limit", str(workspace.rate_limit)
    if workspace.requests_left is not None:
        yield "Requests left", str(workspace.requests_left)
    if workspace.max_concurrent_jobs is not None:
        yield "Jobs at once", str(workspace.max_concurrent_jobs or "any number")
    if workspace.wallet is not None:
        yield "Wallet", f"${workspace.wallet}"
    if workspace.signs_own_time:
        yield "Webhook timestamps", "the workspace's time"


def describe_rule(rule: Rule) -> str:
    """Describe a fault rule: `503 on status requests, every 3rd`."""
    requests = "any request" if rule.on is Operation.ANY else f"{rule.on} requests"
    return ", ".join((f"{rule.fault} on {requests}", *_conditions(rule)))


def describe_webhook_rule(rule: WebhookRule) -> str:
    """Describe a fault of webhooks: `late, by 30 s`."""
    match rule.fault:
        case WebhookFault.DUPLICATE if rule.times > 1:
            return f"{rule.fault}, {rule.times} times"
        case WebhookFault.LATE:
            return f"{rule.fault}, by {rule.seconds:g} s"
        case WebhookFault.SLOW:
            return f"{rule.fault}, over {rule.seconds:g} s"
    return rule.fault


def _conditions(rule: Rule) -> Iterator[str]:
    if rule.after:
        yield f"after the first {rule.after}"
    if rule.every > 1:
        yield f"every {_ordinal(rule.every)}"
    if rule.times is not None:
        yield "once" if rule.times == 1 else f"{rule.times} times"
    if rule.between is not None:
        first, last = rule.between
        yield f"from age {first:g} s on" if last is None else f"from age {first:g} to {last:g} s"
    elif rule.from_middle:
        yield "from the middle of the duration on"
    if rule.probability < 1:
        yield f"with a probability of {rule.probability:.4g}"
    if rule.status is not None:
        yield f"status {rule.status}"
    if rule.seconds is not None:
        yield f"for {rule.seconds:g} s"
    if rule.retry_after is not None:
        yield f"Retry-After {rule.retry_after} s"


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


def format_failure(failure: Failure | None) -> str:
    if failure is None:
        return EMPTY
    advice = "may" if failure.retryable else "will not"
    return f"{failure.code}: {failure.message} Retrying {advice} help."


def _format_option(value: Any) -> str:
    match value:
        case str():
            return value
        case [float() | int() as low, float() | int() as high]:
            return f"{low:g} to {high:g}"
    return json.dumps(value, ensure_ascii=False)


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in _TEENS else _SUFFIXES.get(number % 10, "th")
    return f"{number}{suffix}"
