"""Content security policies: every page runs only its own scripts and styles."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from vid_trans_api.http.errors import SIMULATED_FAULT

HEADER: Final = "Content-Security-Policy"

_LIMITS: Final = ("base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'")
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "media", "connect")),
        "img-src 'self' data:",  # Swagger UI's style sheet has its icons within
        *_LIMITS,
    )
)
_STYLE: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


class SecurityPolicyMiddleware:
    """Sets the policy of each HTML response that has none, such as the admin's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        is_page = "html" in response.get("Content-Type", "") and SIMULATED_FAULT not in response
        if is_page and HEADER not in response:
            response[HEADER] = _policy_of(response)
        return response


def _policy_of(response: HttpResponseBase) -> str:
    """Return a response's policy. The page of an unexpected error has its styles within itself."""
    if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(
        response, HttpResponse
    ):
        digests = [b64encode(sha256(style).digest()) for style in _STYLE.findall(response.content)]
        styles = "".join(f" 'sha256-{digest.decode()}'" for digest in digests)
        return "; ".join(("default-src 'none'", f"style-src{styles}", "img-src data:", *_LIMITS))
    return POLICY
