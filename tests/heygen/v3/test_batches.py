"""Batches: created as a whole or not at all, and read page by page."""

from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection

from tests.conftest import NEW_YEAR, Api, SetClock
from tests.heygen.v3.conftest import BATCHES, KEY, TRANSLATIONS, V3, error_of, simulated, video
from tests.webhooks.sending import Receivers, dispatch
from vid_trans_api.ids import new_id
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Asset, Batch, Job, LoggedRequest, Workspace, digest_of
from vid_trans_api.operations.prune import prune


def test_batch_shows_its_items_in_order(v3: V3, clock: SetClock) -> None:
    batch_id = v3.create_batch(
        simulated("Spanish", "French", outcome="completed", duration=100, queued=0.5),
        simulated("German", outcome="completed", duration=100, queued=0),
        title="Course",
    )

    batch = v3.data(f"{BATCHES}/{batch_id}")

    ids = [job.public_id for job in Job.objects.order_by("number")]
    assert batch == {
        "batch_id": batch_id,
        "status": "processing",
        "title": "Course",
        "created_at": int(NEW_YEAR.timestamp()),
        "total_items": 3,
        "counts_by_status": {"queued": 2, "processing": 1, "completed": 0, "failed": 0},
        "items": [
            {"item_index": 0, "status": "queued", "video_id": f"{ids[0]}-es"},
            {"item_index": 1, "status": "queued", "video_id": f"{ids[1]}-fr"},
            {"item_index": 2, "status": "processing", "video_id": f"{ids[2]}-de"},
        ],
        "has_more": False,
    }


def test_response_to_a_creation_has_only_the_id(v3: V3) -> None:
    response = v3.post(BATCHES, {"video_translations": [video()]})

    assert response.status_code == 202
    assert response.json() == {"data": {"batch_id": Batch.objects.get().public_id}}
    assert response["X-Request-Id"]


@pytest.mark.parametrize(
    ("outcomes", "after", "status"),
    [
        (("completed", "error"), 5, "processing"),
        (("completed", "error"), 10, "completed"),
        (("error", "error"), 10, "failed"),
        (("completed", "stuck"), 10_000, "processing"),
    ],
)
def test_batch_has_ended_once_all_items_have(
    v3: V3, clock: SetClock, outcomes: tuple[str, ...], after: float, status: str
) -> None:
    items = [simulated(outcome=each, duration=10) for each in outcomes]
    batch_id = v3.create_batch(*items)
    clock.advance(after)

    assert v3.data(f"{BATCHES}/{batch_id}")["status"] == status


def test_failed_item_has_the_failure_as_its_error(v3: V3, clock: SetClock) -> None:
    batch_id = v3.create_batch(video(url="https://sim.test/bad-url.mp4"))
    clock.advance(5)

    batch = v3.data(f"{BATCHES}/{batch_id}")

    (item,) = batch["items"]
    assert (item["status"], batch["status"]) == ("failed", "failed")
    assert item["error"].startswith("Failed to download video from url")
    assert batch["counts_by_status"]["failed"] == 1


def test_items_of_a_batch_wait_for_their_turn(v3: V3, v3_api: Api, clock: SetClock) -> None:
    v3_api.set_defaults(max_concurrent_jobs=2)
    item = simulated(outcome="completed", duration=10, queued=0)
    batch_id = v3.create_batch(*[item] * 5)

    counts = []
    for _ in range(4):
        counts.append(v3.data(f"{BATCHES}/{batch_id}")["counts_by_status"])
        clock.advance(10)

    assert [(each["queued"], each["processing"], each["completed"]) for each in counts] == [
        (3, 2, 0),
        (1, 2, 2),
        (0, 1, 4),
        (0, 0, 5),
    ]


def test_item_is_a_translation_like_any_other(v3: V3) -> None:
    batch_id = v3.create_batch(video("French", title="Talk"))
    (item,) = v3.data(f"{BATCHES}/{batch_id}")["items"]

    translation = v3.data(f"{TRANSLATIONS}/{item['video_id']}")

    assert (translation["title"], translation["output_language"]) == ("Talk", "French")


