"""What becomes of a fault with a duration if its workspace is reset meanwhile."""

from typing import Any

import pytest

from tests.conftest import Api
from vid_trans_api.models import Workspace
from vid_trans_api.operations import faults
from vid_trans_api.operations.admission import MatchedRules, count_by_all_rules
from vid_trans_api.serving.socket_faults import SocketFault


@pytest.fixture
def reset_after_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have another process reset the workspace once a request to it is counted."""

    def count(workspace: Workspace, *args: Any, **kwargs: Any) -> MatchedRules:
        matched = count_by_all_rules(workspace, *args, **kwargs)
        Workspace.objects.get().reset(seed=None)
        return matched

    monkeypatch.setattr(faults, "count_by_all_rules", count)


def scheduled_fault(response: Any) -> SocketFault:
    meta = response.wsgi_request.META
    return next(each for each in meta.values() if isinstance(each, SocketFault))


def test_reset_ends_a_hang_that_has_just_been_counted(db: None, reset_after_count: None) -> None:
    api = Api(has_socket=True)
    job_id = api.create(faults=[{"on": "status", "fault": "hang", "seconds": 60}])["id"]

    response = api.get(f"/jobs/{job_id}")

    assert scheduled_fault(response).is_canceled()


def test_reset_before_a_cancel_is_done_ends_its_slow_response(
    db: None, reset_after_count: None
) -> None:
    api = Api(has_socket=True)
    job_id = api.create(faults=[{"on": "cancel", "fault": "slow", "seconds": 60}])["id"]

    response = api.post(f"/jobs/{job_id}/cancel")

    assert response.status_code == 404
    assert scheduled_fault(response).is_canceled()


def test_reset_from_before_the_request_does_not_end_its_fault(db: None) -> None:
    api = Api(has_socket=True)
    api.post("/simulation/reset")
    job_id = api.create(faults=[{"on": "status", "fault": "hang", "seconds": 60}])["id"]

    response = api.get(f"/jobs/{job_id}")

    assert not scheduled_fault(response).is_canceled()
