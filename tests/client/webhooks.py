"""Signed webhooks of both kinds, as this project's server sends them."""

import json
from operator import itemgetter
from typing import Any

from vid_trans_api.webhooks.signing import heygen_headers, standard_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_YW5vdGhlciBzZWNyZXQ="
NOW = 1_750_000_000


def standard(
    document: object, *, event_id: str = "evt_1", at: int = NOW, secret: str = SECRET
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a webhook by Standard Webhooks."""
    body = json.dumps(document).encode()
    return standard_headers(event_id=event_id, timestamp=at, body=body, secret=secret), body


def heygen(
    document: object, *, event_id: str = "evt_1", at: int = NOW, secret: str = SECRET
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a webhook of HeyGen's API."""
    body = json.dumps(document).encode()
    return heygen_headers(event_id=event_id, timestamp=at, body=body, secret=secret), body


def job_completed(job_id: str = "a", **headers: Any) -> tuple[dict[str, str], bytes]:
    return standard(
        {"type": "job.completed", "data": {"id": job_id, "status": "completed"}}, **headers
    )


def translated(job_id: str = "a", **headers: Any) -> tuple[dict[str, str], bytes]:
    data = {"video_translate_id": job_id, "url": "http://files.invalid/a.mp4"}
    return heygen({"event_type": "video_translate.success", "event_data": data}, **headers)


class Post:
    """Does things at instants of a clock while a client sleeps, such as deliver webhooks.

    What returns something true ends the sleep, as a webhook does that wakes the client.
    """

    def __init__(self, clock):
        self.clock = clock
        self.due = []

    def at(self, instant, action):
        self.due.append((instant, action))

    def sleep(self, seconds):
        until = self.clock.now + seconds
        for instant, action in sorted(self.due, key=itemgetter(0)):
            if instant <= until:
                self.due.remove((instant, action))
                self.clock.now = max(self.clock.now, instant)
                if action():
                    return
        self.clock.now = until
