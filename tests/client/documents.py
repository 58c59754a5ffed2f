"""Documents of jobs, and scripts of responses that show them."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from tests.client.server import Reply

FULL_JOB = {
    "id": "a",
    "status": "error",
    "progress": 0.5,
    "estimated_time_remaining": None,
    "estimated_time_remaining_range": None,
    "title": "Talk",
    "video_url": "https://example.com/talk.mp4",
    "target_language": "French",
    "created_at": "2026-11-21T03:00:00Z",
    "finished_at": "2026-11-21T03:00:09.5Z",
    "result_url": None,
    "error": {"code": "no_audio", "message": "Silent.", "retryable": True},
}


def pending(name="a", **fields):
    """Return the document of a pending job."""
    return {"id": name, "status": "pending", **fields}


def completed(name="a", **fields):
    """Return the document of a completed job."""
    return {"id": name, "status": "completed", "progress": 1, **fields}


def replies(*documents, **headers):
    """Return responses with these documents and headers."""
    return [Reply(data=document, headers=headers) for document in documents]


def create_job(client, server, **fields):
    """Create a job with the client; the server's response has these fields."""
    server.script = [Reply(202, pending(**fields))]
    return client.call("create_job")


def polled_groups(server):
    """Return when each request arrived, and the ids of the jobs that it was about."""
    groups = []
    for request in server.requests:
        name = request.path.rpartition("/")[2]
        ids = request.query.get("ids") or request.query.get("video_translation_ids") or name
        groups.append((request.at, ids.split(",")))
    return groups


class JobTable:
    """A script for many jobs that end at instants of the clock, with exact estimates.

    `ends` maps the ids to these instants.
    """

    def __init__(self, clock, ends, *, estimates=True):
        self.clock = clock
        self.ends = dict(ends)
        self.estimates = estimates

    def document(self, name):
        left = self.ends[name] - self.clock.now
        if left <= 0:
            return completed(name)
        return pending(name, estimated_time_remaining=left if self.estimates else None)

    def __call__(self, request):
        ids = request.query.get("ids")
        if ids is None:
            name = unquote(urlsplit(request.path).path.rpartition("/")[2])
            if name not in self.ends:
                return Reply(404, {"detail": f"no job {name}"})
            return Reply(data=self.document(name))
        names = ids.split(",")
        return Reply(
            data={
                "results": [self.document(name) for name in names if name in self.ends],
                "not_found": [name for name in names if name not in self.ends],
            }
        )
