"""Seeds, from which plans and faults are drawn, so that a test run can be repeated."""

import hashlib
import secrets
from typing import Final

_BITS: Final = 32


def random_seed() -> int:
    """Return a seed that cannot be predicted."""
    return secrets.randbits(_BITS)


def random_bytes(count: int) -> bytes:
    """Return the key of a secret."""
    return secrets.token_bytes(count)


def seed_of_job(workspace_seed: int, number: int) -> int:
    """Return the seed of a workspace's job; the first job has number 1.

    The seed is a digest, not a sum, so that workspaces with neighbouring seeds share no job.
    """
    return _digest(f"{workspace_seed}:{number}")


def seed_of_creation(workspace_seed: int, number: int) -> int:
    """Return the seed for the faults of a workspace's creation; the first has number 1.

    A creation can take several requests, so this is not the seed of its job.
    """
    return _digest(f"{workspace_seed}:creation {number}")


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[: _BITS // 8])
