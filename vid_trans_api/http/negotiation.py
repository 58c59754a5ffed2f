"""Which of its forms an answer takes."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class FirstRenderer(BaseContentNegotiation):
    """Answers as the view says, whatever the Accept header: the API speaks JSON and nothing else.

    Refusing would help nobody: a client that asks for something else can still read the answer.
    """

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


def prefers_html(request: HttpRequest) -> bool:
    """Tell a browser from an API client; whoever takes anything gets JSON."""
    try:
        preferred = request.get_preferred_type(["application/json", "text/html"])
    except ValueError:  # Django cannot read every Accept header
        return False
    return preferred == "text/html"
