"""Byte ranges of a result, as the API and the pages serve it."""

import pytest

from tests.starting import start
from vid_trans_api.simulation.clip import CLIP

pytestmark = pytest.mark.django_db

SIZE = len(CLIP)


@pytest.fixture(params=["/vid_trans_api/jobs/{}/result", "/jobs/{}/result"], ids=["api", "page"])
def get(request, client, clock):
    path = request.param.format(start(seconds=0).public_id)
    return lambda **headers: client.get(path, headers=headers)


def test_whole_result_says_that_it_has_ranges(get):
    response = get()

    assert (response.status_code, response.content) == (200, CLIP)
    assert response["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=10-", 10, SIZE - 1),
        ("bytes=-5", SIZE - 5, SIZE - 1),
        ("bytes=-999999999", 0, SIZE - 1),
        ("bytes=10-999999999", 10, SIZE - 1),
        ("Bytes= 1-2 ", 1, 2),
    ],
)
def test_range_is_served(get, text, first, last):
    response = get(Range=text)

    assert (response.status_code, response.content) == (206, CLIP[first : last + 1])
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    "text", ["bytes=5-4", "bytes=-", "bytes=0-1,3-4", "bytes=a-b", "lines=0-1", "bytes=²-", ""]
)
def test_unreadable_range_is_ignored(get, text):
    response = get(Range=text)

    assert (response.status_code, response.content) == (200, CLIP)


@pytest.mark.parametrize("text", [f"bytes={SIZE}-", "bytes=999999999-", "bytes=-0"])
def test_range_past_the_end_is_a_416(get, text):
    response = get(Range=text)

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert response.json()["type"] == "urn:vid-trans-api:problem:range-not-satisfiable"


@pytest.mark.parametrize(("is_current", "status"), [(True, 206), (False, 200)])
def test_range_is_served_if_the_result_is_the_same(get, is_current, status):
    etag = get()["ETag"] if is_current else '"another"'

    response = get(**{"Range": "bytes=0-9", "If-Range": etag})

    assert response.status_code == status


def test_head_ignores_ranges(client, clock):
    path = f"/vid_trans_api/jobs/{start(seconds=0).public_id}/result"

    response = client.head(path, headers={"Range": "bytes=0-9"})

    assert (response.status_code, response["Content-Length"]) == (200, str(SIZE))
