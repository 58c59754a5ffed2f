"""Numbers that say nothing about how many there are or in which order they were given out."""

import hmac
from functools import cache
from typing import Final

from django.conf import settings

_HALF: Final = 26
"""Bits of each half: numbers of 52 bits are exact in JSON, as JavaScript reads it."""

LARGEST: Final = (1 << 2 * _HALF) - 1
"""The largest number that can be hidden, and that a hidden one can be."""

_MASK: Final = (1 << _HALF) - 1
_ROUNDS: Final = range(4)


def hide(number: int) -> int:
    """Encrypt a number below 2**52 with the server's secret key.

    A Feistel network with an HMAC as its round function, which no one without the key can tell from
    a random permutation (Luby, Rackoff, How to construct pseudorandom permutations, 1988).
    """
    left, right = number >> _HALF, number & _MASK
    for each in _ROUNDS:
        left, right = right, left ^ _scramble(each, right)
    return left << _HALF | right


def reveal(hidden: int) -> int:
    """Return the number that `hide` was given."""
    left, right = hidden >> _HALF, hidden & _MASK
    for each in reversed(_ROUNDS):
        left, right = right ^ _scramble(each, left), left
    return left << _HALF | right


def _scramble(round_number: int, half: int) -> int:
    message = round_number.to_bytes() + half.to_bytes(4)
    return int.from_bytes(hmac.digest(_key(), message, "sha256")[:4]) & _MASK


@cache
def _key() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"opaque numbers", "sha256")
