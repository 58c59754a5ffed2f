"""Webhooks that real servers send to real receivers, by any of two processes."""

from collections import Counter
from typing import Any

import pytest

from tests.client.server import Reply
from tests.patience import eventually
from tests.server_fixtures import ServerPair
from tests.server_processes import Server
from tests.server_workspaces import ServerWorkspace
from tests.webhooks.receivers import Receiver, receiver


def register(workspace: ServerWorkspace, receiving: Receiver) -> None:
    response = workspace.request("POST", "/webhooks", {"url": receiving.url})
    assert response.status == 201, response


def settled_advance(workspace: ServerWorkspace, seconds: float) -> Any:
    return workspace.set_clock(advance=seconds, settle=True)


def test_settled_advance_returns_once_everything_was_sent(server: Server) -> None:
    workspace = ServerWorkspace(server, freeze=True)
    with receiver(Reply(204)) as receiving:
        register(workspace, receiving)
        for _ in range(5):
            workspace.create(duration=10)

        clock = settled_advance(workspace, 10)

        assert (clock["waiting"], len(receiving.requests)) == (0, 5)


def test_failures_are_played_as_time_is_advanced(server: Server) -> None:
    workspace = ServerWorkspace(server, freeze=True)
    with receiver(Reply(500)) as receiving:
        register(workspace, receiving)
        workspace.create(duration=10)

        counts = []
        for seconds in (10, 5, 30, 120, 86_400):
            settled_advance(workspace, seconds)
            counts.append(len(receiving.requests))

    assert counts == [1, 2, 3, 4, 11]


def test_end_is_sent_when_it_comes(server: Server) -> None:
    workspace = ServerWorkspace(server)
    with receiver(Reply(204)) as receiving:
        register(workspace, receiving)
        workspace.create(duration=0.3)

        eventually(lambda: len(receiving.requests) == 1)


def test_two_processes_send_each_event_once_and_in_order(servers: ServerPair) -> None:
    workspace = ServerWorkspace(servers.development, freeze=True)
    with receiver(Reply(204)) as receiving:
        register(workspace, receiving)
        ids = [workspace.create(duration=10 + number) for number in range(30)]

        settled_advance(workspace.on(servers.production), 60)

        sent = [request.body.decode() for request in receiving.requests]
    assert [job_id in body for job_id, body in zip(ids, sent, strict=True)] == [True] * 30
    event_ids = Counter(request.headers["webhook-id"] for request in receiving.requests)
    assert set(event_ids.values()) == {1}


@pytest.mark.parametrize("is_ended", [False, True])
def test_cancel_that_races_the_end_is_reported_once(server: Server, is_ended: bool) -> None:
    workspace = ServerWorkspace(server)
    with receiver(Reply(204)) as receiving:
        register(workspace, receiving)
        job_id = workspace.create(duration=0.2)
        if is_ended:
            eventually(lambda: bool(receiving.requests))

        canceled = workspace.request("POST", f"/jobs/{job_id}/cancel")
        eventually(lambda: bool(receiving.requests))
        settled_advance(workspace, 0)

        job = workspace.request("GET", f"/jobs/{job_id}").document
        (request,) = receiving.requests
    expected = "job.error" if canceled.status == 200 else "job.completed"
    assert (f'"type":"{expected}"' in request.body.decode()) is True
    assert (job["status"] == "error") is (canceled.status == 200)
