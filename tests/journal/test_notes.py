"""How known mistakes without an effect are reported."""

from typing import Any

import pytest

from tests.conftest import Api
from tests.journal.logged import creation, judged, poll
from tests.journal.reports import recording, report, verdict_on
from vid_trans_api.http.opaque import hide
from vid_trans_api.journal import notes
from vid_trans_api.journal.notes import Note
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import LoggedRequest
from vid_trans_api.snapshots import Operation

VIDEO_URL = "video_url: v3 has video instead."
MODE = "mode: fast is the default."


def noted(*texts: str, **options: Any) -> list[tuple[int, str, int]]:
    """Return the notes of creations of "a", numbered from 1, with these texts each."""
    requests = [
        creation(number, number=number, job="a", notes=text)
        for number, text in enumerate(texts, start=1)
    ]
    found: tuple[Note, ...] = judged(requests, **options).notes
    return [(each.request, each.text, each.count) for each in found]


def test_equal_notes_are_counted_and_name_their_first_request() -> None:
    assert noted("", VIDEO_URL, MODE, VIDEO_URL) == [(2, VIDEO_URL, 2), (3, MODE, 1)]


def test_request_may_have_several_notes() -> None:
    assert noted(f"{VIDEO_URL}\n{MODE}\n{MODE}") == [(1, VIDEO_URL, 1), (1, MODE, 1)]


def test_number_of_notes_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST_NOTES", 2)

    assert noted("a", "b", "c", "a") == [(1, "a", 2), (2, "b", 1)]


def test_notes_on_other_jobs_are_left_out() -> None:
    requests = [creation(0, job="b", notes=MODE), poll(1, number=2, notes=VIDEO_URL)]

    assert judged(requests, job="a").notes == (Note(request=2, text=VIDEO_URL, count=1),)


def test_reports_list_notes_and_stay_clean(api: Api) -> None:
    job_id = api.create()["id"]
    made = recording(operation=Operation.STATUS, job_ids=[job_id], notes=[VIDEO_URL])
    journal.record(made, is_delivered=True)

    verdicts = (verdict_on(api, job_id), report(api)["verdict"])

    number = LoggedRequest.objects.exclude(notes="").get().number
    for verdict in verdicts:
        assert verdict["notes"] == [{"request": hide(number), "text": VIDEO_URL, "count": 1}]
        assert verdict["clean"] is True
