"""What the timeline of a job draws, what its page says, and which pages link to it."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Api, SetClock
from tests.starting import start, timeline_of
from vid_trans_api.journal.recorder import journal
from vid_trans_api.journal.reports import report_on_job
from vid_trans_api.journal.violations import ViolationKind
from vid_trans_api.models import Job, LoggedRequest
from vid_trans_api.simulation.options import Outcome
from vid_trans_api.web import timelines, violations
from vid_trans_api.web.timelines import Stretch, Timeline


def drawn(job_id: str, clock: SetClock) -> Timeline:
    job = Job.objects.get(public_id=job_id)
    return timelines.timeline_of(job, report_on_job(job, now=clock.at), now=clock.at)


def spans(stretches: tuple[Stretch, ...]) -> list[tuple[str, float, float]]:
    return [(each.status, round(each.start), round(each.start + each.width)) for each in stretches]


def polled(api: Api, clock: SetClock, *ages: float, **simulation: Any) -> str:
    """Create a job and poll it at those ages; return its id."""
    job_id: str = api.create(**{"duration": 10, "outcome": "completed", **simulation})["id"]
    created_at = clock.at
    for age in ages:
        clock.at = created_at
        clock.advance(age)
        api.get(f"/jobs/{job_id}")
    return job_id


def page(browser: Client, job_id: str) -> Any:
    return browser.get(f"/jobs/{job_id}/timeline")


def cells(response: Any) -> list[list[str]]:
    """Return the texts of the table's rows."""
    rows = re.findall(r"<tr>(.*?)</tr>", response.text, re.DOTALL)
    texts = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", text).strip() for text in row] for row in texts]


def test_true_status_is_drawn_above_the_reported_one(api: Api, clock: SetClock) -> None:
    job_id = polled(api, clock, 5, 12.5, 20)

    timeline = drawn(job_id, clock)

    assert spans(timeline.true) == [("pending", 0, 49), ("completed", 49, 100)]
    assert spans(timeline.reported) == [("pending", 0, 61), ("completed", 61, 100)]
    assert [round(tick.end) for tick in timeline.ticks] == [24, 61, 97]
    assert timeline.end == pytest.approx(100 / 2.06, abs=0.01)


def test_nothing_is_reported_before_the_first_readable_response(api: Api, clock: SetClock) -> None:
    faults = [{"on": "create", "fault": "garbage"}, {"on": "status", "fault": 503, "times": 1}]
    api.post("/jobs", {"simulation": {"duration": 10, "outcome": "completed", "faults": faults}})
    job_id = Job.objects.get().public_id
    for _ in range(2):
        clock.advance(5)
        api.get(f"/jobs/{job_id}")

    timeline = drawn(job_id, clock)

    assert spans(timeline.reported) == [("completed", 97, 100)]
    assert [tick.has_failed for tick in timeline.ticks] == [True, False]


def test_pending_job_is_drawn_up_to_now(api: Api, clock: SetClock) -> None:
    job_id = polled(api, clock, 1, duration=1000)
    clock.advance(1)

    timeline = drawn(job_id, clock)

    assert (spans(timeline.true), timeline.end) == ([("pending", 0, 100)], None)
    assert [round(tick.end) for tick in timeline.ticks] == [49]


@pytest.mark.parametrize("seconds", [0, 0.3, 1, 7, 10, 99.9, 86_400, 1e9])
def test_axis_has_a_few_round_numbers(seconds: float) -> None:
    span = max(1.0, seconds) * 1.03

    marks = list(timelines.round_marks(span))

    assert marks[0] == 0
    assert 2 <= len(marks) <= 6
    assert marks[-1] <= span < marks[-1] + marks[1]
    assert f"{marks[1]:e}"[0] in "125"


def test_table_shows_each_poll(api: Api, clock: SetClock, browser: Client) -> None:
    faults = [{"on": "status", "fault": 503, "times": 1}]
    job_id = polled(api, clock, 2, 2.5, 11.25, estimate="exact", faults=faults)

    response = page(browser, job_id)

    assert cells(response)[1:] == [
        ["2.00 s", "503", "nothing", "", "8.00 s early", "503"],
        ["2.50 s retry", "200", "pending", "7.50 s", "7.50 s early", ""],
        ["11.25 s", "200", "completed", "", "1.25 s late", ""],
    ]
    for text in ("2, and 1 retry", "10.00 s after the creation", "1.25 s after the end", ">Clean<"):
        assert text in response.text


