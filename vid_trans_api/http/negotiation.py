"""Which format a response has: JSON or HTML."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class FirstRenderer(BaseContentNegotiation):
    """Uses the view's only renderer, whatever the Accept header says.

    A 406 would help nobody: a client that asks for another format can still read JSON.
    """

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


def prefers_html(request: HttpRequest) -> bool:
    """Return whether the Accept header prefers HTML to JSON; `*/*` does not."""
    try:
        preferred = request.get_preferred_type(["application/json", "text/html"])
    except ValueError:  # Django cannot read every Accept header
        return False
    return preferred == "text/html"


def html_or_json(*, html: View[P], json: View[P]) -> View[P]:
    """Combine two views of one resource: a GET that prefers HTML gets the page, others get JSON.

    To the OpenAPI schema it looks like the JSON view.
    """

    @wraps(json)
    def view(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        is_page = request.method in {"GET", "HEAD"} and prefers_html(request)
        response = (html if is_page else json)(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept"])
        return response

    return view
