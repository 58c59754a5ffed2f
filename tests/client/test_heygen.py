"""HeyGen's API, scripted: creating, following, listing, and what a dialect cannot do."""

import json

import pytest

from heygen_video_translation.client import (
    Conflict,
    ContentRefused,
    InsufficientCredit,
    JobNotFound,
    NotSupported,
    PollingTimeout,
    QuotaExceeded,
    RateLimited,
    ServerUnavailable,
    TranslationRequest,
)
from tests.client.heygen import (
    KEY,
    V2,
    V3,
    Translations,
    completed,
    created,
    error,
    masked,
    translation,
)
from tests.client.server import Reply, Silence

VIDEO = "https://example.com/talk.mp4"
WANTED = {"video_url": VIDEO, "target_language": "French"}


@pytest.fixture
def client(connect):
    return connect(api_key=KEY, dialect="heygen", timeout=600)


@pytest.fixture
def client_v2(connect):
    return connect(api_key=KEY, dialect="heygen-v2", timeout=600)


def test_one_video_into_several_languages_is_one_request(client, server):
    server.script = [created("1", "2")]

    jobs = client.call("create_jobs", video_url=VIDEO, target_languages=["French", "German"])

    assert [(job.id, job.target_language) for job in jobs] == [("1", "French"), ("2", "German")]
    [request] = server.requests
    assert request.headers["x-api-key"] == KEY
    assert json.loads(request.body)["output_languages"] == ["French", "German"]


def test_creation_with_a_lost_response_repeats_its_key(client, server):
    server.script = [Silence(), error(409, "request_in_progress"), created("1")]

    client.call("create_job", **WANTED)

    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (error(402, "insufficient_credit"), InsufficientCredit),
        (error(429, "quota_exceeded"), QuotaExceeded),
        (error(400, "content_policy_violation"), ContentRefused),
    ],
    ids=["402", "quota", "moderated"],
)
def test_creation_that_cannot_succeed_is_not_repeated(client, server, refusal, kind):
    server.script = [refusal]

    with pytest.raises(kind, match=r": No\."):
        client.call("create_job", **WANTED)

    assert len(server.requests) == 1


def test_creation_waits_for_room_longer_than_retries_last(client, server, clock):
    full = error(429, "rate_limit_exceeded", **{"Retry-After": "60"})
    server.script = [*[full] * 8, created("1")]

    assert client.call("create_job", **WANTED).id == "1"
    assert clock.slept == [60.0] * 8


def test_creation_without_room_at_the_deadline_is_rate_limited(client, server, clock):
    server.script = [error(429, "rate_limit_exceeded", **{"Retry-After": "50"})]

    with pytest.raises(RateLimited):
        client.call("create_job", **WANTED, timeout=120)

    assert clock.slept == [50.0, 50.0]


def test_poll_that_is_throttled_for_ever_is_rate_limited(client, server):
    server.script = [error(429, "rate_limit_exceeded", **{"Retry-After": "1"})]

    with pytest.raises(RateLimited):
        client.call("wait_for_completion", "a")

    assert len(server.requests) == 6


def test_video_url_that_is_not_there_yet_is_waited_for(client, server, clock):
    server.script = Translations(clock, {"a": clock.now + 100}, late=20.0)
    seen = []

    job = client.call("wait_for_completion", "a", on_update=lambda job: seen.append(job.status))

    assert job.result_url == "http://files.invalid/a.mp4"
    assert seen[-2:] == ["pending", "completed"]


def test_video_url_that_never_comes_is_not_waited_for_for_ever(client, server, clock):
    server.script = [Reply(data=translation(status="completed"))]

    job = client.call("wait_for_completion", "a")

    assert (job.status, job.result_url) == ("completed", None)
    assert 60 <= sum(clock.slept) <= 75


def test_many_jobs_share_requests_until_each_ends(client, server, clock):
    ends = {f"job-{number}": clock.now + 300 for number in range(150)}
    server.script = Translations(clock, ends)

    jobs = client.call("wait_for_all", ends)

    assert {job.result_url for job in jobs.values()} == {
        f"http://files.invalid/{name}.mp4" for name in ends
    }
    shared = [request for request in server.requests if "video_translation_ids" in request.path]
    assert max(len(r.query["video_translation_ids"].split(",")) for r in shared) == 100
    assert len(server.requests) - len(shared) == 150


def test_job_that_does_not_exist_is_not_found_among_others(client, server, clock):
    server.script = Translations(clock, {"a": clock.now, "b": clock.now})

    outcomes = client.call("wait_for_all", ["a", "x", "b"], return_exceptions=True)

    assert [type(outcome).__name__ for outcome in outcomes.values()] == [
        "Job",
        "JobNotFound",
        "Job",
    ]


def test_job_keeps_what_responses_leave_out(client_v2, server):
    ready = {"video_translate_id": "1", "status": "success", "url": "http://files.invalid/1"}
    server.script = [
        Reply(data={"error": None, "data": {"video_translate_id": "1"}}),
        Reply(data={"error": None, "data": ready}),
    ]

    job = client_v2.call("wait_for_completion", client_v2.call("create_job", **WANTED))

    assert (job.target_language, job.video_url) == ("French", VIDEO)


def test_masked_error_is_retried(client_v2, server):
    ready = {"video_translate_id": "1", "status": "success", "url": "http://files.invalid/1"}
    server.script = [masked("internal_error"), Reply(data={"error": None, "data": ready})]

    assert client_v2.call("get_status", "1").is_finished
    assert [request.path for request in server.requests] == [f"{V2}/1"] * 2


