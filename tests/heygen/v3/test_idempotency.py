"""Idempotency-Key by HeyGen's rule: the first successful response again, whatever the body is."""

from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from tests.conftest import Api, SetClock
from tests.heygen.v3.conftest import KEY, TRANSLATIONS, V3, error_of, simulated, video
from tests.operations.test_concurrency import in_threads
from vid_trans_api.heygen.v3.translations import TranslationsView
from vid_trans_api.models import IdempotencyKey, Job, Workspace, digest_of
from vid_trans_api.operations import RequestContext, discard_key, finish_key, use_key
from vid_trans_api.operations.idempotency import LONGEST_IN_FLIGHT, KeyInFlight, StoredResponse

DAY = 86_400
SCOPE = f"POST {TRANSLATIONS}"


def create(v3: V3, document: Any = None, *, key: str = "k") -> Any:
    return v3.post(
        TRANSLATIONS, video() if document is None else document, **{"Idempotency-Key": key}
    )


def test_first_response_comes_again_whatever_the_body(v3: V3) -> None:
    first = create(v3, video("Spanish", "French"))

    others = [
        create(v3, video("Spanish", "French")),
        create(v3, video("German")),
        create(v3, {"video": 5}),
        v3.client.post(
            TRANSLATIONS, b"{", content_type="text/plain", headers={"Idempotency-Key": "k"}
        ),
    ]

    for response in others:
        assert (response.status_code, response.content) == (200, first.content)
        assert response["Content-Type"] == first["Content-Type"]
    assert len({each["X-Request-Id"] for each in (first, *others)}) == 5
    assert Job.objects.count() == 2


def test_key_lives_for_24_hours_of_the_workspaces_time(
    v3: V3, v3_api: Api, clock: SetClock
) -> None:
    bodies = []
    for seconds in (0, DAY - 1, 1):
        v3_api.set_clock(advance=seconds)
        bodies.append(create(v3).content)

    assert [body == bodies[0] for body in bodies] == [True, True, False]
    assert Job.objects.count() == 2


@pytest.mark.parametrize("key", ["a", "A-z_0:9.", "x" * 255])
def test_key_may_have_letters_digits_and_four_others(v3: V3, key: str) -> None:
    assert create(v3, key=key).content == create(v3, key=key).content


@pytest.mark.parametrize("key", ["", " ", "a b", '"a"', "é", "a/b", "x" * 256])
def test_any_other_key_is_refused(v3: V3, key: str) -> None:
    assert error_of(create(v3, key=key)) == (400, "invalid_parameter", "Idempotency-Key")


def test_keys_count_for_method_and_path(v3: V3) -> None:
    first, second = (v3.create(video()) for _ in range(2))

    def send(method: str, job_id: str, title: str) -> Any:
        return v3.client.generic(
            method,
            f"{TRANSLATIONS}/{job_id}",
            f'{{"title": "{title}"}}',
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )

    renamed = send("PATCH", first, "One")
    repeated = send("PATCH", first, "Two")
    other = send("PATCH", second, "Two")
    deleted = [send("DELETE", first, "").json() for _ in range(2)]

    assert repeated.content == renamed.content
    assert other.json()["data"]["title"] == "Two"
    assert deleted == [{"data": {"id": first}}] * 2


def test_keys_belong_to_their_workspace(v3: V3) -> None:
    assert create(v3).content != create(V3(api_key="other")).content


def test_keys_of_the_own_api_are_separate(v3: V3, v3_api: Api) -> None:
    native = [v3_api.post("/jobs", {"title": "x"}, **{"Idempotency-Key": "k"}) for _ in range(2)]
    heygen = create(v3)
    refused = v3_api.post("/jobs", {"title": "y"}, **{"Idempotency-Key": "k"})

    assert [each.status_code for each in (*native, heygen, refused)] == [202, 202, 200, 422]
    assert native[0].content == native[1].content
    assert Job.objects.count() == 2


def test_key_on_get_has_no_effect(v3: V3) -> None:
    for _ in range(2):
        response = v3.client.get(TRANSLATIONS, headers={"Idempotency-Key": "not valid"})
        assert response.status_code == 200

    assert IdempotencyKey.objects.count() == 0


def test_very_long_path_has_keys_too(v3: V3) -> None:
    response = v3.client.delete(f"{TRANSLATIONS}/{'x' * 500}", headers={"Idempotency-Key": "k"})

    assert error_of(response)[:2] == (404, "not_found")


@pytest.mark.parametrize(
    "refused",
    [
        {},
        video("Klingon"),
        simulated(scenario="moderated"),
        simulated(faults=[{"on": "create", "fault": 503, "times": 1}]),
    ],
    ids=["invalid", "wrong language", "moderated", "fault"],
)
def test_only_successful_responses_are_kept(v3: V3, refused: Any) -> None:
    first, second = create(v3, refused), create(v3)

    assert (first.status_code >= 400, second.status_code) == (True, 200)