def test_table_has_a_column_for_long_polls(
    api: Api, clock: SetClock, browser: Client, settings: Any
) -> None:
    settings.LONG_POLL_LIMIT = 0.01  # in real time; the clock of this test stands still
    job_id = api.create(duration=8, outcome="completed", estimate="exact")["id"]
    api.get(f"/jobs/{job_id}", Prefer="wait=1")

    response = page(browser, job_id)

    assert cells(response) == [
        ["Polled at", "Waited", "Response", "Reported", "Time left", "Lateness"],
        ["0.00 s", "0.00 s", "200", "pending", "8.00 s", "8.00 s early"],
    ]


def test_page_says_that_requests_were_evicted(
    api: Api, clock: SetClock, browser: Client, settings: Any
) -> None:
    settings.JOURNAL_LENGTH = 1
    job_id = polled(api, clock, 11, 14, 15)
    journal.flush()

    text = page(browser, job_id).text

    assert "Some requests were evicted" in text
    assert "<dt>Noticed</dt><dd>unknown</dd>" in text
    assert "<dt>Violations</dt><dd>none known</dd>" in text
    assert "clean" not in text


@pytest.mark.parametrize(("limit", "is_crowded"), [(2, True), (3, False)])
def test_many_polls_are_drawn_thinner(
    api: Api, clock: SetClock, monkeypatch: pytest.MonkeyPatch, limit: int, is_crowded: bool
) -> None:
    monkeypatch.setattr(timelines, "CROWDED", limit)

    timeline = drawn(polled(api, clock, 1, 2, 3), clock)

    assert timeline.is_crowded == is_crowded


def test_violations_are_grouped_with_causes_first(
    api: Api, clock: SetClock, browser: Client
) -> None:
    job_id = polled(api, clock, 9, 9.01, 9.02, 9.03, 11, 14, 15, 16, 17, 18)

    text = page(browser, job_id).text

    assert re.findall(r'<h3><span class="failure">(.*?)</span> . (\d+)</h3>', text) == [
        ("asked-after-end", "5"),
        ("hammered", "1"),
    ]
    assert ">Not clean<" in text
    assert "At 14.00 s: A response had reported the job&#x27;s end" in text
    folded = re.search(r'(?s)<details id="more-asked-after-end">(.*?)</details>', text)
    assert folded is not None
    assert "<summary>2 more</summary>" in folded[1]
    assert folded[1].count("<li>") == 2


def test_page_compares_the_polls_with_the_reference(
    api: Api, clock: SetClock, browser: Client
) -> None:
    job_id = polled(api, clock, 2, 11.25)

    text = page(browser, job_id).text

    assert "<dt>Polls</dt><dd>2</dd>" in text
    assert "<dt>Reference</dt><dd>5 polls, 1.56 s after the end " in text


def test_pending_job_has_no_reference(api: Api, clock: SetClock, browser: Client) -> None:
    job_id = polled(api, clock, 2)

    assert "Reference" not in page(browser, job_id).text


def test_unnoticed_end_is_flagged_when_it_is_due(
    api: Api, clock: SetClock, browser: Client
) -> None:
    job_id = polled(api, clock, 2)
    clock.advance(68)
    before = page(browser, job_id)
    clock.advance(0.1)
    path = f"/jobs/{job_id}/timeline"
    after = browser.get(path, headers={"If-None-Match": before["ETag"]})

    assert ">Clean<" in before.text
    assert ">Not clean<" in after.text
    assert "At 2.00 s: The client polled last 2.00 s after" in after.text
    assert '<span class="failure">never-noticed</span>' in after.text


