"""Requests of pages and staff: no rate limit and no fault rule applies to them."""

import pytest

from tests.conftest import Api, SetClock
from tests.starting import start
from vid_trans_api.models import LoggedRequest, Workspace
from vid_trans_api.operations import RequestContext, find_job
from vid_trans_api.operations.faults import FaultResponse
from vid_trans_api.snapshots import Operation

RULES = [{"on": "any", "fault": 503, "times": 1}]


@pytest.fixture(autouse=True)
def _rules(api: Api, clock: SetClock) -> None:
    """Let a fault replace the first request that is not exempt."""
    api.set_defaults(faults=RULES, rate_limit="1/h")


def test_exempt_creation_is_neither_counted_nor_recorded() -> None:
    job = start(title="Talk")

    assert job.title == "Talk"
    assert Workspace.objects.get().counters is None
    assert LoggedRequest.objects.count() == 0


def test_exempt_read_is_not_counted() -> None:
    job = start()
    context = RequestContext(key_digest="", has_socket=False, is_exempt=True)

    state = find_job(context, job.public_id, Operation.STATUS)

    assert state.job == job
    assert Workspace.objects.get().counters is None


def test_other_read_gets_the_fault() -> None:
    job = start()
    context = RequestContext(key_digest="", has_socket=False)

    with pytest.raises(FaultResponse) as raised:
        find_job(context, job.public_id, Operation.STATUS)

    assert raised.value.rule.fault == 503
