"""A workspace of one test, which no other test knows of, at servers that many share."""

import time
from typing import Any
from uuid import uuid4

from tests.servers import Answer, Server


class Workplace:
    """A workspace of a server, by a key of its own."""

    def __init__(self, server: Server, *, key: str = "", **clock: Any) -> None:
        self._server = server
        self._key = key or str(uuid4())
        if clock:
            self.turn(**clock)

    def through(self, server: Server) -> "Workplace":
        """Return the same, by another server of the same store."""
        return Workplace(server, key=self._key)

    def ask(self, method: str, path: str, document: object = None, **headers: str) -> Answer:
        return self._server.ask(method, path, document, X_Api_Key=self._key, **headers)

    def turn(self, **how: Any) -> Any:
        answer = self.ask("POST", "/simulation/clock", how)
        assert answer.status == 200, answer
        return answer.document

    def create(self, **simulation: Any) -> str:
        simulation = {"outcome": "completed", **simulation}
        answer = self.ask("POST", "/jobs", {"simulation": simulation})
        job_id: str = answer.document["id"]
        return job_id

    def hold(self, job_id: str, seconds: int) -> tuple[str, float]:
        """Return the status that a held request tells, and the instant at which it came."""
        answer = self.ask("GET", f"/jobs/{job_id}", Prefer=f"wait={seconds}")
        assert answer.headers["Preference-Applied"] == f"wait={seconds}"
        return answer.document["status"], time.monotonic()
