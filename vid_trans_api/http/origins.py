"""Which websites may send requests to this server from a browser."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest, HttpResponse

from vid_trans_api.http.errors import ErrorInfo, write_error

_SAFE: Final = {"GET", "HEAD", "OPTIONS", "TRACE"}
_OWN_SITE: Final = {"same-origin", "none"}
"""Values of Sec-Fetch-Site for requests of this server's own pages, and of the user."""


class OriginMiddleware(CorsMiddleware):
    """Applies CORS, and refuses unsafe requests of websites that CORS does not admit.

    A browser sends a POST without a body to any server, and only hides the response. Views with a
    CSRF token are protected by Django; this protects the others. Other clients than browsers send
    neither header, and cannot be made to send requests by a website.
    """

    async_capable = False  # as the other middleware here

    def __call__(self, request: HttpRequest) -> Any:
        """Spare requests that no website sends what CORS would cost, which are most."""
        if "HTTP_ORIGIN" in request.META:
            return super().__call__(request)
        response: Any = self.get_response(request)
        if response.get("Cache-Control") == "no-store":  # nobody keeps it, so it need not vary
            return response
        return self.add_response_headers(request, response)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        arguments: Sequence[Any],
        keywords: dict[str, Any],
    ) -> HttpResponse | None:
        if request.method in _SAFE or not getattr(view, "csrf_exempt", False):
            return None
        if not self._is_foreign(request):
            return None
        origin = request.headers.get("Origin", "another website")
        info = ErrorInfo(
            status=HTTPStatus.FORBIDDEN,
            detail=f"CORS_ALLOWED_ORIGINS does not list the origin of this request, {origin}.",
        )
        return write_error(info, request.path_info)

    def _is_foreign(self, request: HttpRequest) -> bool:
        site = request.headers.get("Sec-Fetch-Site")
        if site in _OWN_SITE:
            return False
        origin = request.headers.get("Origin")
        if origin is None:
            return site == "cross-site"
        try:
            parts = urlsplit(origin)
        except ValueError:
            return True
        # The scheme may differ, as a proxy that ends TLS need not report it.
        is_own = parts.netloc.lower() == request.get_host().lower()
        return not is_own and not self.origin_found_in_white_lists(origin, parts)
