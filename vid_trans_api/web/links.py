"""The paths of the pages."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from vid_trans_api.http.opaque import hide
from vid_trans_api.models import Delivery, Job, Workspace

STARTED: Final = ("started", "fault")
"""Query parameters that name the job which was started last, and what went wrong with it."""


def jobs_path(workspace: Workspace, **parameters: str) -> str:
    """Return the path of a workspace's page; a stored workspace is one that staff have opened."""
    return _workspace_path("jobs", workspace, parameters)


def webhooks_path(workspace: Workspace, **parameters: str) -> str:
    """Return the path of the page of a workspace's webhooks."""
    return _workspace_path("webhooks", workspace, parameters)


def _workspace_path(name: str, workspace: Workspace, parameters: Mapping[str, str]) -> str:
    query = {} if workspace.pk is None else {"workspace": str(workspace.pk)}
    query |= {name: value for name, value in parameters.items() if value}
    return f"{reverse(name)}?{urlencode(query)}" if query else reverse(name)


def first_page_path(request: HttpRequest, **parameters: Any) -> str:
    """Return the path of the first page of the same list of jobs, with these parameters changed."""
    query = request.GET.copy()
    one_time = dict.fromkeys(("cursor", "paused", *STARTED))
    for name, value in {**one_time, **parameters}.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{reverse('jobs')}?{query.urlencode()}" if query else reverse("jobs")


def job_path(job: Job) -> str:
    return reverse("job", args=[job.public_id])


def delivery_path(delivery: Delivery) -> str:
    """Return the path of a delivery. Its number is hidden: it counts those of all workspaces."""
    return reverse("delivery", args=[hide(delivery.number)])


def timeline_path(job: Job) -> str | None:
    """Return the path of a job's timeline, or None if this server does not simulate."""
    if not settings.SIMULATION:
        return None
    return reverse("timeline", args=[job.public_id])


def next_path(request: HttpRequest, default: str) -> str:
    """Return the path that a form names in `next`, or the default if it is on another server."""
    path = request.POST.get("next", "")
    is_local = url_has_allowed_host_and_scheme(path, {request.get_host()}, request.is_secure())
    return path if is_local else default
