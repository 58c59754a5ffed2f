"""The gunicorn configuration: one process with a thread for each long poll and some more."""

import shutil
import tempfile
from typing import Any, Final

from gunicorn import util  # type: ignore[import-untyped]  # it has no types

from heygen_video_translation import env
from vid_trans_api.monitoring import metrics_port
from vid_trans_api.serving.gunicorn_worker import write_error
from vid_trans_api.serving.open_files import allow_long_polls
from vid_trans_api.simulation.faults import LONGEST_FAULT

_OTHER_THREADS: Final = 24
_MARGIN: Final = 30  # seconds
_LONGEST_ATTEMPT: Final = 12  # seconds, to send a webhook and store that

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


logger_class = (
    "vid_trans_api.serving.gunicorn_logger.JsonLogger"
    if env.text("LOG_FORMAT", "text") == "json"
    else "vid_trans_api.serving.gunicorn_logger.TextLogger"
)
# Neither query strings nor the user of HTTP authentication, which may be a key.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms "%(a)s" %({x-request-id}o)s'

_metrics_port = env.whole_number("METRICS_PORT", 0)
_has_metrics = bool(_metrics_port or env.text("METRICS_TOKEN", ""))


def on_starting(server: Any) -> None:
    if _allowed < _wanted:
        server.log.warning(
            "The limit on open files (ulimit -Hn) allows %d long polls instead of %d.",
            _allowed,
            _wanted,
        )
    if _metrics_port:
        metrics_port.open_port(env.text("METRICS_HOST", "127.0.0.1"), _metrics_port)
    if _has_metrics:
        # The processes share their metrics through files in this folder.
        env.override("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="vid-trans-metrics-"))


def child_exit(server: Any, worker: Any) -> None:
    if _has_metrics:
        metrics_port.forget_process(worker.pid)


def on_exit(server: Any) -> None:
    if _has_metrics:
        shutil.rmtree(env.text("PROMETHEUS_MULTIPROC_DIR", ""), ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    from django.conf import settings  # noqa: PLC0415 (the worker has set it up)

    from vid_trans_api.webhooks.dispatcher import dispatcher  # noqa: PLC0415 (needs Django)

    if _has_metrics:
        metrics_port.start_metrics()
    if settings.DISPATCH_WEBHOOKS:
        dispatcher.start()


def worker_exit(server: Any, worker: Any) -> None:
    from vid_trans_api.webhooks.dispatcher import dispatcher  # noqa: PLC0415 (needs Django)

    dispatcher.stop()
    dispatcher.join(_LONGEST_ATTEMPT)


# Gunicorn responds to invalid HTTP with an HTML page and has no setting for it.
util.write_error = write_error
