"""A workspace's clock, and its reset.

Setting the clock returns the server's time before the lock is released: read later, it could be
after another client has frozen the clock.
"""

from datetime import datetime

from django.db import transaction

from vid_trans_api import clock
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Workspace
from vid_trans_api.operations.errors import NoRequestsLeft


def read(key_digest: str) -> tuple[Workspace, datetime]:
    """Return a workspace and the server's time at which its clock was read.

    A clock of its own is read under the lock. Otherwise a response could report a later time than
    that at which another client is freezing the clock, and time would run backwards.
    """
    server_time = clock.now()
    workspace = Workspace.objects.of_key(key_digest)
    if workspace.clock is None:
        return workspace, server_time
    with transaction.atomic():
        return Workspace.objects.locked(key_digest), clock.now()


def advance(key_digest: str, *, seconds: float | None) -> tuple[Workspace, datetime]:
    """Advance the time by seconds, or to the next end of a job if None.

    Raises NothingEnds and ClockRefused, and NoRequestsLeft: a program that never gives up may wait
    for ever by this clock.
    """
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        if workspace.requests_left == 0:
            raise NoRequestsLeft
        if seconds is None:
            workspace.advance_to_next_end(clock.now)
        else:
            workspace.advance(clock.now, seconds=seconds)
        return workspace, clock.now()


def freeze(key_digest: str, *, at: datetime | None) -> tuple[Workspace, datetime]:
    """Stop the time, now or at an instant. Raises ClockRefused."""
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        workspace.freeze(clock.now, at=at)
        return workspace, clock.now()


def resume(key_digest: str, *, speed: float) -> tuple[Workspace, datetime]:
    """Let the clock run, at `speed` times the speed of the server's."""
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        workspace.resume(clock.now, speed=speed)
        return workspace, clock.now()


def reset(key_digest: str, *, seed: int | None) -> Workspace:
    """Delete everything in the workspace, and start anew with this seed or a drawn one."""
    workspace = Workspace.objects.stored(key_digest)
    journal.discard(key_digest)
    workspace.reset(clock.now, seed=seed)
    return workspace
