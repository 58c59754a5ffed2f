"""Send webhooks in tests without a dispatcher and without sockets."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import NEW_YEAR, Api
from vid_trans_api.models import DeliveryAttempt, read_time
from vid_trans_api.webhooks.delivering import Lease, deliver, lease_endpoint
from vid_trans_api.webhooks.reporting import report_due
from vid_trans_api.webhooks.sending import Attempt

URL = "https://receiver.test/hook"


@dataclass(slots=True, kw_only=True)
class SentRequest:
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True, kw_only=True)
class Receivers:
    """All URLs in the world; records what is sent to them, and responds."""

    respond: Callable[[SentRequest], int | None] = lambda _: 200
    """Returns the status of a response, or None if there is none."""
    retry_after: float | None = None
    timed_out: bool = False
    requests: list[SentRequest] = field(default_factory=list)

    def __call__(
        self, url: str, *, headers: Mapping[str, str], body: bytes, **_: object
    ) -> Attempt:
        request = SentRequest(url=url, headers=headers, body=body)
        self.requests.append(request)
        status = self.respond(request)
        return Attempt(
            status=status,
            milliseconds=1,
            response="",
            retry_after=self.retry_after,
            error="" if status else "It cannot be reached.",
            sent_headers=headers,
            timed_out=self.timed_out,
        )

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.requests]

    @property
    def types(self) -> list[str]:
        documents = [request.document for request in self.requests]
        return [each.get("type") or each["event_type"] for each in documents]


@dataclass(slots=True)
class Senders:
    """Sends at once what is due when it is reported."""

    receivers: Receivers

    def room(self, workspace: int) -> int:
        return 1

    def send(self, lease: Lease) -> None:
        deliver(lease, send=self.receivers)


def dispatch(receivers: Receivers) -> None:
    """Report and send all that is due, as a dispatcher does."""
    report_due(read_time(), Senders(receivers))
    while lease := lease_endpoint(read_time()):
        deliver(lease, send=receivers)


def register(api: Api, url: str = URL, **fields: Any) -> dict[str, Any]:
    response = api.post("/webhooks", {"url": url, **fields})
    assert response.status_code == 201, response.content
    endpoint: dict[str, Any] = response.json()
    return endpoint


def create(api: Api, seconds: float = 10, outcome: str = "completed", **fields: Any) -> str:
    """Create a job; return its id."""
    job = api.create({"simulation": {"outcome": outcome, "duration": seconds}, **fields})
    return str(job["id"])


def attempts() -> list[float]:
    """Return when each attempt was made, in seconds since the new year."""
    times = DeliveryAttempt.objects.values_list("at", flat=True)
    return [(each - NEW_YEAR).total_seconds() for each in times]
