"""The one function that decides when to ask again, whatever it is told."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen_video_translation.client import Decision, Experience, Knowledge, decide
from heygen_video_translation.client.experience import Durations, Estimate

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
)
JOBS = st.lists(st.tuples(st.floats(0.0, 1e9), st.floats(0.0, 1e9), RANGES), max_size=5)


def lived(jobs):
    """Return the experience of jobs, each a first estimate, how long it took, and a range."""
    experience = Experience()
    for estimate, took, band in jobs:
        spread = None if band is None else 0.3
        estimate = Estimate(received_at=0.0, seconds=estimate, spread=spread)
        experience = experience.after_estimates([estimate], ended_at=took).after_duration(took).after_overdue(took)
    return experience


EXPERIENCE = JOBS.map(lived)
BOUNDS = st.tuples(st.floats(1e-3, 1e4), st.floats(1e-3, 1e4)).map(sorted)


@given(KNOWLEDGE, EXPERIENCE, BOUNDS, st.floats(0.0, 1.0))
def test_decision_keeps_every_bound_whatever_is_known(knowledge, experience, bounds, jitter):
    least, most = bounds
    found = decide(knowledge, experience, min_interval=least, max_interval=most, jitter=jitter)
    assert math.isfinite(found.seconds)
    assert 0.0 <= found.seconds <= most
    assert found.seconds <= knowledge.time_left
    assert found.seconds + found.long_poll <= knowledge.time_left + 1e-6 * found.seconds
    assert 0 <= found.long_poll <= knowledge.long_poll_limit
    if found.gives_up:
        assert knowledge.time_left < max(0.001, min(knowledge.floor, most))
    else:
        assert found.seconds >= min(least, knowledge.time_left)
        assert found.seconds >= min(knowledge.floor, most)
    assert found.reason


@given(KNOWLEDGE, EXPERIENCE)
def test_decision_is_a_pure_function(knowledge, experience):
    assert decide(knowledge, experience, jitter=0.5) == decide(knowledge, experience, jitter=0.5)


@given(st.floats(0.1, 1e5), st.floats(1.0, 2.0), st.floats(0.0, 1.2), st.sampled_from([0.0, 30.0]))
def test_longer_estimate_never_means_a_shorter_sleep(estimate, factor, spread, hold):
    def sleep(seconds):
        band = (seconds * math.exp(-1.2815 * spread), seconds * math.exp(1.2815 * spread))
        known = Knowledge(estimate=seconds, estimate_range=band, long_poll_limit=hold)
        return decide(known, min_interval=1e-3, max_interval=1e6).seconds

    assert sleep(estimate) <= sleep(estimate * factor) * 1.0001


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_longer_wait_without_estimate_never_means_a_shorter_sleep(one, other):
    early, late = sorted((one, other))

    def sleep(elapsed):
        return decide(Knowledge(elapsed=elapsed), max_interval=1e6).seconds

    assert sleep(early) <= sleep(late)


@given(st.floats(0.1, 1e4), st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_jitter_only_adds_and_at_most_a_tenth_of_the_width(estimate, spread, jitter):
    band = (estimate * math.exp(-1.2815 * spread), estimate * math.exp(1.2815 * spread))
    known = Knowledge(estimate=estimate, estimate_range=band)
    plain = decide(known, min_interval=1e-3, max_interval=1e6)
    moved = decide(known, min_interval=1e-3, max_interval=1e6, jitter=jitter)
    added = moved.seconds - plain.seconds
    assert -1e-9 <= added <= (band[1] - band[0]) / 10 + 1e-9


@pytest.mark.parametrize("estimate", [5e-324, 1e-300, 1e300, 1.7e308])
@pytest.mark.parametrize("low", [0.0, 5e-324, 1e-310])
@pytest.mark.parametrize("hold", [0.0, 30.0])
def test_numbers_at_the_ends_of_arithmetic_do_no_harm(estimate, low, hold):
    for high in (1e-310, 1e-7, 1.0, 1.7e308):
        known = Knowledge(estimate=estimate, estimate_range=(low, high), long_poll_limit=hold)
        assert 0.5 <= decide(known, jitter=1.0).seconds <= 60.0


def test_claim_of_exactness_that_proves_wrong_is_trusted_less():
    experience = Experience()
    for error in (0.5, 2.0) * 10:
        estimate = Estimate(received_at=0.0, seconds=10.0, spread=0.0)
        experience = experience.after_estimates([estimate], ended_at=10.0 * error)
    known = Knowledge(estimate=50.0, estimate_range=(50.0, 50.0))
    assert decide(known, experience).seconds < 40.0


def test_exact_estimate_is_followed_to_the_point_without_jitter():
    known = Knowledge(estimate=12.4, estimate_range=(12.4, 12.4))
    assert decide(known, jitter=1.0).seconds == 12.4


def test_wider_range_means_asking_earlier_for_a_long_estimate():
    def sleep(low, high):
        return decide(Knowledge(estimate=50.0, estimate_range=(low, high))).seconds

    assert sleep(48, 52) > sleep(35, 70) > sleep(15, 150)


def test_without_estimate_the_sleep_is_the_root_of_twice_the_elapsed_time():
    assert decide(Knowledge(elapsed=50.0)).seconds == 10.0


def test_floor_reaches_into_the_room_left_for_others():
    known = Knowledge(elapsed=1e6, floor=60.0)
    assert decide(known, headroom=0.1).seconds == 60.0
    assert decide(Knowledge(elapsed=1e6), headroom=0.1).seconds == pytest.approx(60 / 1.1)


def test_hold_starts_before_the_early_end():
    band = (60 * math.exp(-1.2815 * 0.1), 60 * math.exp(1.2815 * 0.1))
    known = Knowledge(estimate=60.0, estimate_range=band, long_poll_limit=30.0)
    experience = Experience(jobs=20)
    spread = 0.1 * experience.scale(claimed=True)
    found = decide(known, experience)
    assert found.long_poll == 30
    assert found.seconds == pytest.approx(60 * math.exp(-2 * spread) - 0.1, rel=1e-3)


def test_hold_starts_earlier_while_the_range_has_not_proved_true():
    known = Knowledge(estimate=56.0, estimate_range=(43.3, 72.4), long_poll_limit=30.0)
    found = decide(known)
    assert found.long_poll == 30
    assert found.seconds == pytest.approx(56 * math.exp(-2 * math.hypot(0.2, 0.25)) - 0.1, rel=1e-2)
    assert decide(known, lived([(10.0, 10.0, (5.0, 20.0))])).seconds > found.seconds + 5


def test_hold_that_could_not_reach_the_end_is_left_out():
    known = Knowledge(estimate=55.0, estimate_range=(10.0, 300.0), long_poll_limit=2.0)
    assert decide(known).hold == 0


@pytest.mark.parametrize("outlived", [5, 10, 50, 5000])
def test_estimates_outlived_again_and_again_are_trusted_less(outlived):
    known = Knowledge(estimate=1.0, elapsed=5000.0, outlived=outlived)
    before = Knowledge(estimate=1.0, elapsed=5000.0, outlived=outlived - 1)
    assert decide(known).seconds >= decide(before).seconds
    assert decide(known).seconds > decide(Knowledge(estimate=1.0, elapsed=5000.0)).seconds
    assert "outlived" in decide(known).reason


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_bias_is_learned(factor):
    experience = lived([(10.0, 10.0 * factor, None)] * 20)
    found = decide(Knowledge(estimate=20.0), experience)
    assert found.seconds == pytest.approx(20.0 * factor, rel=0.15)


def test_estimates_that_prove_good_are_trusted_more():
    known = Knowledge(estimate=50.0)
    assert decide(known, lived([(10.0, 10.0, None)] * 20)).seconds > decide(known).seconds + 10


def test_usual_durations_are_learned_where_there_is_no_estimate():
    experience = lived([(0.0, took, None) for took in (50.0, 60.0, 70.0) * 5])
    assert decide(Knowledge(elapsed=0.0), experience).seconds > 35
    assert decide(Knowledge(elapsed=60.0), experience).seconds < 10


@pytest.mark.parametrize(("jobs", "words"), [(1, "1 earlier job"), (2, "2 earlier jobs")])
def test_reason_counts_the_jobs_that_it_rests_on(jobs, words):
    found = decide(Knowledge(elapsed=5.0), lived([(0.0, 10.0, None)] * jobs))
    assert found.reason == f"no estimate, 5 s old, based on {words}"


def test_reason_names_the_bound_that_counted():
    known = Knowledge(elapsed=0.0, floor=3.0)
    assert decide(known).reason == "no estimate, 0 s old, raised to the server's Retry-After"
    assert decide(Knowledge()).reason == "no estimate, 0 s old, raised to the shortest interval"


def test_job_that_outlives_everything_seen_is_not_hammered():
    experience = lived([(0.0, 10.0, None)] * 50)
    assert decide(Knowledge(elapsed=1000.0, age=1000.0), experience).seconds > 20


def test_old_experience_fades():
    durations = Durations()
    for took in (10.0,) * 500 + (100.0,) * 500:
        durations = durations.after(took)
    assert math.exp(durations.mean) == pytest.approx(100.0, rel=0.05)


def test_decision_says_what_it_is_in_words():
    found = Decision(seconds=2.5, long_poll=30, reason="so it is")
    assert str(found) == "next poll in 2.50 s, long poll of up to 30 s: so it is"
