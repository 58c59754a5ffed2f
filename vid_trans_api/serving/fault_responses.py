"""What simulated faults do to responses, in every dialect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.log import log_response

from vid_trans_api.http.errors import SIMULATED_FAULT, ErrorInfo, write_error
from vid_trans_api.serving.socket_faults import SocketFault, schedule_fault
from vid_trans_api.simulation.faults import Fault, Rule, affects_one_job, needs_socket

_GARBAGE: Final = b'{"id": "\xff\xfe, "status": pend\x00ing, <<<'


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultScope:
    """The workspace that a fault with a duration belongs to."""

    owner: str
    """The workspace's name among long polls."""
    is_over: Callable[[], bool]
    """Tells whether the fault must end early."""


def fault_response(request: HttpRequest, rule: Rule, scope: FaultScope) -> HttpResponse:
    """Write the response of a fault that replaces the request."""
    headers = {} if rule.retry_after is None else {"Retry-After": str(rule.retry_after)}
    if rule.fault == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if rule.fault is Fault.HTML:
        response = HttpResponse(
            render_to_string(
                "vid_trans_api/gateway.html",
                {"status": rule.page_status, "phrase": HTTPStatus(rule.page_status).phrase},
            ),
            status=rule.page_status,
            headers=headers,
        )
    else:
        info = ErrorInfo(
            status=_status_of(rule.fault),
            detail="This is a simulated fault.",
            headers=headers,
            is_masked=rule.fault is Fault.MASKED_ERROR,
        )
        response = write_error(info, request.path_info)
    if needs_socket(rule.fault):  # then the client does not see that response
        _apply_to_socket(request, rule, scope)
    response[SIMULATED_FAULT] = str(rule.fault)
    # Django would log the response as a real failure later, unless it is logged here.
    log_response(
        "Simulated fault %s: %s %s",
        rule.fault,
        request.method,
        request.path,
        response=response,
        request=request,
        level="info",
    )
    return response


def _status_of(fault: int | Fault) -> int:
    if isinstance(fault, int):
        return fault
    if fault is Fault.MASKED_ERROR:
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.SERVICE_UNAVAILABLE  # the client does not see it


def corrupt_response(
    request: HttpRequest,
    response: HttpResponse | StreamingHttpResponse,
    rule: Rule | None,
    *,
    names: Sequence[str],
    scope: FaultScope,
) -> None:
    """Apply a rule to the response of a request that was done, and name all faults in a header."""
    if rule is not None and not affects_one_job(rule.fault):
        if rule.fault is Fault.GARBAGE:
            _replace_body(response, _GARBAGE)
            response["Content-Type"] = "application/json"
        elif rule.fault is Fault.EMPTY:
            _replace_body(response, b"")
        elif needs_socket(rule.fault):
            _apply_to_socket(request, rule, scope)
    if names:
        response[SIMULATED_FAULT] = ", ".join(names)


def _replace_body(response: HttpResponse | StreamingHttpResponse, body: bytes) -> None:
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = [body]
    else:
        response.content = body
    if "Content-Length" in response:
        response["Content-Length"] = str(len(body))


def _apply_to_socket(request: HttpRequest, rule: Rule, scope: FaultScope) -> None:
    if isinstance(rule.fault, Fault):
        fault = SocketFault(
            kind=rule.fault,
            seconds=rule.fault_seconds,
            owner=scope.owner,
            is_canceled=scope.is_over,
        )
        schedule_fault(request.META, fault)
