"""Middleware of this app's own."""

from collections.abc import Callable
from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest
from django.urls import reverse


class MessagesForAdmin(MessageMiddleware):
    """Keeps messages where there are any: the API's requests would pay a tenth of their time."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self._admin = reverse("admin:index")

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(self._admin):
            super().process_request(request)
