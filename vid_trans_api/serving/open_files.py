"""How many files and sockets this process may have open, and how many long polls that allows."""

from typing import Final

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

_PER_LONG_POLL: Final = 5
"""Its socket, the two files of its database connection, and two idle connections of clients."""

_OTHERS: Final = 200


def allow_long_polls(wanted: int) -> int:
    """Raise the soft limit on open files for so many long polls, and return how many it allows.

    That is fewer if the hard limit is too low (`ulimit -Hn`).
    """
    if resource is None:
        return wanted
    needed = wanted * _PER_LONG_POLL + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return wanted
    return max(0, min(wanted, (soft - _OTHERS) // _PER_LONG_POLL))
