"""When to poll next: the decision as a pure function."""

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen_video_translation.client import Decision, Experience, Knowledge, decide
from heygen_video_translation.client.durations import Traits
from heygen_video_translation.client.experience import Estimate, Lesson, errors_of
from heygen_video_translation.client.schedule import LATENESS_COST_WITH_WEBHOOKS

SECONDS = st.floats(0.0, 1e12)
ANY_NUMBER = st.floats(0.0, allow_infinity=False, allow_nan=False)
RANGES = st.none() | st.tuples(ANY_NUMBER, ANY_NUMBER).map(lambda ends: tuple(sorted(ends)))
KNOWLEDGE = st.builds(
    Knowledge,
    elapsed=SECONDS,
    age=st.none() | SECONDS,
    estimate=st.none() | ANY_NUMBER,
    estimate_range=RANGES,
    outlived=st.integers(0, 10_000),
    overdue=SECONDS,
    floor=st.floats(0.0, allow_nan=False),
    time_left=st.floats(0.0, allow_nan=False),
    long_poll_limit=st.floats(0.0, allow_nan=False),
    traits=st.builds(Traits, video_duration=st.none() | SECONDS),
)
JOBS = st.lists(st.tuples(st.floats(0.0, 1e9), st.floats(0.0, 1e9), RANGES), max_size=5)


def learned_from(jobs):
    """Return the experience of jobs: the first estimate, the duration and the range of each."""
    experience = Experience()
    for seconds, took, estimate_range in jobs:
        spread = None if estimate_range is None else 0.3
        estimate = Estimate(received_at=0.0, seconds=seconds, spread=spread)
        errors = errors_of([estimate], ended_at=took)
        experience = experience.after(Lesson(duration=took, errors=errors, overdue=took))
    return experience


EXPERIENCE = JOBS.map(learned_from)
BOUNDS = st.tuples(st.floats(1e-3, 1e4), st.floats(1e-3, 1e4)).map(sorted)


@given(KNOWLEDGE, EXPERIENCE, BOUNDS, st.floats(0.0, 1.0))
def test_decision_is_within_all_bounds(knowledge, experience, bounds, jitter):
    least, most = bounds
    decision = decide(knowledge, experience, min_interval=least, max_interval=most, jitter=jitter)
    assert math.isfinite(decision.seconds)
    assert 0.0 <= decision.seconds <= most
    assert decision.seconds <= knowledge.time_left
    assert decision.seconds + decision.long_poll <= knowledge.time_left + 1e-6 * decision.seconds
    assert 0 <= decision.long_poll <= knowledge.long_poll_limit
    if decision.gives_up:
        assert knowledge.time_left < 0.001
    else:
        assert decision.seconds >= min(least, knowledge.time_left)
        assert decision.seconds >= min(knowledge.floor, most, knowledge.time_left)
    assert decision.reason


@given(KNOWLEDGE, EXPERIENCE)
def test_decision_is_the_same_for_the_same_arguments(knowledge, experience):
    assert decide(knowledge, experience, jitter=0.5) == decide(knowledge, experience, jitter=0.5)


@given(st.floats(0.1, 1e5), st.floats(1.0, 2.0), st.floats(0.0, 1.2), st.sampled_from([0.0, 30.0]))
def test_sleep_is_never_shorter_for_a_longer_estimate(estimate, factor, spread, long_poll):
    def sleep(seconds):
        estimate_range = (seconds * math.exp(-1.2815 * spread), seconds * math.exp(1.2815 * spread))
        knowledge = Knowledge(
            estimate=seconds, estimate_range=estimate_range, long_poll_limit=long_poll
        )
        return decide(knowledge, min_interval=1e-3, max_interval=1e6).seconds

    assert sleep(estimate) <= sleep(estimate * factor) * 1.0001


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_sleep_without_estimate_never_shrinks_with_elapsed_time(one, other):
    early, late = sorted((one, other))

    def sleep(elapsed):
        return decide(Knowledge(elapsed=elapsed), max_interval=1e6).seconds

    assert sleep(early) <= sleep(late)


