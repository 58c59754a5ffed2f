"""The paths for operators: `/health`, `/health/ready` and `/metrics`."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from vid_trans_api.http.authentication import api_key_in
from vid_trans_api.http.errors import ErrorInfo, write_error
from vid_trans_api.models import digest_of
from vid_trans_api.monitoring.readiness import reason_not_ready

_READING: Final = frozenset({"GET", "HEAD"})


class OperatorMiddleware:
    """Responds to health checks, and to Prometheus if METRICS_TOKEN is set.

    In a middleware, as probes call a server by any address, which ALLOWED_HOSTS need not list, and
    over plain http.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._endpoints = {"/health": _respond_alive, "/health/ready": _respond_ready}
        if settings.METRICS_TOKEN:
            self._endpoints["/metrics"] = _respond_with_metrics

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        respond = self._endpoints.get(request.path_info)
        if not respond or request.method not in _READING:
            return self.get_response(request)
        response = respond(request)
        response["Content-Length"] = str(len(response.content))
        if request.method == "HEAD":
            response.content = b""
        return response


def _respond_alive(request: HttpRequest) -> HttpResponse:
    return _respond_ok()


def _respond_ready(request: HttpRequest) -> HttpResponse:
    reason = reason_not_ready()
    if not reason:
        return _respond_ok()
    info = ErrorInfo(status=HTTPStatus.SERVICE_UNAVAILABLE, detail=reason)
    response = write_error(info, request.path_info)
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 (Django would log it once more)
    return response


def _respond_ok() -> HttpResponse:
    return HttpResponse(
        json.dumps({"status": "ok", "version": settings.VERSION}),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _respond_with_metrics(request: HttpRequest) -> HttpResponse:
    token = api_key_in("", request.META.get("HTTP_AUTHORIZATION", ""))
    if not constant_time_compare(digest_of(token), digest_of(settings.METRICS_TOKEN)):
        info = ErrorInfo(
            status=HTTPStatus.UNAUTHORIZED,
            detail="Send METRICS_TOKEN as `Authorization: Bearer TOKEN`.",
            headers={"WWW-Authenticate": "Bearer"},
        )
        return write_error(info, request.path_info)
    from vid_trans_api.monitoring.metrics import CONTENT_TYPE, exposition  # noqa: PLC0415 (not installed with every server)

    return HttpResponse(
        exposition(), content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"}
    )
