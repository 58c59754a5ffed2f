"""What all pages share: headers, errors, rendering and how often to refresh."""

import math
import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import View
from rest_framework.exceptions import ValidationError

from vid_trans_api.http.errors import describe
from vid_trans_api.http.parsing import wait_of
from vid_trans_api.models import Job, Workspace
from vid_trans_api.serving.open_pages import looks
from vid_trans_api.serving.socket_faults import can_inject, has_disconnected
from vid_trans_api.snapshots import Snapshot
from vid_trans_api.web import security
from vid_trans_api.web.sessions import KeyRequired, Session

IDLE_INTERVAL: Final = 10
"""Seconds between refreshes of a page without pending jobs."""

FROZEN_INTERVAL: Final = 2
"""Seconds between refreshes of a page whose clock is frozen: it may be advanced at any time."""

RELOAD_INTERVAL: Final = 4
"""Seconds between reloads of a page without JavaScript: with the loading, less than five."""


class Page(View):
    """A page that is never cached and runs only its own scripts; its errors are pages too."""

    http_method_names: ClassVar[list[str]] = ["get", "head", "post"]  # type: ignore[misc]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = self._respond(request, *args, **kwargs)
        if isinstance(response, _Unchanged) and (seconds := _wait_of(request)):
            response = self._wait(response, seconds, request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response[security.HEADER] = security.POLICY
        return response

    def _respond(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except KeyRequired:
            return _redirect_to_key(request)
        except Http404 as error:
            return render_message(request, str(error), status=HTTPStatus.NOT_FOUND)
        except ValidationError as error:
            info = describe(error)
            sentence = info.detail if info else ""
            return render_message(request, sentence, status=HTTPStatus.BAD_REQUEST)

    def _wait(
        self,
        unchanged: "_Unchanged",
        seconds: float,
        request: HttpRequest,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponseBase:
        """Respond once the page has changed, or after these seconds."""
        started_at = time.monotonic()
        response: HttpResponseBase = unchanged
        has_left = partial(has_disconnected, request.META)
        for _ in looks(unchanged.workspace_id, seconds=seconds, has_left=has_left):
            response = self._respond(request, *args, **kwargs)
            if not isinstance(response, _Unchanged):
                break
        waited = time.monotonic() - started_at
        response["Preference-Applied"] = f"wait={seconds:g}"
        response["Server-Timing"] = f"wait;dur={1000 * waited:.0f}"
        return response


def render_page(
    request: HttpRequest,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    etag: str | None = None,
    **context: Any,
) -> HttpResponse:
    """Respond with a page.

    `refresh` and `reload` in the context are the seconds until the page is rendered again, with and
    without JavaScript; None means never. In between, live.js asks whether `etag` has changed, and
    lets the server wait for that.
    """
    response = render(
        request,
        f"vid_trans_api/{template}.html",
        {"version": settings.VERSION, "etag": etag, **context},
        status=status,
    )
    if context.get("refresh"):
        response["Retry-After"] = str(context["refresh"])
    if etag:
        response["ETag"] = etag
    return response


def etag_of(session: Session, workspace: Workspace, facts: Iterable[object]) -> str:
    """Return a page's ETag, which changes if it has to show something else than time going by.

    It costs much less than the page, so a page can ask often.
    """
    columns = (workspace.clock, workspace.defaults, workspace.faults, workspace.rate_limit)
    seed = workspace.seed if workspace.pk else None  # otherwise drawn anew for each request
    everything = (
        *(settings.VERSION, session.workspace.key_digest, session.is_staff),
        *(seed, *columns, *facts),
    )
    return f'W/"{sha256(repr(everything).encode()).hexdigest()[:32]}"'


def facts_of(job: Job, snapshot: Snapshot) -> tuple[object, ...]:
    """Return what a page shows of a job, apart from what follows from the time."""
    planned = (job.finishes_at, job.outcome, job.failure, job.plan)
    return (job.number, snapshot.status, snapshot.has_result, job.canceled_at, *planned)


class _Unchanged(HttpResponseNotModified):
    """The response to a page that shows all there is to show of a workspace."""

    workspace_id: int | None


def unchanged(request: HttpRequest, etag: str, workspace: Workspace) -> HttpResponse | None:
    """Return the response to a page that shows what the ETag stands for; None for any other."""
    if request.headers.get("If-None-Match") != etag:
        return None
    response = _Unchanged(headers={"ETag": etag})
    response.workspace_id = workspace.pk
    return response


def render_message(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """Respond with a page that says what is wrong."""
    heading = HTTPStatus(status).phrase
    return render_page(request, "message", sentence=sentence, heading=heading, status=status)


def _wait_of(request: HttpRequest) -> float:
    """Return for how many seconds the request may wait for a change; 0 if it may not.

    It waits only if the server shows when a client leaves, because browsers do that all the time.
    """
    wait = wait_of(request.META.get("HTTP_PREFER", ""))
    if wait is None or not can_inject(request.META):
        return 0.0
    return min(float(wait), settings.LONG_POLL_LIMIT)


def _redirect_to_key(request: HttpRequest) -> HttpResponse:
    """Redirect to the key page, which redirects back here."""
    path = request.get_full_path() if request.method != "POST" else reverse("jobs")
    return HttpResponseRedirect(f"{reverse('key')}?{urlencode({'next': path})}")


def refresh_interval(snapshots: Iterable[Snapshot], workspace: Workspace) -> int | None:
    """Return the real seconds until a page should refresh, or None if no job is pending.

    It is the shortest Retry-After of the pending jobs, by their workspace's clock.
    """
    seconds = min(
        (each.retry_after or IDLE_INTERVAL for each in snapshots if not each.status.is_terminal),
        default=None,
    )
    if seconds is None or workspace.clock is None:
        return seconds
    if not workspace.speed:
        return FROZEN_INTERVAL
    return max(1, min(math.ceil(seconds / workspace.speed), IDLE_INTERVAL))


def describe_clock(workspace: Workspace, now: datetime) -> dict[str, Any]:
    """Return what a page shows of a workspace's clock, which reads `now`."""
    return {
        "state": workspace.clock_state.value,
        "speed": workspace.speed,
        "now": now,
    }
