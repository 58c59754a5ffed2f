"""The project as WSGI: what a production server loads."""

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heygen_video_translation.settings")

_django = get_wsgi_application()

from vid_trans_api.checks import check_simulation  # noqa: E402 (needs Django's apps)
from vid_trans_api.serving.long_polls import answer_when_told_to_stop  # noqa: E402
from vid_trans_api.serving.socket_faults import SOCKET, carry_out  # noqa: E402

for error in check_simulation(None):  # no production server runs Django's checks
    raise ImproperlyConfigured(f"{error.msg} {error.hint}")
answer_when_told_to_stop()

# What has been loaded by now stays. Looking through it for garbage would take 40 ms, once every few
# thousand requests.
gc.collect()
gc.freeze()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request, with the wire fault that it may be meant to meet.

    Of its Content-Type, only what counts is handed on: Django fails, before any of its own handling
    of errors, on parameters that it cannot read, and on a `charset` that it takes for the query's;
    but everything here is UTF-8.
    """
    try:
        kind, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    except ValueError:
        kind, parameters = "", {}
    boundary = f'; boundary="{parameters["boundary"]}"' if "boundary" in parameters else ""
    environ["CONTENT_TYPE"] = kind + boundary
    if "gunicorn.socket" in environ:
        environ[SOCKET] = environ["gunicorn.socket"]
    return carry_out(_django, environ, start_response)
