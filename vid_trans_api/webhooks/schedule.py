"""When a delivery that failed is tried again."""

from typing import Final

from vid_trans_api.simulation.webhooks import draw_shortening

_MINUTE: Final = 60.0
_HOUR: Final = 60 * _MINUTE

STEPS: Final = (
    5.0,
    30.0,
    2 * _MINUTE,
    10 * _MINUTE,
    30 * _MINUTE,
    1 * _HOUR,
    2 * _HOUR,
    4 * _HOUR,
    8 * _HOUR,
    8 * _HOUR,
)
"""The longest pauses after the first, second, ... attempt, in seconds: 23.7 hours in all."""

MAX_ATTEMPTS: Final = len(STEPS) + 1

_LONGEST: Final = 2
"""How many times its step a pause can be, if the receiver asks for it."""


def next_attempt(*, attempts: int, seed: int, retry_after: float | None = None) -> float | None:
    """Return how many seconds after its last attempt a delivery is tried again, or None for never.

    Each pause is up to 20 % shorter than its step, so that deliveries that failed together are not
    all tried again at once.

    Args:
        attempts: How many attempts there have been, at least 1.
        seed: Of the delivery. Equal seeds give equal pauses.
        retry_after: The seconds that the receiver asked for. They are respected up to twice the
            step, and do not make a pause shorter.

    """
    if attempts >= MAX_ATTEMPTS:
        return None
    step = STEPS[attempts - 1]
    pause = step * (1 - draw_shortening(seed, attempts))
    return pause if retry_after is None else max(pause, min(_LONGEST * step, retry_after))
