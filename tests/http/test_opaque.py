"""Numbers that say nothing about how many there are."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Api
from vid_trans_api.http.opaque import hide, reveal


@given(st.integers(min_value=0, max_value=2**52 - 1))
def test_hidden_number_can_be_revealed(number: int) -> None:
    hidden = hide(number)

    assert reveal(hidden) == number
    assert 0 <= hidden < 2**52


def test_hidden_numbers_do_not_follow_each_other() -> None:
    hidden = [hide(number) for number in range(100)]

    assert len(set(hidden)) == 100
    assert sorted(hidden) != hidden
    assert min(abs(a - b) for a, b in pairwise(hidden)) > 2**30


def test_cursor_does_not_reveal_how_many_jobs_there_are(api: Api, settings) -> None:
    api.create()
    ours = api.create()["id"]

    cursor = api.get("/jobs?limit=1").json()["next"].partition("cursor=")[2]
    page = api.get(f"/jobs?limit=1&cursor={cursor}").json()

    assert int(cursor.partition("%3A")[0]) > 2**30
    assert [job["id"] for job in page["results"]] != [ours]
