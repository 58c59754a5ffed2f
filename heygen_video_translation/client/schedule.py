"""When to poll a job next: one pure function, and the two formulas that it rests on."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .durations import NO_TRAITS, QUANTILE_DISTANCE, Traits
from .experience import (
    ASSUMED_SPREAD,
    MAX_SPREAD,
    MIN_SPREAD,
    NO_EXPERIENCE,
    Experience,
    claimed_spread,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .durations import Forecast

MIN_MEDIAN, MAX_MEDIAN = 1e-6, 1e9
"""Bounds of an expected time in seconds, so that all arithmetic stays finite."""

DEADLINE_PRECISION = 0.001
"""Seconds before a deadline from which on it counts as reached; no sleep is more precise."""

LONG_POLL_LEAD = 0.1
"""Seconds by which a long poll starts before the job may end: one or two round trips."""

UNCONFIRMED_BIAS = 0.25
"""Spread of the bias of a server's range that no job has confirmed yet.

It is added to the claimed spread when a long poll is planned: starting one early costs little,
starting one after the end costs as much as it is late.
"""

MIN_LONG_POLL_REACH = -1.28
"""How far a long poll has to reach, in standard deviations from the median: one end in ten."""

MAX_LONG_POLL = 86400.0
"""Longest long poll in seconds: a day."""

OUTLIVED_ESTIMATES_TOLERATED = 4
"""Number of estimates in a row that a job may outlive before they are trusted less and less."""

MIN_RESULT_INTERVAL = 1.0
"""Shortest sleep in seconds while the result of a completed job is missing."""

RESULT_PATIENCE = 60.0
"""Seconds after a job's completion after which a missing result is no longer waited for."""

MAX_JITTER = 0.03
"""Largest jitter, as a share of the sleep."""


LATENESS_COST_WITH_WEBHOOKS = 0.16
"""What a second of lateness costs, in polls, if webhooks report the ends of jobs.

A poll is only of use if the webhook does not come. If that has the probability q, the expected cost
of a job is its polls + q·lateness, and the best schedule is that for a lateness which costs q. If
only the age is known, there are sqrt(q) times as many polls as without webhooks, and the end of a
job whose webhook does not come is noticed 1/sqrt(q) times as late. Without webhooks both cost the
same, so that such a job costs (sqrt(q) + 1/sqrt(q)) / 2 times as much. For at most half as many
polls, q is at most 0.25; for at most 1.5 times the cost, at least 0.146.

With estimates there are few polls to begin with, and one of them has to see the end. So fewer are
saved, and the limit of the cost allows no lower q, as docs/benchmarks.md shows.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known about a pending job at one instant. All times are in seconds.

    `elapsed` is the time since the client first knew the job, `age` the time since the job was
    created, if known. `estimate` and `estimate_range` (its 10 % and 90 % points) are the server's.
    `outlived` counts the estimates in a row that the job has outlived. `overdue` is the time for
    which the server has been estimating 0. `floor` is the shortest interval that the server
    requested. `time_left` is the time until the deadline, `long_poll_limit` the longest long poll.
    `traits` is what is known of the job's video and mode.
    """

    elapsed: float = 0.0
    age: float | None = None
    estimate: float | None = None
    estimate_range: tuple[float, float] | None = None
    outlived: int = 0
    overdue: float = 0.0
    floor: float = 0.0
    time_left: float = math.inf
    long_poll_limit: float = 0.0
    traits: Traits = NO_TRAITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """When to poll a job next, and why.

    `seconds` is the sleep, counted from the last response. `long_poll` is the number of whole
    seconds for which the next poll lets the server wait for the job's end; 0 is a plain poll.
    `reason` explains both. `gives_up` is true if the deadline is reached.
    """

    seconds: float
    long_poll: int = 0
    reason: str
    gives_up: bool = False

    def __str__(self) -> str:
        if self.gives_up:
            return f"no further poll: {self.reason}"
        long_poll = f", long poll of up to {self.long_poll} s" if self.long_poll else ""
        return f"next poll in {self.seconds:.2f} s{long_poll}: {self.reason}"


