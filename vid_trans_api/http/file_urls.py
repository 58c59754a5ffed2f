"""The addresses of this server in responses and events: its own, and that of all files."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix, reverse


def files_url(request: HttpRequest) -> str:
    """Return the URL that all signed URLs begin with, without a slash at its end."""
    return request.build_absolute_uri(_files_path())


def files_url_at(address: str) -> str:
    """Return the same for an address of this server, as `address_of` returns it."""
    return f"{address}/{_files_path().removeprefix(get_script_prefix())}"


def address_of(request: HttpRequest) -> str:
    """Return the URL of this server, without a slash at its end, for what has no request."""
    return settings.PUBLIC_URL or request.build_absolute_uri(get_script_prefix()).rstrip("/")


def _files_path() -> str:
    return reverse("vid_trans_api:file", args=("-", "-")).removesuffix("/-/-")
