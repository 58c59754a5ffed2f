"""The format of durations, estimates and shares in templates."""

from datetime import UTC, datetime, timedelta

import pytest

from vid_trans_api.snapshots import Estimate
from vid_trans_api.web import formatting

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
def test_duration_has_at_most_two_digits(seconds, expected):
    assert formatting.duration(seconds) == expected


@pytest.mark.parametrize(
    ("remaining", "expected"),
    [(0, "any moment now"), (0.49, "any moment now"), (0.5, "about 1 s left")],
)
def test_time_left_of_less_than_half_a_second_is_any_moment(remaining, expected):
    assert formatting.left(Estimate(remaining=remaining, low=0, high=1)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(9, 16, "9–16 s"), (50, 130, "50 s–2 min"), (8, 8, ""), (0, 0.2, "")],  # noqa: RUF001 (en dashes)
)
def test_range_names_a_common_unit_once(low, high, expected):
    assert formatting.span(Estimate(remaining=low, low=low, high=high)) == expected


@pytest.mark.parametrize(
    ("progress", "expected"),
    [(0, "0 %"), (0.429, "42 %"), (0.9999, "99 %"), (1.0, "100 %")],
)
def test_percentage_is_100_only_at_the_end(progress, expected):
    assert formatting.percent(progress) == expected


def test_seconds_between_instants_are_never_negative():
    assert formatting.since(NOON, NOON - timedelta(seconds=3)) == 3
    assert formatting.since(NOON - timedelta(seconds=3), NOON) == 0


@pytest.mark.parametrize(("seconds", "expected"), [(-1.5, "1.50 s early"), (0.2, "0.20 s late")])
def test_lateness_is_early_or_late(seconds, expected):
    assert formatting.lateness(seconds) == expected
