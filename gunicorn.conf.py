"""The gunicorn configuration: one process with a thread for each long poll and some more."""

from typing import Any, Final

from gunicorn import util  # type: ignore[import-untyped]  # it has no types

from heygen_video_translation import env
from vid_trans_api import clock
from vid_trans_api.serving.gunicorn_worker import write_error
from vid_trans_api.serving.open_files import allow_long_polls
from vid_trans_api.simulation.faults import LONGEST_FAULT

_OTHER_THREADS: Final = 24
_MARGIN: Final = 30  # seconds
_LONGEST_ATTEMPT: Final = 12  # seconds, to send a webhook and store that

env.share("CLOCK_ORIGIN", str(clock.origin()))  # workers that start later take it, too
wsgi_app = "heygen_video_translation.wsgi"
worker_class = "vid_trans_api.serving.gunicorn_worker.Worker"
_wanted = env.whole_number("MAX_LONG_POLLS", 256)
_allowed = allow_long_polls(_wanted)
env.override("MAX_LONG_POLLS", str(_allowed))
threads = _allowed + _OTHER_THREADS
worker_connections = 2 * threads
if not env.boolean("BEHIND_PROXY", default=False):
    # Clients must not choose the scheme or the path prefix. Those at 127.0.0.1 could by default,
    # and those of Unix sockets whatever forwarded_allow_ips says.
    forwarded_allow_ips = ""
    secure_scheme_headers: dict[str, str] = {}
    forwarder_headers = ""
control_socket_disable = True  # unused, and two servers of one user would share it
keepalive = 30  # seconds; clients send their next poll over the same connection
# A sync worker sends no heartbeat during a request and is killed after this time.
timeout = round(max(LONGEST_FAULT, env.number("LONG_POLL_LIMIT", 30)) + _MARGIN)


def on_starting(server: Any) -> None:
    if _allowed < _wanted:
        server.log.warning(
            "The limit on open files (ulimit -Hn) allows %d long polls instead of %d.",
            _allowed,
            _wanted,
        )


def post_worker_init(worker: Any) -> None:
    from django.conf import settings  # noqa: PLC0415 (the worker has set it up)

    from vid_trans_api.webhooks.dispatcher import dispatcher  # noqa: PLC0415 (needs Django)

    if settings.DISPATCH_WEBHOOKS:
        dispatcher.start()


def worker_exit(server: Any, worker: Any) -> None:
    from vid_trans_api.webhooks.dispatcher import dispatcher  # noqa: PLC0415 (needs Django)

    dispatcher.stop()
    dispatcher.join(_LONGEST_ATTEMPT)


# Gunicorn responds to invalid HTTP with an HTML page and has no setting for it.
util.write_error = write_error
