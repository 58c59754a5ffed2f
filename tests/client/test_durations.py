"""How long jobs take: what is forecast from those that have ended."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen_video_translation.client.durations import Durations, Traits

SECONDS = st.floats(0.0, 1e9)
TRAITS = st.builds(
    Traits,
    video_duration=st.none() | SECONDS,
    language=st.sampled_from([None, "French", "German"]),
    is_precise=st.booleans(),
    is_audio_only=st.booleans(),
)
JOBS = st.lists(st.tuples(SECONDS, TRAITS), min_size=1, max_size=6)


def learned(jobs, **options):
    durations = Durations(**options)
    for seconds, traits in jobs:
        durations = durations.after(seconds, traits)
    return durations


def jobs_of_lengths(*, slope, spread, count=40):
    """Return jobs whose videos have different lengths, with what is known of them."""
    chance = random.Random(1)
    for _ in range(count):
        length = chance.gauss(0.0, 0.8)
        seconds = 700.0 * math.exp(slope * length + spread * chance.gauss(0.0, 1.0))
        yield seconds, Traits(video_duration=240.0 * math.exp(length))


def test_nothing_is_forecast_without_experience():
    assert Durations().forecast() is None


def test_first_forecast_is_what_is_published():
    forecast = Durations(published=(300.0, 900.0)).forecast()
    assert forecast is not None
    assert forecast.remaining(0.0)[1] == pytest.approx(math.sqrt(300.0 * 900.0), rel=0.01)


def test_forecast_follows_the_length():
    durations = learned(jobs_of_lengths(slope=1.0, spread=0.1))
    low, median, high = durations.forecast(Traits(video_duration=720.0)).remaining(0.0)
    assert median == pytest.approx(2100.0, rel=0.1)
    assert low > 1600.0
    assert high < 2700.0


def test_length_without_effect_changes_little():
    durations = learned(jobs_of_lengths(slope=0.0, spread=0.8))
    _, expected, _ = durations.forecast().remaining(0.0)
    _, found, _ = durations.forecast(Traits(video_duration=720.0)).remaining(0.0)
    assert found == pytest.approx(expected, rel=0.15)


def test_first_known_length_does_not_replace_what_is_known():
    durations = learned([(100.0, Traits())] * 20)
    assert durations.forecast(Traits(video_duration=60.0)) == durations.forecast()


@pytest.mark.parametrize("kind", [{"is_precise": True}, {"is_audio_only": True}])
def test_forecast_follows_the_mode(kind):
    slow = Traits(**kind)
    durations = learned([(100.0, Traits()), (300.0, slow)] * 20)
    assert durations.forecast().remaining(0.0)[1] == pytest.approx(100.0, rel=0.1)
    assert durations.forecast(slow).remaining(0.0)[1] == pytest.approx(300.0, rel=0.1)


@pytest.mark.parametrize("length", [None, 240.0])
def test_forecast_follows_the_language(length):
    french, japanese, korean = (
        Traits(video_duration=length, language=language)
        for language in ("French", "Japanese", "Korean")
    )
    durations = learned([(100.0, french), (200.0, japanese)] * 20)
    assert durations.forecast(french).remaining(0.0)[1] == pytest.approx(100.0, rel=0.1)
    assert durations.forecast(japanese).remaining(0.0)[1] == pytest.approx(200.0, rel=0.1)
    assert durations.forecast(korean).remaining(0.0)[1] == pytest.approx(141.0, rel=0.1)


@given(JOBS, TRAITS, SECONDS)
def test_forecast_is_finite_and_ordered(jobs, traits, age):
    forecast = learned(jobs).forecast(traits)
    low, median, high = forecast.remaining(age)
    assert 0.0 <= low <= median <= high < math.inf
    assert 0.0 <= forecast.hazard(age) < math.inf
    assert forecast.width > 0.0


@given(st.lists(st.floats(10.0, 1e4), min_size=1, max_size=6), st.floats(0.1, 0.9))
def test_quantile_is_the_inverse_of_survival(durations, share):
    forecast = learned((seconds, Traits()) for seconds in durations).forecast()
    assert forecast.survival(forecast.quantile(share)) == pytest.approx(share, abs=0.005)


def test_job_that_outlives_all_others_is_not_expected_at_any_moment():
    forecast = learned([(10.0, Traits())] * 50).forecast()
    low, _, high = forecast.remaining(1000.0)
    assert low > 10.0
    assert high > 1000.0