def test_page_lists_notes(api: Api, clock: SetClock, browser: Client) -> None:
    job_id = polled(api, clock, 2, 11)
    journal.flush()
    LoggedRequest.objects.filter(operation="status").update(notes="progress: <none> in v3.")

    text = page(browser, job_id).text

    assert '<li>progress: &lt;none&gt; in v3. <span class="help">× 2</span></li>' in text  # noqa: RUF001
    assert ">Clean<" in text


def test_many_violations_are_counted(api: Api, clock: SetClock, monkeypatch: Any) -> None:
    monkeypatch.setattr(violations, "MOST_FOLDED", 2)
    job_id = polled(api, clock, 10, *range(11, 19))
    report = report_on_job(Job.objects.get(public_id=job_id), now=clock.at)

    (group,) = violations.group_violations(report.violations)

    assert (group.count, len(group.shown), len(group.folded), group.left_out) == (8, 3, 2, 3)


def test_every_kind_of_violation_has_a_meaning() -> None:
    assert set(violations.MEANINGS) == set(ViolationKind)


@pytest.mark.parametrize(
    ("ages", "badge"), [((), "Not polled"), ((5, 12), "Clean"), ((11, 14), "Not clean")]
)
def test_badge_says_whether_the_verdict_is_clean(
    api: Api, clock: SetClock, browser: Client, ages: tuple[float, ...], badge: str
) -> None:
    job_id = polled(api, clock, *ages)

    text = page(browser, job_id).text

    verdict = re.search(r"<h2>Verdict <span[^>]*>(.*?)</span></h2>", text)
    assert verdict is not None
    assert verdict[1] == badge


def test_table_shows_the_newest_of_many_polls(
    api: Api, clock: SetClock, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timelines, "MOST_ROWS", 2)
    job_id = polled(api, clock, 1, 2, 3)

    response = page(browser, job_id)

    assert [row[0] for row in cells(response)[1:]] == ["2.00 s", "3.00 s"]
    assert "The newest 2 of 3." in response.text


@pytest.mark.parametrize("length", [0, 10])
def test_job_without_polls_has_an_empty_timeline(
    db: None, clock: SetClock, browser: Client, settings: Any, length: int
) -> None:
    settings.JOURNAL_LENGTH = length

    response = browser.get(timeline_of(start(outcome=Outcome.STUCK)))

    assert response.status_code == 200
    assert ("its JOURNAL_LENGTH is 0" in response.text) == (length == 0)
    assert ("No request for this job" in response.text) == (length == 10)


def test_timeline_has_no_inline_script_or_style(db: None, clock: SetClock, browser: Client) -> None:
    response = browser.get(timeline_of(start()))

    assert "style=" not in response.text
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_timeline_of_another_workspace_is_for_staff(
    clock: SetClock, browser: Client, staff: Client
) -> None:
    path = timeline_of(start(key="another"))

    assert (Client().get(path).status_code, staff.get(path).status_code) == (404, 200)


def test_pages_link_to_the_timeline(db: None, clock: SetClock, browser: Client) -> None:
    path = timeline_of(job := start())

    for each in ("/", f"/vid_trans_api/status?job_id={job.public_id}"):
        assert f'href="{path}"' in browser.get(each).text


def test_admin_links_to_the_timeline(admin_client: Client, clock: SetClock) -> None:
    job = start()

    response = admin_client.get(f"/admin/vid_trans_api/job/{job.number}/change/")

    assert f'href="{timeline_of(job)}"' in response.text


def test_nothing_links_to_the_timeline_without_a_simulation(
    admin_client: Client, clock: SetClock, settings: Any
) -> None:
    settings.SIMULATION = False
    job = start()

    for path in (
        "/",
        f"/vid_trans_api/status?job_id={job.public_id}",
        f"/admin/vid_trans_api/job/{job.number}/change/",
    ):
        response = admin_client.get(path)
        assert response.status_code == 200
        assert timeline_of(job) not in response.text


def test_canceled_job_is_drawn_as_canceled(api: Api, clock: SetClock) -> None:
    job_id = polled(api, clock, 1, duration=1000)
    api.post(f"/jobs/{job_id}/cancel")

    timeline = drawn(job_id, clock)

    assert [each.status for each in timeline.true] == ["pending", "canceled"]
