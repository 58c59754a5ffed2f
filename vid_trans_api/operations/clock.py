"""A workspace's clock, and its reset.

Setting the clock returns the server's time at which it was locked: a later one could be after
another client has frozen the clock.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.db import transaction

from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import ClockRefused, Workspace, lock
from vid_trans_api.operations.errors import NoRequestsLeft


def read(key_digest: str) -> tuple[Workspace, datetime]:
    """Return a workspace and the server's time at which its clock was read.

    Waits for the lock only while the clock is being slowed down: see `_slow_down`, which also says
    why the server's clock is read first.
    """
    workspace = Workspace.objects.of_key(key_digest)
    if workspace.is_clock_changing:
        with suppress(Workspace.DoesNotExist), lock(workspace):
            pass
    return workspace, workspace.read_at


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
            workspace.advance_to_next_end()
        else:
            workspace.advance(seconds=seconds)
        return workspace, workspace.read_at


def freeze(key_digest: str, *, at: datetime | None) -> tuple[Workspace, datetime]:
    """Stop the time, now or at an instant. Raises ClockRefused."""
    return _slow_down(key_digest, 0.0, lambda workspace: workspace.freeze(at=at))


def resume(key_digest: str, *, speed: float) -> tuple[Workspace, datetime]:
    """Let the clock run, at `speed` times the speed of the server's."""
    return _slow_down(key_digest, speed, lambda workspace: workspace.resume(speed=speed))


def _slow_down(
    key_digest: str, speed: float, change: Callable[[Workspace], None]
) -> tuple[Workspace, datetime]:
    """Change a workspace's clock so that it runs at `speed`, in two transactions if that is slower.

    The clock changes at the instant that is read under the lock, but others see this only after the
    commit. Meanwhile the old clock would report later times than the new one will, and time would
    run backwards. So the first transaction marks the workspace, and while it is marked, its time is
    read under the lock. Whoever reads the server's clock and then an unmarked workspace has read
    the clock before the mark was committed, and so before the instant of the change.

    A faster clock and one that is advanced are never behind the old one, so these need no mark. If
    the server is killed between the transactions, the mark stays until the clock is set again.
    """
    refusal = None
    while True:
        with transaction.atomic():
            workspace = Workspace.objects.locked(key_digest)
            if workspace.speed > speed and not workspace.is_clock_changing:
                workspace.mark_clock_changing(is_changing=True)
                continue
            try:
                change(workspace)
            except ClockRefused as error:
                refusal = error
            if workspace.is_clock_changing:
                workspace.mark_clock_changing(is_changing=False)
        if refusal is not None:
            raise refusal
        return workspace, workspace.read_at


def reset(key_digest: str, *, seed: int | None) -> Workspace:
    """Delete everything in the workspace, and start anew with this seed or a drawn one."""
    journal.discard(key_digest)  # not under the lock, for which the journal may be waiting
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        workspace.reset(seed=seed)
    return workspace
