"""What applies to a workspace's jobs and requests that do not say otherwise."""

from typing import Any

from django.conf import settings
from django.db import transaction

from vid_trans_api.http.options import parse_options
from vid_trans_api.models import Workspace
from vid_trans_api.simulation.options import SimulationOptions


def default_options(workspace: Workspace) -> dict[str, SimulationOptions]:
    """Return a workspace's default options by the name of their level; none if it has none."""
    if not (workspace.defaults and settings.SIMULATION):
        return {}
    return {"defaults": parse_options(workspace.defaults)}


def update_defaults(
    key_digest: str, changes: dict[str, Any], rules: dict[str, Any]
) -> Workspace:
    """Change a workspace's defaults.

    `changes` are options as a request gives them, `rules` its fault rules and rate limit as
    values. None clears a default.
    """
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        merged = {**(workspace.defaults or {}), **changes}
        defaults = {name: value for name, value in merged.items() if value is not None}
        columns = {name: value or None for name, value in rules.items()}
        workspace.set_defaults(defaults=defaults or None, **columns)
    return workspace
