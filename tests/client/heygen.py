"""Documents of HeyGen's API, and a script of its v3 that shows jobs by the clock."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.client.server import Reply

V3 = "/v3/video-translations"
V2 = "/v2/video_translate"
KEY = "heygen-key"


def translation(name="a", status="running", **fields):
    """Return a v3 response with a translation."""
    return {"data": {"id": name, "status": status, "output_language": "French", **fields}}


def completed(name="a", url="http://files.invalid/a.mp4", **fields):
    return translation(name, "completed", video_url=url, **fields)


def error(status, code, message="No.", **headers):
    """Return a v3 response with an error."""
    return Reply(status, {"error": {"code": code, "message": message}}, headers=headers)


def masked(code):
    """Return a v2 response with an error, but the status 200."""
    return Reply(data={"data": None, "error": {"code": code, "message": "No."}})


def created(*ids):
    return Reply(data={"data": {"video_translation_ids": list(ids)}})


class Translations:
    """A script of v3 for translations that complete at instants of the clock.

    `ends` maps the ids to these instants. `late` is the time in seconds until a completed
    translation has its URL.
    """

    def __init__(self, clock, ends, *, late=0.0, url="http://files.invalid"):
        self.clock, self.ends, self.late, self.url = clock, dict(ends), late, url

    def __call__(self, request):
        path = urlsplit(request.path).path
        if path != f"{V3}/statuses":
            return Reply(data=self.document(path.rpartition("/")[2]))
        names = request.query["video_translation_ids"].split(",")
        return Reply(data={"data": [self.row(name) for name in names], "has_more": False})

    def row(self, name):
        if name not in self.ends:
            return {"video_id": name, "status": "not_found"}
        is_done = self.clock.now >= self.ends[name]
        return {"video_id": name, "status": "completed" if is_done else "processing"}

    def document(self, name):
        if self.clock.now < self.ends[name]:
            return translation(name)
        if self.clock.now < self.ends[name] + self.late:
            return translation(name, "completed")
        return completed(name, f"{self.url}/{name}.mp4")