ESTIMATES = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 3600.0)
SLEEPS = {
    0.0: (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    0.05: (1.14, 1.10, 1.08, 1.06, 1.03, 0.98, 0.94, 0.92, 0.90, 0.88, 0.86),
    0.1: (1.26, 1.18, 1.14, 1.06, 1.00, 0.92, 0.88, 0.84, 0.80, 0.78, 0.74),
    0.2: (1.50, 1.30, 1.18, 1.01, 0.92, 0.81, 0.76, 0.70, 0.64, 0.60, 0.54),
    0.3: (1.62, 1.31, 1.20, 1.00, 0.85, 0.72, 0.64, 0.58, 0.52, 0.48, 0.40),
    0.5: (1.92, 1.41, 1.13, 0.92, 0.77, 0.58, 0.50, 0.42, 0.36, 0.32, 0.22),
    0.8: (2.42, 1.38, 1.18, 0.86, 0.68, 0.46, 0.36, 0.28, 0.22, 0.16, 0.10),
    1.2: (3.38, 1.62, 1.28, 0.90, 0.62, 0.34, 0.24, 0.18, 0.12, 0.08, 0.06),
}
"""The best sleep as a multiple of the estimate, by the spread and by the estimate in seconds.

One poll costs as much as one second of lateness. For an estimate r of a true time R = r·exp(sZ),
with Z standard normal and a new estimate at every poll, the values solve by value iteration

    V(r) = min over d of  1 + E[max(d - R, 0)] + E[U(R - d); R > d],   U(x) = E[V(x·exp(sZ'))]

which is optimum checking (Barlow, Hunter, Proschan, J. SIAM 11 (1963) 1078) with a new estimate
each time.
"""
SPREADS = tuple(SLEEPS)
LOG_ESTIMATES = tuple(math.log(estimate) for estimate in ESTIMATES)


def decide(
    knowledge: Knowledge,
    experience: Experience = NO_EXPERIENCE,
    *,
    min_interval: float = 0.5,
    max_interval: float = 60.0,
    lateness_cost: float = 1.0,
    headroom: float = 0.0,
    jitter: float = 0.0,
) -> Decision:
    """Return when to poll a job next. The sleep between polls is decided here and nowhere else.

    The ideal sleep follows from the estimate (see `SLEEPS`), or from the job's age and earlier jobs
    if there is no estimate (see `sleep_by_age`). Then the longest interval, the shortest interval,
    the server's floor and the deadline bound it, in this order. The last poll is sent at the
    deadline, even if the floor reaches past it.

    Arguments:
        knowledge: what is known about the job.
        experience: what is known about the server.
        min_interval: shortest sleep in seconds; only the deadline goes below it and the floor.
        max_interval: longest sleep in seconds, if `lateness_cost` is 1.
        lateness_cost: what a second of lateness costs, in polls.
        headroom: share of a sleep to leave free below `max_interval`, so that the poll can be
            delayed and share a request with others.
        jitter: position of the random delay in its range, from 0 to 1.

    """
    if knowledge.time_left < DEADLINE_PRECISION:
        return Decision(seconds=0.0, reason="the deadline is reached", gives_up=True)
    max_interval = longest_sleep(max_interval, lateness_cost)
    floor = min(knowledge.floor, max_interval)
    longest = max(max_interval / (1.0 + headroom), min_interval)
    ideal = _ideal(
        knowledge, experience, max_interval=longest, lateness_cost=lateness_cost, jitter=jitter
    )
    seconds, long_poll, reason = ideal.seconds, ideal.long_poll, ideal.reason
    if seconds > longest:
        seconds, long_poll, reason = longest, 0, f"{reason}, cut to the longest interval"
    if seconds < max(min_interval, floor):
        bound = "the server's Retry-After" if floor > min_interval else "the shortest interval"
        seconds, reason = max(min_interval, floor), f"{reason}, raised to {bound}"
    if seconds >= knowledge.time_left:
        seconds, long_poll, reason = knowledge.time_left, 0, f"{reason}, cut to the deadline"
    return Decision(
        seconds=seconds,
        long_poll=min(long_poll, whole_seconds(knowledge.time_left - seconds)),
        reason=reason,
    )


def sleep_until_result(since: float) -> float:
    """Return the sleep in seconds if a job completed without its result, `since` seconds ago.

    Such a result comes within seconds, so this is `sleep_by_age` from a second on.
    """
    return max(math.sqrt(2.0 * since), MIN_RESULT_INTERVAL)


def whole_seconds(seconds: float) -> int:
    """Return a number of seconds, rounded down, between 0 and `MAX_LONG_POLL`."""
    return int(min(max(seconds, 0.0), MAX_LONG_POLL))


def longest_sleep(max_interval: float, lateness_cost: float) -> float:
    """Return the longest sleep in seconds if lateness costs less, or more, than a poll a second.

    All sleeps grow by 1/sqrt(lateness_cost) if only the age of a job is known, see `sleep_by_age`.
    """
    return max_interval / math.sqrt(lateness_cost)


def _ideal(
    knowledge: Knowledge,
    experience: Experience,
    *,
    max_interval: float,
    lateness_cost: float,
    jitter: float,
) -> Decision:
    """Return the best decision if there were no intervals, floor and deadline."""
    if knowledge.estimate is None or knowledge.estimate <= 0.0:
        return _ideal_without_estimate(
            knowledge, experience, max_interval=max_interval, lateness_cost=lateness_cost
        )
    claimed = claimed_spread(knowledge.estimate_range)
    scale = experience.scale(claimed=claimed is not None)
    shift = experience.shift(claimed=claimed is not None)
    spread = scale * (ASSUMED_SPREAD if claimed is None else claimed)
    if claimed == 0.0:
        spread = max(scale - 1.0, 0.0) * MIN_SPREAD
    spread = min(spread, 2.0 * MAX_SPREAD)
    median = min(max(knowledge.estimate * math.exp(shift), MIN_MEDIAN), MAX_MEDIAN)
    low, high = (median * math.exp(sign * QUANTILE_DISTANCE / 2 * spread) for sign in (-1, 1))
    reason = f"{low:.3g} to {high:.3g} s expected"
    seconds = best_sleep(median, spread, lateness_cost=lateness_cost)
    long_poll = 0
    if limit := whole_seconds(knowledge.long_poll_limit):
        unconfirmed = 0.0 if claimed is None else UNCONFIRMED_BIAS / (1.0 + experience.jobs) ** 2
        early = max(median * math.exp(-2.0 * math.hypot(spread, unconfirmed)) - LONG_POLL_LEAD, 0.0)
        reach = math.log(max(early + limit, 1e-3) / median) / max(spread, 1e-3)
        seconds = min(seconds, early)
        if reach > MIN_LONG_POLL_REACH and early < knowledge.time_left:
            long_poll, reason = limit, f"{reason}, long poll from the early end"
    if knowledge.outlived > OUTLIVED_ESTIMATES_TOLERATED:
        excess = (knowledge.outlived - OUTLIVED_ESTIMATES_TOLERATED) / 2
        grown = max(seconds, 1.0) * 2.0 ** min(excess, 60.0)
        slower = min(math.sqrt(2.0 * knowledge.elapsed / lateness_cost), grown)
        if slower > seconds:
            seconds = slower
            reason = f"{reason}, but the job outlived {knowledge.outlived} estimates in a row"
    width = high - low
    if knowledge.estimate_range is not None:
        width = min(width, knowledge.estimate_range[1] - knowledge.estimate_range[0])
    seconds += jitter * min(width / 10.0, seconds * MAX_JITTER)
    return Decision(seconds=seconds, long_poll=long_poll, reason=reason)


def _ideal_without_estimate(
    knowledge: Knowledge, experience: Experience, *, max_interval: float, lateness_cost: float
) -> Decision:
    """Return the best decision if the server sends no estimate, or an estimate of 0."""
    if knowledge.estimate is not None:
        durations, age = experience.overdue, knowledge.overdue
        forecast = durations.forecast()
        reason = f"overdue for {age:.3g} s"
    else:
        durations, age = experience.durations, knowledge.elapsed
        forecast = durations.forecast(knowledge.traits)
        if forecast is not None and knowledge.age is not None:
            age = knowledge.age
        reason = f"the server sends no estimate, {age:.3g} s old"
    if durations.count:
        count = f"{durations.count:.0f}"
        reason = f"{reason}, based on {count} earlier job{'' if count == '1' else 's'}"
    elif forecast is not None:
        reason = f"{reason}, based on what is published"
    return Decision(
        seconds=sleep_by_age(age, forecast, longest=max_interval, lateness_cost=lateness_cost),
        long_poll=whole_seconds(knowledge.long_poll_limit),
        reason=reason,
    )


def best_sleep(estimate: float, spread: float, *, lateness_cost: float = 1.0) -> float:
    """Return the best sleep in seconds for an estimate of this spread, interpolated in `SLEEPS`.

    If a second of lateness costs c polls, the sleep is that of a clock on which a second lasts c,
    since V, with c·E[max(d - R, 0)] in its formula, has the same value then.
    """
    row, down = _position(SPREADS, spread)
    column, right = _position(LOG_ESTIMATES, math.log(max(estimate * lateness_cost, 1e-3)))
    low, high = SLEEPS[SPREADS[row]], SLEEPS[SPREADS[row + 1]]
    factor = (1 - down) * ((1 - right) * low[column] + right * low[column + 1]) + down * (
        (1 - right) * high[column] + right * high[column + 1]
    )
    return estimate * factor


def _position(points: Sequence[float], value: float) -> tuple[int, float]:
    """Return the index of the interval of `points` around `value`, and the place in it, 0 to 1."""
    index = min(max(bisect_right(points, value) - 1, 0), len(points) - 2)
    position = (value - points[index]) / (points[index + 1] - points[index])
    return index, min(max(position, 0.0), 1.0)


def sleep_by_age(
    age: float, forecast: Forecast | None, *, longest: float, lateness_cost: float = 1.0
) -> float:
    """Return the best sleep in seconds, at most `longest`, if the server sends no estimate.

    The best density of checks is sqrt(c·h/2), where h is the hazard and c what a second of lateness
    costs, in checks (Keller, Management Science 21 (1974) 256): the next one is due when the
    density, integrated from now, reaches 1. Without a forecast the hazard is 1/age, which gives
    sqrt(2·age/c) + 1/(2c); half a second of that is left out.
    """
    if forecast is None:
        seconds = math.sqrt(2.0 * age / lateness_cost) + (1.0 / lateness_cost - 1.0) / 2.0
        return min(seconds, longest)
    integral = asleep = 0.0
    finest = min(forecast.width, longest) / 20.0
    while asleep < longest:
        step = max(finest, asleep * 0.05)
        density = math.sqrt(lateness_cost * forecast.hazard(age + asleep + step / 2.0) / 2.0)
        if integral + density * step >= 1.0:
            return min(asleep + (1.0 - integral) / density, longest)
        integral += density * step
        asleep += step
    return longest
