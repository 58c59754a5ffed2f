"""Workspaces on real servers: each test has its own, so that tests can share the servers."""

import time
from typing import Any, Final
from uuid import uuid4

from tests.databases import Database
from tests.server_processes import Response, Server

COUNTING: Final = {"on": "status", "fault": 500, "after": 1000}
"""A rule of a job that only counts requests, so that `has_counted` shows that one has arrived."""


class ServerWorkspace:
    """A workspace on a server, with a key of its own."""

    def __init__(self, server: Server, *, key: str = "", **clock: Any) -> None:
        self.server = server
        self.key = key or str(uuid4())
        if clock:
            self.set_clock(**clock)

    def on(self, server: Server) -> "ServerWorkspace":
        """Return the same workspace on another server with the same database."""
        return ServerWorkspace(server, key=self.key)

    def request(self, method: str, path: str, document: object = None, **headers: str) -> Response:
        return self.server.request(method, path, document, X_Api_Key=self.key, **headers)

    def set_clock(self, **clock: Any) -> Any:
        response = self.request("POST", "/simulation/clock", clock)
        assert response.status == 200, response
        return response.document

    def create(self, **simulation: Any) -> str:
        """Create a job that completes, unless the options differ; return its id."""
        simulation = {"outcome": "completed", **simulation}
        response = self.request("POST", "/jobs", {"simulation": simulation})
        assert response.status == 202, response
        job_id: str = response.document["id"]
        return job_id

    def long_poll(self, job_id: str, seconds: int) -> tuple[Response, float]:
        """Return the response to a long poll, and when it arrived (monotonic seconds)."""
        response = self.request("GET", f"/jobs/{job_id}", Prefer=f"wait={seconds}")
        return response, time.monotonic()

    def update(self, job_id: str, **changes: Any) -> Any:
        """Update a simulated job and return its document."""
        response = self.request("PATCH", f"/simulation/jobs/{job_id}", changes)
        assert response.status == 200, response
        return response.document

    def report(self) -> Any:
        return self.request("GET", "/simulation/report").document


def has_counted(database: Database, job_id: str) -> bool:
    """Return whether a rule of this job that counts requests has had one by now."""
    query = f"SELECT counters FROM vid_trans_api_job WHERE public_id = '{job_id}'"
    ((counters,),) = database.read(query)
    return bool(counters)
