"""How many requests a rate limit admits, and how it is written."""

from datetime import UTC, datetime, timedelta

import pytest

from vid_trans_api.simulation.rate_limits import RateLimit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = RateLimit(requests=2, seconds=10)


def seconds_ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=each) for each in seconds]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("5/10s", RateLimit(requests=5, seconds=10)),
        ("100/m", RateLimit(requests=100, seconds=60)),
        ("7/30m", RateLimit(requests=7, seconds=1800)),
        ("500/h", RateLimit(requests=500, seconds=3600)),
        ("1/s", RateLimit(requests=1, seconds=1)),
    ],
)
def test_rate_limit_is_written_as_it_is_read(text: str, limit: RateLimit) -> None:
    assert RateLimit.parse(text) == limit
    assert str(limit) == text


@pytest.mark.parametrize("text", ["", "5", "0/s", "5/0s", "1000/s", "5/10h", "5 / 10s", "-5/s"])
def test_text_that_is_not_a_rate_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="^" + text + "$"):
        RateLimit.parse(text)


def test_rate_limit_is_equal_after_storing_it_as_json() -> None:
    assert RateLimit.from_json(LIMIT.to_json()) == LIMIT


@pytest.mark.parametrize(
    ("ages", "wait"),
    [
        ([], 0),
        ([1], 0),
        ([11, 1], 0),
        ([10, 1], 0),
        ([9.5, 1], 1),
        ([3, 1], 7),
        ([2.5, 1], 8),
        ([30, 3, 1], 7),
    ],
)
def test_wait_ends_when_the_window_has_room(ages: list[float], wait: int) -> None:
    assert LIMIT.wait(seconds_ago(*ages), NOW) == wait


def test_requests_from_the_future_do_not_count() -> None:
    just_ahead, far_ahead = seconds_ago(-0.5, -60)

    assert LIMIT.in_window([just_ahead, far_ahead], NOW) == [just_ahead]
