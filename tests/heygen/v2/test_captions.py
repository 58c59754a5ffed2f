"""v2 says where a translation's captions are."""

import pytest

from tests.conftest import SetClock
from tests.heygen.versions import V2, Heygen, assert_error
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.models import JobDetails
from vid_trans_api.operations import JobState


@pytest.fixture(autouse=True)
def _links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have captions at fixed URLs."""

    def of_job(links: FileLinks, state: JobState, details: JobDetails) -> dict[str, str]:
        urls = {f"{kind}_caption_url": f"http://files.test/{kind}" for kind in ("srt", "vtt")}
        return urls if details.has_captions else {}

    monkeypatch.setattr(FileLinks, "of_job", of_job)


def path_of(job_id: str, kind: str = "srt") -> str:
    return f"/caption?video_translate_id={job_id}&caption_type={kind}"


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_completed_translation_has_captions(v2: Heygen, clock: SetClock, kind: str) -> None:
    job_id = v2.create(duration=10, outcome="completed")
    clock.advance(10)

    response = v2.get(path_of(job_id, kind))

    expected = {"error": None, "data": {"caption_url": f"http://files.test/{kind}"}}
    assert (response.status_code, response.json()) == (200, expected)


@pytest.mark.parametrize(("outcome", "age"), [("completed", 9), ("error", 10), ("stuck", 10)])
def test_translation_without_a_result_has_no_captions(
    v2: Heygen, clock: SetClock, outcome: str, age: float
) -> None:
    job_id = v2.create(duration=10, outcome=outcome)
    clock.advance(age)

    response = v2.get(path_of(job_id))

    assert response.status_code == 409
    assert_error(V2, response.json(), "conflict")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/caption", "video_translate_id: This field is required."),
        ("/caption?video_translate_id=x", "caption_type: This field is required."),
        ("/caption?caption_type=srt", "video_translate_id: This field is required."),
        (path_of("", "srt"), "video_translate_id: This field may not be blank."),
        (path_of("x", "ass"), "caption_type: 'ass' is not a valid choice"),
        (path_of("x" * 256, "srt"), "video_translate_id: Ensure this field has no more"),
    ],
)
def test_wrong_parameter_is_named(v2: Heygen, path: str, message: str) -> None:
    response = v2.get(path)

    assert response.status_code == 400
    assert_error(V2, response.json(), "invalid_parameter")
    assert response.json()["error"]["message"].startswith(message)


def test_captions_of_an_unknown_translation_are_not_found(v2: Heygen) -> None:
    response = v2.get(path_of("x"))

    assert response.status_code == 404
    assert_error(V2, response.json(), "not_found")


def test_captions_are_subject_to_the_faults_of_results(v2: Heygen, clock: SetClock) -> None:
    job_id = v2.create(duration=10, outcome="completed", faults=[{"on": "result", "fault": 502}])
    clock.advance(10)

    response = v2.get(path_of(job_id))

    assert (response.status_code, v2.job(job_id)["status"]) == (502, "success")
