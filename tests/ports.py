"""Ports for programs that cannot choose a free one themselves and report it."""

import errno
import random
import socket
from typing import Final

_PORTS: Final = range(20_000, 32_000)
"""Below those that the system chooses, which are 32768 to 60999 on Linux."""

_RANDOM: Final = random.SystemRandom()  # some tests seed the module's functions


def free_port() -> int:
    """Return a port that is free on 127.0.0.1 and most likely still is when a program listens.

    The system could give a port of its own choice to another program before that.
    """
    while True:
        port = _RANDOM.choice(_PORTS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return port
