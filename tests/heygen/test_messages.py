"""What messages of errors say in words that suit every dialect."""

import pytest

from tests.conftest import Api
from tests.heygen.versions import KEY, V3, VERSIONS, Heygen, Version


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_unknown_translation_is_not_called_a_job(db: None, version: Version) -> None:
    response = Heygen(version).get("/x")

    assert response.json()["error"]["message"] == "There is no translation 'x' here."


def test_unknown_job_is_called_a_job(db: None) -> None:
    response = Api(api_key=KEY).get("/jobs/x")

    assert response.json()["detail"] == "There is no job 'x' here."


def test_missing_result_is_explained_without_a_status(db: None) -> None:
    v3 = Heygen(V3)
    job_id = v3.create(outcome="stuck")

    v3_message = v3.get(f"/{job_id}/caption").json()["error"]["message"]
    own = Api(api_key=KEY).get(f"/jobs/{job_id[:32]}/result").json()

    assert v3_message == own["detail"] == "It is not completed, so it has no result."


def test_limit_of_one_at_once_is_explained(db: None, settings) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 1
    v3 = Heygen(V3)

    never = v3.post({**V3.creation, "output_languages": ["Spanish", "French"]})
    v3.create(outcome="stuck")
    later = v3.post(V3.creation)

    assert [each.json()["error"]["message"] for each in (never, later)] == [
        "These are 2 translations, and only 1 can run at once.",
        "Only 1 can run at once; wait 60 s.",
    ]
