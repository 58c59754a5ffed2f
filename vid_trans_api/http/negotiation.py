"""Which format a response has: JSON or HTML."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


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
    """Tell whether a request is a browser's. A client that accepts anything gets JSON."""
    try:
        preferred = request.get_preferred_type(["application/json", "text/html"])
    except ValueError:  # Django cannot read every Accept header
        return False
    return preferred == "text/html"
