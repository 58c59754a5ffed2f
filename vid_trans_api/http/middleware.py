"""Middleware of this app."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views import defaults

from vid_trans_api import request_ids
from vid_trans_api.http.bodies import refusal_of
from vid_trans_api.http.errors import SIMULATED_FAULT, ErrorInfo, has_pages, phrase, write_error
from vid_trans_api.http.negotiation import prefers_html
from vid_trans_api.request_ids import REQUEST_ID


class RequestIdMiddleware:
    """Gives every request an id, its client's if that is valid, and every response the header."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = request_ids.choose_id(request.META.get("HTTP_X_REQUEST_ID", ""))
        token = request_ids.begin(request_id)
        try:
            response = self.get_response(request)
        finally:
            request_ids.end(token)
        response[REQUEST_ID] = request_id
        return response


class ErrorMiddleware:
    """Replaces Django's own error pages by errors in the dialect's format.

    A browser gets pages, unless the dialect has none.

    Those are errors outside of views: an unknown path, a host that is not allowed, an exception
    that nobody expected, which Django has logged.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST or SIMULATED_FAULT in response:
            return response
        if "json" in response.get("Content-Type", ""):
            return response
        if has_pages(request.path_info) and prefers_html(request):
            return _without_technical_page(request, response)
        info = ErrorInfo(
            status=response.status_code,
            detail=_explain(response.status_code, request),
            headers={name: response[name] for name in ("Allow", "Retry-After") if name in response},
        )
        return write_error(info, request.path_info)


def _without_technical_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Replace a page with which Django explains an error to developers by that of production.

    Whoever follows a wrong link is not helped by a list of this project's paths, and the console
    has the traceback of an unexpected error. A response with a policy is a page of ours.
    """
    if not settings.DEBUG or "Content-Security-Policy" in response:
        return response
    match response.status_code:
        case 400:
            return defaults.bad_request(request, SuspiciousOperation())
        case 404:
            return defaults.page_not_found(request, Http404())
        case 500:
            return defaults.server_error(request)
    return response


class BodyLimitMiddleware:
    """Refuses bodies that are too large or of unknown length, before anything reads them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        refusal = refusal_of(
            method=request.method or "",
            path=request.path_info,
            content_length=request.META.get("CONTENT_LENGTH") or "",
            transfer_encoding=request.META.get("HTTP_TRANSFER_ENCODING", ""),
        )
        if refusal:
            return write_error(refusal, request.path_info)
        return self.get_response(request)


def _explain(status: int, request: HttpRequest) -> str:
    match status:
        case 400:
            try:
                request.get_host()
            except DisallowedHost:
                return "ALLOWED_HOSTS does not list the host of this request."
            return "The request is malformed."
        case 404:
            return f"There is nothing at {request.path}."
        case 500:
            return "An unexpected error; the server's log has the details."
    return f"{phrase(status)}."


class MessagesForAdmin(MessageMiddleware):
    """Handles messages below /admin/ only: for the API they would take a tenth of the time."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self._admin = reverse("admin:index")

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(self._admin):
            super().process_request(request)
