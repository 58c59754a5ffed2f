"""How the templates write times and shares."""

from datetime import UTC, datetime, timedelta

import pytest

from vid_trans_api.snapshots import Estimate
from vid_trans_api.web import formatting as showing

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (12.4, "12 s"),
        (12.5, "13 s"),
        (99.4, "99 s"),
        (99.5, "2 min"),
        (5969, "99 min"),
        (5970, "2 h"),
        (358_200, "4 d"),
        (40_000_000, "463 d"),
    ],
)
def test_duration_is_in_the_unit_that_needs_two_digits(seconds, expected):
    assert showing.duration(seconds) == expected


@pytest.mark.parametrize(
    ("remaining", "expected"),
    [(0, "any moment now"), (0.49, "any moment now"), (0.5, "about 1 s left")],
)
def test_time_left_at_the_last_moment_is_no_number(remaining, expected):
    assert showing.left(Estimate(remaining=remaining, low=0, high=1)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(9, 16, "9–16 s"), (50, 130, "50 s–2 min"), (8, 8, ""), (0, 0.2, "")],  # noqa: RUF001 (dashes)
)
def test_range_names_a_unit_once(low, high, expected):
    assert showing.span(Estimate(remaining=low, low=low, high=high)) == expected


@pytest.mark.parametrize(
    ("progress", "expected"),
    [(0, "0 %"), (0.429, "42 %"), (0.9999, "99 %"), (1.0, "100 %")],
)
def test_percentage_is_full_at_the_end_alone(progress, expected):
    assert showing.percent(progress) == expected


def test_time_between_instants_is_never_negative():
    assert showing.since(NOON, NOON - timedelta(seconds=3)) == 3
    assert showing.since(NOON - timedelta(seconds=3), NOON) == 0