def test_response_that_a_fault_spoils_is_kept_as_it_should_be(v3: V3, v3_api: Api) -> None:
    v3_api.set_defaults(faults=[{"on": "create", "fault": "garbage", "times": 1}])

    spoiled, repeated = create(v3), create(v3)

    assert (spoiled["Simulated-Fault"], "Simulated-Fault" in repeated) == ("garbage", False)
    assert repeated.json()["data"]["video_translation_ids"][0][:32] == Job.objects.get().public_id


@pytest.mark.parametrize("where", ["job", "workspace"])
def test_retry_of_a_lost_response_gives_the_ids(db: None, v3_api: Api, where: str) -> None:
    v3 = V3()
    environ: dict[str, Any] = {"vid_trans_api.socket": object()}
    v3.client = Client(headers={"X-Api-Key": KEY}, **environ)
    rule = {"on": "create", "fault": "lost-response", "times": 1}
    if where == "workspace":
        Api(api_key=KEY, has_socket=True).set_defaults(faults=[rule])
    document = simulated(faults=[rule]) if where == "job" else video()

    lost, retried = create(v3, document), create(v3, document)

    assert (lost["Simulated-Fault"], "Simulated-Fault" in retried) == ("lost-response", False)
    assert retried.json() == lost.json()
    assert Job.objects.count() == 1


def test_replay_counts_for_the_rate_limit_and_the_workspaces_faults(
    v3: V3, v3_api: Api, clock: SetClock
) -> None:
    rule = {"on": "create", "fault": 503, "after": 1, "times": 1}
    v3_api.set_defaults(rate_limit="3/h", faults=[rule])

    statuses = [create(v3).status_code for _ in range(4)]

    assert statuses == [200, 503, 200, 429]


def test_key_is_in_flight_until_the_response(v3: V3, clock: SetClock) -> None:
    context = RequestContext(key_digest=digest_of(KEY), has_socket=False)
    use_key(context, scope=SCOPE, key="k", operation=None)

    clock.advance(59.9)
    in_flight = create(v3)
    clock.advance(0.1)
    after_a_minute = create(v3)

    assert error_of(in_flight) == (409, "request_in_progress", None)
    assert after_a_minute.status_code == 200


def test_request_that_took_too_long_leaves_the_key_to_its_successor(
    v3: V3, clock: SetClock
) -> None:
    context = RequestContext(key_digest=digest_of(KEY), has_socket=False)
    slow = use_key(context, scope=SCOPE, key="k", operation=None)
    assert isinstance(slow, KeyInFlight)
    clock.advance(LONGEST_IN_FLIGHT / timedelta(seconds=1))
    use_key(context, scope=SCOPE, key="k", operation=None)

    discard_key(context, slow)
    finish_key(context, slow, StoredResponse(body="slow", headers={}, reported={}))

    assert error_of(create(v3)) == (409, "request_in_progress", None)


def test_overtaken_request_gets_the_response_of_its_successor(
    v3: V3, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, successors = TranslationsView.post, []

    def slow(self: Any, request: Any) -> Any:
        monkeypatch.setattr(TranslationsView, "post", post)
        clock.advance(61)
        successors.append(create(v3, video("German", "French")))
        return post(self, request)

    monkeypatch.setattr(TranslationsView, "post", slow)
    overtaken = create(v3, video("Spanish"))

    assert (overtaken.status_code, overtaken.content) == (200, successors[0].content)
    assert create(v3).content == overtaken.content
    assert Job.objects.count() == 2


def test_crash_after_the_creation_leaves_its_response(
    v3: V3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the process had died before it could respond."""
    v3.client.raise_request_exception = False

    def crash(*_: object) -> None:
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(TranslationsView, "respond_to_creation", crash)
        crashed = create(v3)
    retried = create(v3)

    assert crashed.status_code == 500
    assert retried.json()["data"]["video_translation_ids"][0][:32] == Job.objects.get().public_id


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_time_create_one_job(clock: SetClock) -> None:
    Workspace.objects.stored(digest_of(KEY))

    responses = in_threads(lambda: create(V3()), count=6)

    successful = {each.content for each in responses if each.status_code == 200}
    others = [error_of(each) for each in responses if each.status_code != 200]
    assert len(successful) == 1
    assert set(others) <= {(409, "request_in_progress", None)}
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_request_during_the_first_is_refused(
    clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, may_continue = Event(), Event()
    create_jobs = TranslationsView.post

    def slow(self: Any, request: Any) -> Any:
        started.set()
        may_continue.wait(10)
        return create_jobs(self, request)

    responses = []

    def first() -> None:
        try:
            responses.append(create(V3()))
        finally:
            connections.close_all()

    with monkeypatch.context() as patch:
        patch.setattr(TranslationsView, "post", slow)
        thread = Thread(target=first)
        thread.start()
        started.wait(10)
        during = create(V3())
        may_continue.set()
        thread.join()
    after = create(V3())

    assert error_of(during) == (409, "request_in_progress", None)
    assert after.content == responses[0].content
    assert Job.objects.count() == 1
    connection.close()
