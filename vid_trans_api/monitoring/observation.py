"""What is observed of each request: it is logged, counted, or both."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vid_trans_api.http.authentication import noted_workspace
from vid_trans_api.http.errors import SIMULATED_FAULT

_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_LONG_POLL: Final = "Preference-Applied"
"""The header of a response to a long poll."""

_SHOWN_DIGITS: Final = 8
"""Of a workspace's digest, as the pages for staff show it."""

_log: Final = logging.getLogger("vid_trans_api.requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRequest:
    method: str
    """"OTHER" for those that HTTP does not define, which a client could invent."""
    route: str
    """The name of the pattern that the path matches, never the path; "none" if there is none."""
    status: int
    seconds: float
    """Until the response was ready to be sent."""
    workspace: str
    """The first digits of its key's digest, "default" if it has no key, "" if that is unknown."""
    fault: str
    """The simulated faults that apply."""
    is_long_poll: bool


class ObservationMiddleware:
    """Logs requests if LOG_FORMAT is json, and counts them if there are metrics."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._observers: list[Callable[[ObservedRequest], None]] = []
        if settings.LOG_FORMAT == "json":
            self._observers.append(log_request)
        if settings.METRICS:
            from vid_trans_api.monitoring.metrics import count_request  # noqa: PLC0415 (not installed with every server)

            self._observers.append(count_request)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started_at = time.perf_counter()
        response = self.get_response(request)
        observed = ObservedRequest(
            method=request.method if request.method in _METHODS else "OTHER",
            route=_route_of(request),
            status=response.status_code,
            seconds=time.perf_counter() - started_at,
            workspace=_workspace_of(request),
            fault=response.get(SIMULATED_FAULT, ""),
            is_long_poll=_LONG_POLL in response,
        )
        for observe in self._observers:
            observe(observed)
        return response


def log_request(request: ObservedRequest) -> None:
    fields = {
        "method": request.method,
        "route": request.route,
        "status": request.status,
        "milliseconds": round(request.seconds * 1000, 1),
        "workspace": request.workspace,
        "simulated_fault": request.fault,
    }
    _log.info("%s %s %d", request.method, request.route, request.status, extra={"fields": fields})


def _route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    if match is None:  # an unknown path, a static file, or refused before
        return "none"
    return match.view_name if match.url_name else match.route


def _workspace_of(request: HttpRequest) -> str:
    key_digest = noted_workspace(request)
    if key_digest is None:
        return ""
    return key_digest[:_SHOWN_DIGITS] or "default"