def test_pages_have_all_items_and_the_counts_of_all(v3: V3) -> None:
    batch_id = v3.create_batch(*[video()] * 5)

    path, indexes, counts = f"{BATCHES}/{batch_id}?limit=2", [], set()
    page: dict[str, Any] = {"has_more": True}
    while page["has_more"]:
        token = f"&token={page['next_token']}" if "next_token" in page else ""
        page = v3.data(path + token)
        indexes.append([item["item_index"] for item in page["items"]])
        counts.add(page["total_items"])

    assert (indexes, counts) == ([[0, 1], [2, 3], [4]], {5})
    assert "next_token" not in page


def test_deleted_items_leave_their_batch(v3: V3) -> None:
    batch_id = v3.create_batch(*[video()] * 3)
    items = v3.data(f"{BATCHES}/{batch_id}")["items"]
    v3.delete(f"{TRANSLATIONS}/{items[1]['video_id']}")

    batch = v3.data(f"{BATCHES}/{batch_id}")

    assert [item["item_index"] for item in batch["items"]] == [0, 2]
    assert batch["total_items"] == 2


def test_batch_without_items_has_failed(v3: V3) -> None:
    batch_id = v3.create_batch(video())
    (item,) = v3.data(f"{BATCHES}/{batch_id}")["items"]
    v3.delete(f"{TRANSLATIONS}/{item['video_id']}")

    batch = v3.data(f"{BATCHES}/{batch_id}")

    assert (batch["status"], batch["total_items"], batch["items"]) == ("failed", 0, [])


@pytest.mark.parametrize(
    ("document", "param"),
    [
        ({}, "video_translations"),
        ({"video_translations": []}, "video_translations"),
        ({"video_translations": None}, "video_translations"),
        ({"video_translations": {}}, "video_translations"),
        ({"video_translations": [video(), 5]}, "video_translations.1"),
        (
            {"video_translations": [video(), video(url="ftp://example.com/x")]},
            "video_translations.1.video.url",
        ),
        (
            {"video_translations": [video(), video("Klingon")]},
            "video_translations.1.output_languages.0",
        ),
        ({"video_translations": [{"video_url": "https://a/b"}]}, "video_translations.0.video"),
        (
            {"video_translations": [{**video(), "video": {"type": "asset_id", "asset_id": "x"}}]},
            "video_translations.0.video.asset_id",
        ),
        (
            {"video_translations": [video(url="https://sim.test/nope.mp4")]},
            "video_translations.0.video.url",
        ),
        ({"video_translations": [video("Spanish", "French")] * 51}, "video_translations"),
        ({"video_translations": [video()] * 101}, "video_translations"),
        ({"video_translations": [video()], "title": 5}, "title"),
        ({"video_translations": [video()], "callback_url": "x"}, "callback_url"),
    ],
)
def test_one_bad_item_refuses_the_batch(v3: V3, document: object, param: str) -> None:
    response = v3.post(BATCHES, document)

    assert error_of(response) == (400, "invalid_parameter", param)
    assert (Job.objects.count(), Batch.objects.count()) == (0, 0)


def test_uploaded_file_that_is_no_video_refuses_the_batch(v3: V3, clock: SetClock) -> None:
    asset = Asset.objects.create(
        public_id=new_id(),
        workspace=Workspace.objects.stored(digest_of(KEY)),
        mime_type="image/png",
        size=1,
        created_at=clock(),
    )
    image = {**video(), "video": {"type": "asset_id", "asset_id": asset.public_id}}

    response = v3.post(BATCHES, {"video_translations": [video(), image]})

    param = "video_translations.1.video.asset_id"
    assert error_of(response) == (400, "invalid_parameter", param)
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("moderated", (400, "content_policy_violation")),
        ("unreachable", (400, "download_failed")),
        ("no-credit", (402, "insufficient_credit")),
        ("quota", (429, "quota_exceeded")),
    ],
)
def test_scenario_of_one_item_refuses_the_batch(
    v3: V3, scenario: str, error: tuple[int, str]
) -> None:
    items = [video("Spanish", "French"), video(url=f"https://sim.test/{scenario}.mp4")]

    response = v3.post(BATCHES, {"video_translations": items})

    assert error_of(response) == (*error, "video_translations.1")
    assert (Job.objects.count(), Batch.objects.count()) == (0, 0)