@given(st.floats(0.1, 1e4), st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_jitter_adds_at_most_a_tenth_of_the_range(estimate, spread, jitter):
    estimate_range = (estimate * math.exp(-1.2815 * spread), estimate * math.exp(1.2815 * spread))
    knowledge = Knowledge(estimate=estimate, estimate_range=estimate_range)
    plain = decide(knowledge, min_interval=1e-3, max_interval=1e6)
    moved = decide(knowledge, min_interval=1e-3, max_interval=1e6, jitter=jitter)
    added = moved.seconds - plain.seconds
    assert -1e-9 <= added <= (estimate_range[1] - estimate_range[0]) / 10 + 1e-9


@pytest.mark.parametrize("estimate", [5e-324, 1e-300, 1e300, 1.7e308])
@pytest.mark.parametrize("low", [0.0, 5e-324, 1e-310])
@pytest.mark.parametrize("long_poll", [0.0, 30.0])
def test_decision_is_sane_for_extreme_numbers(estimate, low, long_poll):
    for high in (1e-310, 1e-7, 1.0, 1.7e308):
        knowledge = Knowledge(
            estimate=estimate, estimate_range=(low, high), long_poll_limit=long_poll
        )
        assert 0.5 <= decide(knowledge, jitter=1.0).seconds <= 60.0


def test_exact_estimate_is_slept_without_jitter():
    knowledge = Knowledge(estimate=12.4, estimate_range=(12.4, 12.4))
    assert decide(knowledge, jitter=1.0).seconds == 12.4


def test_sleep_is_shorter_for_a_wider_range():
    def sleep(low, high):
        return decide(Knowledge(estimate=50.0, estimate_range=(low, high))).seconds

    assert sleep(48, 52) > sleep(35, 70) > sleep(15, 150)


def test_sleep_without_estimate_is_the_root_of_twice_the_elapsed_time():
    assert decide(Knowledge(elapsed=50.0)).seconds == 10.0


def test_floor_takes_precedence_over_headroom():
    knowledge = Knowledge(elapsed=1e6, floor=60.0)
    assert decide(knowledge, headroom=0.1).seconds == 60.0
    assert decide(Knowledge(elapsed=1e6), headroom=0.1).seconds == pytest.approx(60 / 1.1)


def test_long_poll_starts_before_the_early_end():
    estimate_range = (60 * math.exp(-1.2815 * 0.1), 60 * math.exp(1.2815 * 0.1))
    knowledge = Knowledge(estimate=60.0, estimate_range=estimate_range, long_poll_limit=30.0)
    experience = Experience(jobs=20)
    spread = 0.1 * experience.scale(claimed=True)
    decision = decide(knowledge, experience)
    assert decision.long_poll == 30
    assert decision.seconds == pytest.approx(60 * math.exp(-2 * spread) - 0.1, rel=1e-3)


def test_long_poll_starts_earlier_if_the_range_is_unconfirmed():
    knowledge = Knowledge(estimate=56.0, estimate_range=(43.3, 72.4), long_poll_limit=30.0)
    decision = decide(knowledge)
    assert decision.long_poll == 30
    assert decision.seconds == pytest.approx(
        56 * math.exp(-2 * math.hypot(0.2, 0.25)) - 0.1, rel=1e-2
    )
    assert (
        decide(knowledge, learned_from([(10.0, 10.0, (5.0, 20.0))])).seconds > decision.seconds + 5
    )


def test_long_poll_that_cannot_reach_the_end_is_left_out():
    knowledge = Knowledge(estimate=55.0, estimate_range=(10.0, 300.0), long_poll_limit=2.0)
    assert decide(knowledge).long_poll == 0


@pytest.mark.parametrize("outlived", [5, 10, 50, 5000])
def test_sleep_grows_if_estimates_are_outlived_repeatedly(outlived):
    knowledge = Knowledge(estimate=1.0, elapsed=5000.0, outlived=outlived)
    before = Knowledge(estimate=1.0, elapsed=5000.0, outlived=outlived - 1)
    assert decide(knowledge).seconds >= decide(before).seconds
    assert decide(knowledge).seconds > decide(Knowledge(estimate=1.0, elapsed=5000.0)).seconds
    assert "outlived" in decide(knowledge).reason


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_sleep_corrects_a_learned_bias(factor):
    experience = learned_from([(10.0, 10.0 * factor, None)] * 20)
    decision = decide(Knowledge(estimate=20.0), experience)
    assert decision.seconds == pytest.approx(20.0 * factor, rel=0.15)


def test_sleep_is_longer_if_estimates_proved_right():
    knowledge = Knowledge(estimate=50.0)
    assert (
        decide(knowledge, learned_from([(10.0, 10.0, None)] * 20)).seconds
        > decide(knowledge).seconds + 10
    )


def test_sleep_is_shorter_if_exact_estimates_proved_wrong():
    experience = Experience()
    for error in (0.5, 2.0) * 10:
        estimate = Estimate(received_at=0.0, seconds=10.0, spread=0.0)
        errors = errors_of([estimate], ended_at=10.0 * error)
        experience = experience.after(Lesson(errors=errors))
    knowledge = Knowledge(estimate=50.0, estimate_range=(50.0, 50.0))
    assert decide(knowledge, experience).seconds < 40.0


def test_sleep_without_estimate_follows_learned_durations():
    experience = learned_from([(0.0, took, None) for took in (50.0, 60.0, 70.0) * 5])
    assert decide(Knowledge(elapsed=0.0), experience).seconds > 35
    assert decide(Knowledge(elapsed=60.0), experience).seconds < 10


def test_sleep_is_long_for_a_job_older_than_all_before():
    experience = learned_from([(0.0, 10.0, None)] * 50)
    assert decide(Knowledge(elapsed=1000.0, age=1000.0), experience).seconds > 20


@pytest.mark.parametrize(("jobs", "expected"), [(1, "1 earlier job"), (2, "2 earlier jobs")])
def test_reason_counts_the_jobs_it_is_based_on(jobs, expected):
    decision = decide(Knowledge(elapsed=5.0), learned_from([(0.0, 10.0, None)] * jobs))
    assert decision.reason == f"the server sends no estimate, 5 s old, based on {expected}"


def test_reason_names_the_bound_that_applied():
    knowledge = Knowledge(elapsed=0.0, floor=3.0)
    assert (
        decide(knowledge).reason
        == "the server sends no estimate, 0 s old, raised to the server's Retry-After"
    )
    assert (
        decide(Knowledge()).reason
        == "the server sends no estimate, 0 s old, raised to the shortest interval"
    )


def test_decision_as_text():
    decision = Decision(seconds=2.5, long_poll=30, reason="a reason")
    assert str(decision) == "next poll in 2.50 s, long poll of up to 30 s: a reason"


@given(KNOWLEDGE, EXPERIENCE, BOUNDS, st.floats(0.05, 1.0))
def test_sleep_is_never_shorter_if_lateness_costs_less(knowledge, experience, bounds, cost):
    least, most = bounds
    decided = [
        decide(knowledge, experience, min_interval=least, max_interval=most, lateness_cost=each)
        for each in (1.0, cost)
    ]
    assert decided[1].seconds >= decided[0].seconds * (1 - 1e-9)
    assert decided[1].seconds <= max(most / math.sqrt(cost), least) * (1 + 1e-9)


def test_sleep_without_estimate_is_longer_by_the_root_of_what_lateness_costs():
    decision = decide(Knowledge(elapsed=1000.0), max_interval=3600.0, lateness_cost=0.2)
    assert decision.seconds == pytest.approx(math.sqrt(2 * 1000 / 0.2) + 2)


def polls_and_lateness(error, lateness_cost):
    """Return the polls of 1000 jobs of about a minute, and the seconds by which they are late.

    `error` is the standard deviation of ln(true/estimate), as in the benchmarks; `None`: the server
    sends no estimates.
    """
    random = Random(1)
    durations = [60.0 * math.exp(random.gauss(0.0, 0.8)) for _ in range(1000)]
    experience = learned_from([(0.0, duration, None) for duration in durations[:20]])
    polls, late = 0, 0.0
    for duration in durations:
        now, constant = 0.0, random.gauss(0.0, 1.0)
        while now < duration:
            knowledge = Knowledge(elapsed=now, age=now)
            if error is not None:
                off = error * (0.8 * constant + 0.6 * random.gauss(0.0, 1.0))
                estimate = (duration - now) * math.exp(-off)
                low, high = (estimate * math.exp(sign * 1.2815 * error) for sign in (-1, 1))
                knowledge = replace(knowledge, estimate=estimate, estimate_range=(low, high))
            now += decide(knowledge, experience, lateness_cost=lateness_cost).seconds
            polls += 1
        late += now - duration
    return polls, late


@pytest.mark.parametrize(("error", "share"), [(None, 0.5), (0.1, 0.6), (0.3, 0.6), (0.8, 0.6)])
def test_polls_are_fewer_with_webhooks_and_a_lost_one_costs_little(error, share):
    polls, late = polls_and_lateness(error, 1.0)
    fewer_polls, later = polls_and_lateness(error, LATENESS_COST_WITH_WEBHOOKS)
    assert fewer_polls <= share * polls
    assert fewer_polls + later <= 1.5 * (polls + late)
