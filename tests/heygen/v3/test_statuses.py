"""Statuses of many translations and batches at once."""

from typing import Any

import pytest

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import BATCHES, STATUSES, TRANSLATIONS, V3, error_of, simulated, video
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import Job, LoggedRequest


def of_ids(*ids: str) -> str:
    return f"{STATUSES}?video_translation_ids={','.join(ids)}"


def of_batches(*ids: str) -> str:
    return f"{STATUSES}?batch_ids={','.join(ids)}"


def test_each_id_has_a_row_in_the_order_of_the_request(v3: V3, clock: SetClock) -> None:
    completed = v3.create(simulated("French", outcome="completed", duration=10))
    failed = v3.create(video(url="https://sim.test/bad-url.mp4"))
    queued = v3.create(simulated(outcome="completed", duration=100, queued=0.5))
    processing = v3.create(simulated(outcome="stuck"))
    clock.advance(10)

    response = v3.get(of_ids(queued, "nope", processing, failed, completed))

    document = response.json()
    error = document["data"][3].pop("error")
    assert error.startswith("Failed to download video from url")
    assert document == {
        "data": [
            {"status": "queued", "video_id": queued},
            {"status": "not_found", "video_id": "nope"},
            {"status": "processing", "video_id": processing},
            {"status": "failed", "video_id": failed},
            {"status": "completed", "video_id": completed},
        ],
        "has_more": False,
    }


def test_batch_contributes_the_rows_of_its_items(v3: V3) -> None:
    job_id = v3.create(video())
    batch_id = v3.create_batch(video("Spanish", "French"), video())
    ids = [item["video_id"] for item in v3.data(f"{BATCHES}/{batch_id}")["items"]]

    rows = v3.data(f"{of_ids(job_id)}&batch_ids={batch_id},nope")

    assert rows == [
        {"status": "queued", "video_id": job_id},
        {"status": "not_found", "batch_id": "nope"},
        *(
            {"status": "queued", "video_id": each, "batch_id": batch_id, "item_index": index}
            for index, each in enumerate(ids)
        ),
    ]


def test_deleted_item_has_no_row(v3: V3) -> None:
    batch_id = v3.create_batch(video(), video())
    first = v3.data(of_batches(batch_id))[0]["video_id"]
    v3.delete(f"{TRANSLATIONS}/{first}")

    assert [row["item_index"] for row in v3.data(of_batches(batch_id))] == [1]
    assert v3.data(of_ids(first)) == [{"status": "not_found", "video_id": first}]


def test_rows_beyond_100_are_on_the_next_pages(v3: V3) -> None:
    job_ids = [v3.create(video()) for _ in range(2)]
    batches = [v3.create_batch(*[video()] * 60) for _ in range(3)]
    path = f"{of_batches(*batches)}&video_translation_ids={','.join(job_ids)}"

    pages: list[Any] = [v3.get(path).json()]
    while pages[-1]["has_more"]:
        pages.append(v3.get(f"{path}&token={pages[-1]['next_token']}").json())

    rows = [row for page in pages for row in page["data"]]
    assert [len(page["data"]) for page in pages] == [100, 82]
    assert [row["video_id"] for row in rows[:2]] == job_ids
    assert [(row["batch_id"], row["item_index"]) for row in rows[2:]] == [
        (batch, index) for batch in batches for index in range(60)
    ]


def test_99_ids_leave_room_for_one_item_of_a_batch(v3: V3) -> None:
    batch_id = v3.create_batch(video(), video())
    path = f"{of_ids(*'x' * 99)}&batch_ids={batch_id}"

    first = v3.get(path).json()
    second = v3.get(f"{path}&token={first['next_token']}").json()

    assert [len(page["data"]) for page in (first, second)] == [100, 1]
    assert (second["data"][0]["item_index"], second["has_more"]) == (1, False)


def test_100_unknown_ids_have_100_rows(v3: V3) -> None:
    document = v3.get(of_ids(*"x" * 100)).json()

    assert (len(document["data"]), document["has_more"]) == (100, False)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("", "video_translation_ids"),
        ("video_translation_ids=", "video_translation_ids"),
        ("video_translation_ids=&batch_ids=", "video_translation_ids"),
        ("video_translation_ids=a,,b", "video_translation_ids"),
        ("batch_ids=,b", "batch_ids"),
        ("video_translation_ids=" + ",".join(["a"] * 101), "video_translation_ids"),
        ("batch_ids=" + ",".join(["a"] * 101), "batch_ids"),
        ("batch_ids=a&video_translation_ids=" + ",".join(["a"] * 100), "video_translation_ids"),
        ("video_translation_ids=a&token=x", "token"),
    ],
)
def test_wrong_ids_are_refused(v3: V3, query: str, param: str) -> None:
    assert error_of(v3.get(f"{STATUSES}?{query}")) == (400, "invalid_parameter", param)


def test_ids_may_be_in_several_parameters(v3: V3) -> None:
    rows = v3.data(f"{STATUSES}?video_translation_ids=a&video_translation_ids=b")

    assert [row["video_id"] for row in rows] == ["a", "b"]


def test_jobs_of_another_key_are_not_found(v3: V3) -> None:
    job_id, batch_id = v3.create(video()), v3.create_batch(video())

    rows = V3("another").data(f"{of_ids(job_id)}&batch_ids={batch_id}")

    assert [row["status"] for row in rows] == ["not_found", "not_found"]


def test_id_is_known_with_and_without_its_tag(v3: V3) -> None:
    job_id = v3.create(video("French"))

    rows = v3.data(of_ids(job_id, job_id[:32], f"{job_id[:32]}-es"))

    assert [row["status"] for row in rows] == ["queued", "queued", "not_found"]


def test_fault_of_one_job_leaves_the_others_alone(v3: V3, clock: SetClock) -> None:
    hidden = v3.create(simulated(faults=[{"on": "status", "fault": 404}]))
    strange = v3.create(simulated(faults=[{"on": "status", "fault": "unknown-status"}]))
    other = v3.create(video())

    rows = v3.data(of_ids(hidden, strange, other))

    assert rows[0] == {"status": "not_found", "video_id": hidden}
    assert rows[1]["status"] not in {"queued", "processing", "completed", "failed", "not_found"}
    assert rows[2] == {"status": "queued", "video_id": other}


def test_fault_of_the_whole_response_replaces_it(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(faults=[{"on": "status", "fault": 503, "times": 1}])
    job_id = v3.create(video())

    assert error_of(v3.get(of_ids(job_id)))[:2] == (503, "internal_error")
    assert v3.get(of_ids(job_id)).status_code == 200


def test_request_is_recorded_as_one_poll_of_all_its_jobs(v3: V3) -> None:
    job_id = v3.create(video())
    batch_id = v3.create_batch(video(), video())
    v3.get(f"{of_ids(job_id, 'nope')}&batch_ids={batch_id}")
    journal.flush()

    polled = LoggedRequest.objects.get(operation="status").reported_by_job

    stored = {job.public_id: ["pending", None, None] for job in Job.objects.all()}
    assert polled == {**stored, "nope": None}


def test_number_of_queries_does_not_grow_with_the_jobs(
    v3: V3, clock: SetClock, django_assert_num_queries
) -> None:
    batch_id = v3.create_batch(*[video()] * 50)
    ids = [row["video_id"] for row in v3.data(of_batches(batch_id))]

    with django_assert_num_queries(2):
        v3.data(of_ids(*ids))
    with django_assert_num_queries(3):
        v3.data(of_batches(batch_id))