def test_batch_of_100_items_is_accepted_beyond_the_limit(v3: V3) -> None:
    batch_id = v3.create_batch(*[video("Spanish", "French")] * 50)

    batch = v3.data(f"{BATCHES}/{batch_id}")

    assert (batch["total_items"], len(batch["items"])) == (100, 100)


def test_whole_batch_is_paid_or_none_of_it(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(wallet=5)
    item = simulated(duration=10)  # about 60 s of video, so about 2 dollars

    response = v3.post(BATCHES, {"video_translations": [item] * 10})

    assert error_of(response)[:2] == (402, "insufficient_credit")
    assert (Job.objects.count(), Batch.objects.count()) == (0, 0)


def test_repeated_key_returns_the_same_batch(v3: V3) -> None:
    first, second = (
        v3.post(BATCHES, {"video_translations": [video()] * count}, **{"Idempotency-Key": "k"})
        for count in (1, 2)
    )

    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert Job.objects.count() == 1


@pytest.mark.parametrize("batch_id", ["nope", "%00", "x" * 3000, "1"])
def test_unknown_batch_is_not_found(v3: V3, batch_id: str) -> None:
    assert error_of(v3.get(f"{BATCHES}/{batch_id}")) == (404, "not_found", None)


def test_batch_of_another_key_is_not_found(v3: V3) -> None:
    batch_id = v3.create_batch(video())

    response = V3("another").get(f"{BATCHES}/{batch_id}")

    assert error_of(response) == (404, "not_found", None)


@pytest.mark.parametrize(
    ("query", "param"),
    [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("token=x", "token")],
)
def test_invalid_page_is_refused(v3: V3, query: str, param: str) -> None:
    batch_id = v3.create_batch(video())

    response = v3.get(f"{BATCHES}/{batch_id}?{query}")

    assert error_of(response) == (400, "invalid_parameter", param)


def test_known_mistake_in_an_item_is_noted(v3: V3) -> None:
    v3.post(BATCHES, {"video_translations": [{"video_url": "https://a/b"}]})
    v3.create_batch(video())
    journal.flush()

    notes = [each.notes for each in LoggedRequest.objects.order_by("number")]
    assert [note.startswith("video_translations.0.video_url: v3 takes") for note in notes] == [
        True,
        False,
    ]


def test_reset_deletes_batches(v3: V3, v3_api: Api) -> None:
    v3.create_batch(video())

    v3_api.post("/simulation/reset")

    assert (Batch.objects.count(), Job.objects.count()) == (0, 0)


def test_get_takes_three_queries_and_writes_nothing(
    v3: V3, clock: SetClock, django_assert_num_queries
) -> None:
    """One query reads the jobs, so that the counts cannot contradict the items."""
    batch_id = v3.create_batch(*[video()] * 20)

    with django_assert_num_queries(3) as queries:
        v3.data(f"{BATCHES}/{batch_id}?limit=10")

    statements = [query["sql"] for query in queries.captured_queries]
    assert {statement.split()[0] for statement in statements} == {"SELECT"}
    assert sum('FROM "vid_trans_api_job"' in statement for statement in statements) == 1


def test_batch_that_is_deleted_meanwhile_is_not_found(v3: V3) -> None:
    batch_id = v3.create_batch(video())

    def delete_first(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith("SELECT") and 'FROM "vid_trans_api_job"' in sql:
            wrapper.close()
            Batch.objects.get().delete()
        return execute(sql, *arguments)

    with ExitStack() as wrapper:
        wrapper.enter_context(connection.execute_wrapper(delete_first))
        response = v3.get(f"{BATCHES}/{batch_id}")

    assert response.status_code == 404


def test_key_is_required(db: None) -> None:
    response = V3("").get(f"{BATCHES}/x")

    assert error_of(response) == (401, "unauthorized", None)


def test_batch_ends_when_its_stuck_job_is_pruned(v3: V3, clock: SetClock) -> None:
    batch_id = v3.create_batch(
        simulated("Spanish", outcome="completed", duration=1),
        simulated("French", outcome="stuck"),
        callback_url="https://callback.test/",
    )
    receivers = Receivers()
    clock.advance(2 * 86_400)

    prune(days=1, server_time=clock())
    dispatch(receivers)

    (request,) = receivers.requests
    assert request.document["event_data"]["batch_id"] == batch_id
    assert request.document["event_data"]["counts_by_status"]["completed"] == 1
