"""What applies to a workspace's jobs and requests that do not say otherwise."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from vid_trans_api.http.options import parse_options
from vid_trans_api.models import Workspace, webhook_times
from vid_trans_api.operations.concurrency import plan_queue
from vid_trans_api.operations.context import RequestContext
from vid_trans_api.operations.faults import refuse_unreachable, refuse_unreachable_options
from vid_trans_api.operations.wallet import SMALLEST_AMOUNT
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.options import SimulationOptions

LIMITS: Final = (
    "faults",
    "rate_limit",
    "requests_left",
    "max_concurrent_jobs",
    "wallet",
    "webhook_timestamps",
)
"""Defaults that are columns of a workspace."""


class WebhookTimestamps(StrEnum):
    """The time in the signatures of events."""

    REAL = "real"
    """The server's, as receivers refuse old ones."""
    WORKSPACE = "workspace"


def default_options(workspace: Workspace) -> dict[str, SimulationOptions]:
    """Return a workspace's default options by the name of their level; none if it has none."""
    if not (workspace.defaults and settings.SIMULATION):
        return {}
    return {"defaults": parse_options(workspace.defaults)}


def refuse_unreachable_defaults(
    context: RequestContext, rules: Sequence[Rule], scenario: str | None
) -> None:
    """Raise SocketRequired for faults of new defaults that this server cannot apply."""
    refuse_unreachable(context, rules, given_in="faults")
    if scenario:
        refuse_unreachable_options(context, {"scenario": SimulationOptions(scenario=scenario)})


def update_defaults(key_digest: str, changes: dict[str, Any], rules: dict[str, Any]) -> Workspace:
    """Change a workspace's defaults.

    `changes` are options as a request gives them, `rules` its fault rules and limits as values.
    None clears a default.
    """
    if wallet := rules.get("wallet"):
        rules = {**rules, "wallet": Decimal(str(wallet)).quantize(SMALLEST_AMOUNT)}
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        merged = {**(workspace.defaults or {}), **changes}
        defaults = {name: value for name, value in merged.items() if value is not None}
        workspace.set_defaults(defaults=defaults or None, **_columns(rules))
        plan_queue(workspace, now=workspace.now())
        webhook_times.plan_report(workspace)
    return workspace


def clear_defaults(key_digest: str) -> None:
    """Clear a workspace's defaults, fault rules and limits. Do nothing if it is not stored."""
    if Workspace.objects.of_key(key_digest).pk is None:
        return
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        workspace.set_defaults(defaults=None, **_columns(dict.fromkeys(LIMITS)))
        plan_queue(workspace, now=workspace.now())
        webhook_times.plan_report(workspace)


def _columns(limits: dict[str, Any]) -> dict[str, Any]:
    columns = {name: value if value or value == 0 else None for name, value in limits.items()}
    if "webhook_timestamps" in columns:
        timestamps = columns.pop("webhook_timestamps")
        columns["signs_own_time"] = timestamps == WebhookTimestamps.WORKSPACE
    return columns
