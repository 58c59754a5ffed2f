"""Seeds: where what is drawn begins, so that it can be drawn again."""

import hashlib
import secrets
from typing import Final

_BITS: Final = 32


def drawn_seed() -> int:
    """Return a seed that nobody can foresee."""
    return secrets.randbits(_BITS)


def seed_of_job(workspace_seed: int, number: int) -> int:
    """Return the seed of a workspace's job, the first of which has number 1.

    From a digest rather than a sum: two workspaces with seeds close together share no job.
    """
    return _drawn_from(f"{workspace_seed}:{number}")


def seed_of_creation(workspace_seed: int, number: int) -> int:
    """Return the seed of what meets the tries of a workspace's creation, 1 being its first."""
    return _drawn_from(f"{workspace_seed}:creation {number}")


def _drawn_from(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[: _BITS // 8])
