"""What a client has learned, as a document."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen_video_translation.client import Experience
from heygen_video_translation.client.durations import Durations, Traits
from heygen_video_translation.client.experience import EstimateErrors, Lesson

SECONDS = st.floats(0.0, 1e9)
NUMBERS = st.floats(-1e6, 1e6)
LESSONS = st.builds(
    Lesson,
    duration=st.none() | SECONDS,
    traits=st.builds(
        Traits,
        video_duration=st.none() | SECONDS,
        language=st.sampled_from([None, "French", "German"]),
        is_precise=st.booleans(),
    ),
    errors=st.none()
    | st.builds(EstimateErrors, precision=NUMBERS, weighted=NUMBERS, squares=NUMBERS),
    overdue=st.none() | SECONDS,
)
PUBLISHED = Experience(durations=Durations(published=(300.0, 900.0)))


@given(st.lists(LESSONS, max_size=4))
def test_experience_survives_its_document(lessons):
    experience = PUBLISHED
    for lesson in lessons:
        experience = experience.after(lesson)
    assert Experience.from_json(experience.to_json()) == experience


def durations_with(groups):
    """Return a document of durations after one job, with these groups."""
    experience = PUBLISHED.after(Lesson(duration=600.0))
    durations = json.loads(experience.to_json())["durations"]
    return durations | {"plain": durations["plain"] | {"groups": groups}}


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"jobs": "many"},
        {"jobs": float("nan")},
        {"durations": None},
        {"durations": {"published": [1.0], "plain": {}, "by_length": {}, "evidence": 0.0}},
        {"durations": durations_with([])},
        {"durations": durations_with({"French": [-5.0, 0.0, 0.0, 0.0, 0.0]})},
        {"overdue": {"published": None, "plain": {"count": 1.0, "products": [[1.0]]}}},
    ],
)
def test_other_document_is_refused(change):
    document = json.dumps({**json.loads(PUBLISHED.to_json()), **change})
    with pytest.raises(ValueError, match=r"not a document of Experience\.to_json"):
        Experience.from_json(document)


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", "{"])
def test_text_that_is_no_document_is_refused(text):
    with pytest.raises(ValueError, match=r"not a document of Experience\.to_json"):
        Experience.from_json(text)
