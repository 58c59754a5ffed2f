"""The WSGI application, which production servers load."""

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
from vid_trans_api.http.bodies import CompleteBody, is_too_large  # noqa: E402
from vid_trans_api.serving.long_polls import stop_on_signals  # noqa: E402
from vid_trans_api.serving.socket_faults import SOCKET, call_app  # noqa: E402

for error in check_simulation(None):  # production servers do not run Django's checks
    raise ImproperlyConfigured(f"{error.msg} {error.hint}")
stop_on_signals()

# What is loaded now stays until the process ends. Without the freeze, each full collection (once
# every few thousand requests) would take 40 ms.
gc.collect()
gc.freeze()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Respond to a request, and inject the socket fault if it has one.

    Only the media type and the boundary of the Content-Type are passed on. Django fails outside its
    error handling on parameters it cannot parse, and decodes the query with the given charset, but
    everything here is UTF-8.
    """
    try:
        kind, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    except ValueError:
        kind, parameters = "", {}
    boundary = f'; boundary="{parameters["boundary"]}"' if "boundary" in parameters else ""
    environ["CONTENT_TYPE"] = kind + boundary
    length = environ.get("CONTENT_LENGTH") or "0"
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    is_read = length != "0" and not is_too_large(length, method=method, path=path)
    if length.isdecimal() and is_read:
        environ["wsgi.input"] = CompleteBody(environ["wsgi.input"], int(length))
    if "gunicorn.socket" in environ:
        environ[SOCKET] = environ["gunicorn.socket"]
    return call_app(_django, environ, start_response)
