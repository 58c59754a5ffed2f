"""Where the signed URLs of files begin."""

from django.http import HttpRequest
from django.urls import reverse


def files_url(request: HttpRequest) -> str:
    """Return the URL that all signed URLs begin with, without a slash at its end."""
    path = reverse("vid_trans_api:file", args=("-", "-"))
    return request.build_absolute_uri(path.removesuffix("/-/-"))
