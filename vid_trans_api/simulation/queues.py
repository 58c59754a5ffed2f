"""The queue of jobs that wait until fewer jobs run at once."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def turns(
    ends: Iterable[datetime | None],
    waiting: Iterable[timedelta | None],
    *,
    limit: int,
    now: datetime,
) -> Iterator[datetime | None]:
    """Yield when it is each waiting job's turn, or None if that is unknown.

    A job's turn comes when fewer than `limit` of the jobs before it run.

    Args:
        ends: When the jobs before them end; None for never. Of more than `limit`, the last `limit`
            to end suffice.
        waiting: How long each waiting job runs, in their order; None for ever.
        limit: How many jobs run at once, at least 1.
        now: The earliest turn.

    """
    running = [_NEVER if end is None else end for end in ends]
    heapq.heapify(running)
    for duration in waiting:
        turn = now
        while len(running) >= limit:
            turn = max(turn, heapq.heappop(running))
        is_known = turn < _NEVER
        end = turn + duration if is_known and duration is not None else _NEVER
        heapq.heappush(running, end)
        yield turn if is_known else None
