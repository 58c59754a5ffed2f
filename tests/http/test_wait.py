"""How `wait` is read from a Prefer header (RFC 7240)."""

import pytest

from vid_trans_api.http.parsing import wait_of


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=10", 10),
        ("Wait = 10", 10),
        ('wait="10"', 10),
        ("respond-async, wait=10; x=y", 10),
        ("wait=3, wait=5", 3),
        ("wait=0", 0),
        ("", None),
        ("wait", None),
        ("wait=", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("wait=1e3", None),
        ("wait=9999999999", None),
        ("await=10", None),
    ],
)
def test_wait_is_the_first_valid_preference(prefer: str, seconds: int | None) -> None:
    assert wait_of(prefer) == seconds
