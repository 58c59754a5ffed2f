"""GET /v3/video-translations: pages, newest first."""

import pytest

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import BATCHES, STATUSES, TRANSLATIONS, V3, error_of, simulated, video


def test_newest_come_first_and_the_last_page_has_no_token(v3: V3) -> None:
    ids = [v3.create(video(title=str(number))) for number in range(5)]

    first = v3.get(f"{TRANSLATIONS}?limit=2").json()
    second = v3.get(f"{TRANSLATIONS}?limit=2&token={first['next_token']}").json()
    third = v3.get(f"{TRANSLATIONS}?limit=2&token={second['next_token']}").json()

    pages = [first, second, third]
    assert [job["id"] for page in pages for job in page["data"]] == ids[::-1]
    assert [page["has_more"] for page in pages] == [True, True, False]
    assert [list(page) for page in (first, third)] == [
        ["data", "has_more", "next_token"],
        ["data", "has_more"],
    ]


def test_page_that_is_just_full_is_the_last(v3: V3) -> None:
    v3.create(video())

    assert v3.get(f"{TRANSLATIONS}?limit=1").json()["has_more"] is False


def test_page_has_ten_by_default(v3: V3, settings) -> None:
    settings.HEYGEN_MAX_CONCURRENT_JOBS = 0
    v3.post(TRANSLATIONS, video(*["Spanish"] * 11))

    page = v3.get(TRANSLATIONS).json()

    assert (len(page["data"]), page["has_more"]) == (10, True)


def test_rows_are_translations(v3: V3, clock: SetClock) -> None:
    job_id = v3.create(simulated(scenario="instant"))

    assert v3.data(TRANSLATIONS) == [v3.data(f"{TRANSLATIONS}/{job_id}")]


def test_list_is_empty_for_a_new_key(v3: V3) -> None:
    assert v3.get(TRANSLATIONS).json() == {"data": [], "has_more": False}


def test_list_has_jobs_of_the_own_api(v3: V3, v3_api: Api) -> None:
    job_id = v3_api.create()["id"]

    assert [each["id"] for each in v3.data(TRANSLATIONS)] == [f"{job_id}-es"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1.5", "9" * 20])
def test_wrong_limit_is_named(v3: V3, limit: str) -> None:
    response = v3.get(f"{TRANSLATIONS}?limit={limit}")

    assert error_of(response) == (400, "invalid_parameter", "limit")


@pytest.mark.parametrize("token", ["x", "1", "a:b", "%00"])
def test_wrong_token_is_named(v3: V3, token: str) -> None:
    response = v3.get(f"{TRANSLATIONS}?token={token}")

    assert error_of(response) == (400, "invalid_parameter", "token")


@pytest.mark.parametrize(
    "path", [TRANSLATIONS, f"{BATCHES}/{{batch}}", f"{STATUSES}?batch_ids={{batch}}"]
)
def test_empty_token_is_the_first_page(v3: V3, path: str) -> None:
    path = path.format(batch=v3.create_batch(video()))
    separator = "&" if "?" in path else "?"

    assert v3.data(f"{path}{separator}token=") == v3.data(path)


def test_unknown_parameters_are_ignored(v3: V3) -> None:
    assert v3.get(f"{TRANSLATIONS}?x=1&x=2&limit=5").status_code == 200
