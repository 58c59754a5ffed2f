"""Ids: random digits, and for jobs a second form with the tag of their language, as HeyGen's."""

import uuid
from typing import Final

from vid_trans_api.languages import LANGUAGES

_LENGTH: Final = 32
_TAGS: Final = frozenset(LANGUAGES.values())


def new_id() -> str:
    """Return a random id of 32 hexadecimal digits."""
    return uuid.uuid4().hex


def tagged_id(public_id: str, target_language: str) -> str:
    """Return a job's id as HeyGen writes it, such as `10c0808c39d847c2b1412af252ce50b5-es`."""
    return f"{public_id}-{LANGUAGES[target_language]}"


def untagged_id(job_id: str) -> str:
    """Return the public id in an id of either form. Any other text is returned as it is."""
    digits, _, tag = job_id.partition("-")
    return digits if len(digits) == _LENGTH and tag in _TAGS else job_id
