"""How gunicorn serves this project: one process whose threads can hold requests.

A held request keeps a thread, so there is one for each hold and some for everything else.
"""

import socket
from typing import Final

from gunicorn import util  # type: ignore[import-untyped]  # it has no types

from heygen_video_translation import env
from vid_trans_api.simulation.faults import LONGEST_FAULT

_OTHER_THREADS: Final = 24
_SLACK: Final = 30  # seconds

wsgi_app = "heygen_video_translation.wsgi"
worker_class = "gthread"
threads = env.whole_number("MAX_LONG_POLLS", 256) + _OTHER_THREADS
worker_connections = 2 * threads
control_socket_disable = True  # nobody uses it, and two servers of one user would share it
keepalive = 30  # seconds; a client asks again over the same connection
# A sync worker gives no sign of life while it answers, and is killed once this is over.
timeout = round(max(LONGEST_FAULT, env.number("LONG_POLL_LIMIT", 30)) + _SLACK)


def _write_problem(client: socket.socket, status: int, reason: str, message: str) -> None:
    from vid_trans_api.http.errors import (  # noqa: PLC0415 (Django is ready by now)
        write_error_on_the_wire,
    )

    util.write_nonblock(client, write_error_on_the_wire(status, message or f"{reason}."))


# What gunicorn itself says to what is no HTTP would be HTML, and there is no setting for it.
util.write_error = _write_problem
