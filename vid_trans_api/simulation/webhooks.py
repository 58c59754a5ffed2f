"""What is drawn at random for the delivery of webhooks."""

import random
from typing import Final

_MOST: Final = 0.2


def draw_shortening(seed: int, attempts: int) -> float:
    """Return the share, 0 to 0.2, by which the pause after so many attempts is shortened."""
    rng = random.Random(f"webhook {seed} {attempts}")  # noqa: S311 (must be repeatable)
    return rng.uniform(0, _MOST)
