"""What many clients do in a workspace at random, and a last look at all of its jobs."""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from tests.prove.history import History
from tests.server_processes import Response, Server
from vid_trans_api.snapshots import Status

DURATION: Final = (0.0, 1.5)
"""Of the jobs, in seconds."""

STATUSES: Final = {200, 202, 404, 409}
"""Of the responses."""


class Connection(Protocol):
    """A connection to a server."""

    def request(
        self, method: str, path: str, document: object = None, headers: Mapping[str, str] = ...
    ) -> Response: ...


class Client:
    """Does what clients do, in an order drawn from `seed`, and adds the responses to a history."""

    def __init__(
        self, connections: Sequence[Connection], history: History, statuses: set[int], *, seed: int
    ) -> None:
        self.connections = connections
        self.history = history
        self.statuses = statuses
        self.rng = random.Random(seed)
        self.ids: list[str] = []

    def act(self) -> None:
        connection = self.rng.choice(self.connections)
        known = self.rng.sample(self.ids, k=min(5, len(self.ids)))
        one = known[0] if known else "none"
        requested_at = time.monotonic()
        actions = ["create", "one", "one", "some", "list", "newest", "cancel", "wait", "time"]
        match self.rng.choice(actions):
            case "create":
                outcome = self.rng.choice(["completed", "error", "stuck"])
                options = {"simulation": {"duration": DURATION, "outcome": outcome}}
                response = self.count(connection.request("POST", "/jobs", options))
                self.ids.append(response.document["id"])
                self.history.add_time(requested_at, response.document["created_at"])
                jobs = [response.document]
            case "some":
                path = f"/jobs?ids={','.join([*known, one])}"
                document = self.count(connection.request("GET", path)).document
                assert document["not_found"] == ([] if known else ["none"])
                jobs = document["results"]
            case "list":
                status = self.rng.choice([*Status.values, ""])
                query = f"status={status}&limit=20" if status else "limit=20"
                response = self.count(connection.request("GET", f"/jobs?{query}"))
                jobs = response.document["results"]
                assert {job["status"] for job in jobs} <= ({status} if status else {*Status.values})
            case "cancel":
                response = self.count(connection.request("POST", f"/jobs/{one}/cancel"))
                if response.status == 409:
                    self.history.add_end(requested_at, one)
                jobs = [response.document] if response.status == 200 else []
            case "time":
                response = self.count(connection.request("GET", "/simulation/clock"))
                self.history.add_time(requested_at, response.document["now"])
                jobs = []
            case how:
                path = "/status" if how == "newest" else f"/jobs/{one}"
                prefer = {"Prefer": "wait=1"} if how == "wait" else {}
                response = self.count(connection.request("GET", path, headers=prefer))
                jobs = [response.document] if response.status == 200 else []
        self.history.add(requested_at, jobs)

    def count(self, response: Response) -> Response:
        self.statuses.add(response.status)
        return response


def read_all(servers: Sequence[Server], history: History) -> list[str]:
    """Read every job again from each server, by id and in lists; return those not found."""
    missing = []
    for server in servers:
        with server.connect() as connection:
            ids = history.job_ids
            for first in range(0, len(ids), 100):
                requested_at = time.monotonic()
                path = f"/jobs?ids={','.join(ids[first : first + 100])}"
                document = connection.request("GET", path).document
                missing += document["not_found"]
                history.add(requested_at, document["results"])
            requested_at = time.monotonic()
            page = connection.request("GET", "/jobs?limit=100").document
            listed = page["results"]
            while page["next"]:
                query = page["next"].partition("?")[2]
                page = connection.request("GET", f"/jobs?{query}").document
                listed += page["results"]
            missing += {*ids} - {job["id"] for job in listed}
            history.add(requested_at, listed)
    return missing