def test_masked_error_that_stays_has_its_meaning(client_v2, server):
    server.script = [masked("not_found")]

    with pytest.raises(JobNotFound):
        client_v2.call("get_status", "1")


def test_list_is_filtered_by_the_client(client, server):
    server.script = [
        Reply(
            data={
                "data": [translation("1")["data"], completed("2")["data"]],
                "has_more": True,
                "next_token": "t",
            }
        ),
        Reply(data={"data": [translation("3")["data"]], "has_more": False}),
    ]

    jobs = client.list("list_jobs", status="pending", limit=2)

    assert [job.id for job in jobs] == ["1", "3"]
    assert [request.path for request in server.requests] == [
        f"{V3}?limit=2",
        f"{V3}?limit=2&token=t",
    ]


def test_rename_and_delete(client, server):
    server.script = [Reply(data=translation(title="New")), Reply(data={"data": {"id": "a"}})]

    assert client.call("rename", "a", "New").title == "New"
    client.call("delete", "a")

    assert [(request.method, request.path) for request in server.requests] == [
        ("PATCH", f"{V3}/a"),
        ("DELETE", f"{V3}/a"),
    ]


def test_batch_has_the_jobs_of_all_pages(client, server):
    items = [{"status": "queued", "video_id": str(number)} for number in range(3)]
    page = {"batch_id": "b", "status": "processing"}
    server.script = [
        Reply(202, {"data": {"batch_id": "b"}}),
        Reply(data={"data": page | {"items": items[:2], "has_more": True, "next_token": "t"}}),
        Reply(data={"data": page | {"items": items[2:], "has_more": False}}),
    ]
    wanted = TranslationRequest(video_url=VIDEO, target_languages=["French"])

    batch = client.group("batches", "create", [wanted], title="Talks")

    assert [job.id for job in batch.jobs] == ["0", "1", "2"]
    assert json.loads(server.requests[0].body) == {
        "video_translations": [
            {"video": {"type": "url", "url": VIDEO}, "output_languages": ["French"]}
        ],
        "title": "Talks",
    }


@pytest.mark.parametrize(
    ("dialect", "method", "arguments"),
    [
        ("heygen", "cancel", ["a"]),
        ("heygen-v2", "cancel", ["a"]),
        ("heygen-v2", "list_jobs", []),
        ("heygen-v2", "get_newest_job", []),
        ("heygen-v2", "rename", ["a", "New"]),
        ("heygen-v2", "delete", ["a"]),
        ("native", "rename", ["a", "New"]),
    ],
)
def test_what_a_dialect_cannot_do_is_not_supported(connect, server, dialect, method, arguments):
    client = connect(api_key=KEY, dialect=dialect)
    run = client.list if method == "list_jobs" else client.call

    with pytest.raises(NotSupported, match=r"API.* cannot "):
        run(method, *arguments)

    assert server.requests == []


def test_long_polls_are_not_supported(connect):
    with pytest.raises(NotSupported, match="HeyGen's API v3 cannot delay a response"):
        connect(api_key=KEY, dialect="heygen", long_poll=30)


def test_native_client_creates_a_job_for_each_language(connect, server):
    server.script = lambda request: Reply(
        202, {"id": json.loads(request.body)["target_language"], "status": "pending"}
    )

    jobs = connect().call(
        "create_jobs",
        video_url=VIDEO,
        target_languages=["French", "German"],
        idempotency_key="monday",
    )

    assert [job.id for job in jobs] == ["French", "German"]
    keys = [request.headers["idempotency-key"] for request in server.requests]
    assert keys == ["monday-1", "monday-2"]


@pytest.mark.parametrize(
    ("status", "problem", "kind"),
    [
        (402, "payment-required", InsufficientCredit),
        (422, "content-policy-violation", ContentRefused),
        (429, "quota-exceeded", QuotaExceeded),
    ],
)
def test_native_refusal_is_not_repeated(connect, server, status, problem, kind):
    document = {"type": f"urn:vid-trans-api:problem:{problem}", "detail": "No."}
    server.script = [Reply(status, document)]

    with pytest.raises(kind, match=r"No\."):
        connect().call("create_job", **WANTED)

    assert len(server.requests) == 1


def test_wait_for_a_proofread_ends_at_its_deadline(client, server, clock):
    server.script = [Reply(data={"data": {"id": "p", "status": "processing"}})]
    began_at = clock.now

    with pytest.raises(PollingTimeout, match="gave up waiting for proofread p"):
        client.group("proofreads", "wait", "p", timeout=60)

    assert clock.now - began_at == pytest.approx(60)


def test_captions_of_an_unfinished_proofread_are_a_conflict(client, server, tmp_path):
    server.script = [error(409, "conflict")]

    with pytest.raises(Conflict):
        client.group("proofreads", "download_captions", "p", tmp_path / "p.srt")

    assert list(tmp_path.iterdir()) == []


def test_lost_upload_is_repeated_with_its_key(client, server, tmp_path):
    (tmp_path / "talk.mp4").write_bytes(b"video")
    asset = {"asset_id": "as1", "url": "http://f", "mime_type": "video/mp4", "size_bytes": 5}
    server.script = [Silence(), Reply(data={"data": asset})]

    uploaded = client.call("upload", tmp_path / "talk.mp4")

    assert (uploaded.id, uploaded.size) == ("as1", 5)
    first, second = server.requests
    assert first.path == second.path == "/v3/assets"
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body


def test_server_that_is_down_is_unavailable(connect, server):
    client = connect(api_key=KEY, dialect="heygen", max_retries=1)
    server.script = [Reply(502, body=b"<html>Bad Gateway</html>")]

    with pytest.raises(ServerUnavailable):
        client.call("create_job", **WANTED)

    assert len(server.requests) == 2
