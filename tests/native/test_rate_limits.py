"""The rate limit of a workspace, over HTTP."""

from datetime import timedelta

import pytest

from tests.conftest import Api, SetClock
from vid_trans_api.models import Workspace
from vid_trans_api.operations import RequestContext, list_jobs
from vid_trans_api.operations.errors import RateLimited
from vid_trans_api.operations.faults import apply_faults
from vid_trans_api.snapshots import Operation


def test_workspace_admits_no_more_requests_than_its_limit(api: Api, clock: SetClock) -> None:
    job_id = api.create()["id"]
    api.set_defaults(rate_limit="3/10s")

    statuses = []
    for _ in range(2):
        statuses += api.statuses(f"/jobs/{job_id}")
        clock.advance(2)
    statuses += api.statuses("/jobs", 3)
    clock.advance(5.9)
    statuses += api.statuses("/jobs")
    clock.advance(0.1)
    statuses += api.statuses("/jobs", 2)

    assert statuses == [200, 200, 200, 429, 429, 429, 200, 429]


def test_refused_request_says_when_the_next_is_admitted(api: Api, clock: SetClock) -> None:
    api.set_defaults(rate_limit="1/10s")
    api.get("/jobs")
    clock.advance(4)

    refused = api.get("/jobs")
    clock.advance(6)
    admitted = api.get("/jobs")

    assert (refused.status_code, refused["Retry-After"]) == (429, "6")
    assert refused.json()["type"] == "urn:vid-trans-api:problem:rate-limited"
    assert admitted.status_code == 200


def test_requests_counted_in_the_future_do_not_matter(api: Api, clock: SetClock) -> None:
    """As after the clock was set back while a request came in."""
    api.set_defaults(rate_limit="1/s")
    workspace = Workspace.objects.get()
    workspace.counters = {"admitted": [(clock() + timedelta(hours=1)).isoformat()]}
    workspace.save()

    assert api.statuses("/jobs", 2) == [200, 429]


def test_refused_request_is_not_counted_by_rules(api: Api, clock: SetClock) -> None:
    rules = [{"on": "list", "fault": 503, "after": 1}]
    api.set_defaults(rate_limit="1/10s", faults=rules)

    statuses = api.statuses("/jobs", 3)
    clock.advance(10)
    statuses += api.statuses("/jobs")

    assert statuses == [200, 429, 429, 503]


def test_request_that_waited_for_the_lock_counts_when_it_has_it(api: Api, clock: SetClock) -> None:
    api.set_defaults(rate_limit="1/h")
    before = clock()
    clock.advance(5)
    workspace = Workspace.objects.get()
    context = RequestContext(key_digest="", has_socket=False)
    list_jobs(context, limit=1)

    with pytest.raises(RateLimited):
        apply_faults(context, Operation.LIST, workspace=workspace, jobs=(), now=before)
