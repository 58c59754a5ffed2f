"""What programs of each API see of a scenario: the creation, or four polls of a job of 60 s."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.test import Client

from tests.conftest import SetClock
from vid_trans_api.simulation.scenarios import NAMES

DURATION: Final = 60
AGES: Final = (3, 30, 61, 95)
"""When the job is polled: in its queue, later, at its end, and when a late URL is there."""

ELSEWHERE: Final = frozenset({"amnesia", "broken", "slowpoke", "stale"})
"""Scenarios that act on the socket, or at random."""

_ERRORS: Final = 400


@dataclass(frozen=True)
class Dialect:
    """An API, and where its documents have what the table shows."""

    creation: Mapping[str, Any]
    root: str
    result: str
    """The field with the URL of the result."""

    def create(self, client: Client, simulation: Mapping[str, Any]) -> Any:
        body = {**self.creation, "simulation": simulation}
        return client.post(self.root, body, content_type="application/json")

    def id_in(self, document: Any) -> str:
        data = document.get("data", document)
        ids = data.get("video_translation_ids") or [data.get("video_translate_id")]
        return str(data.get("id") or ids[0])

    def described(self, response: Any) -> str:
        """Return the cell for one response."""
        document = response.json()
        error = document.get("error") or {}
        code = f" `{error['code']}`" if "code" in error else ""
        if response.status_code >= _ERRORS:
            return f"{response.status_code}{code}"
        if "data" in document and document["data"] is None:
            return f"{response.status_code} with{code}"
        job = document.get("data", document)
        late = " without URL" if job["status"] in _SUCCESS and not job.get(self.result) else ""
        return f"`{job['status']}`{late}"


_SUCCESS: Final = ("completed", "success")
_VIDEO: Final = "https://example.com/talk.mp4"
DIALECTS: Final = (
    Dialect(
        creation={"video": {"type": "url", "url": _VIDEO}, "output_languages": ["Spanish"]},
        root="/v3/video-translations",
        result="video_url",
    ),
    Dialect(
        creation={"video_url": _VIDEO, "output_language": "Spanish"},
        root="/v2/video_translate",
        result="url",
    ),
    Dialect(creation={}, root="/vid_trans_api/jobs", result="result_url"),
)


def cells(scenario: str, clock: SetClock) -> list[str]:
    """Return what each API's program sees of a scenario."""
    return [_seen(dialect, scenario, clock) for dialect in DIALECTS]


def _seen(dialect: Dialect, scenario: str, clock: SetClock) -> str:
    client = Client(headers={"X-Api-Key": f"{scenario} of {dialect.root}"})
    defaults = {"duration": DURATION}  # no option, so that a scenario with a duration keeps it
    client.patch("/vid_trans_api/simulation/defaults", defaults, content_type="application/json")
    created = dialect.create(client, {"scenario": scenario})
    if created.status_code >= _ERRORS:
        return dialect.described(created)
    path, start, seen = f"{dialect.root}/{dialect.id_in(created.json())}", clock.at, []
    for age in AGES:
        clock.at = start
        clock.advance(age)
        seen.append(dialect.described(client.get(path)))
    clock.at = start
    return ", ".join(seen)


def rows(clock: SetClock) -> Iterator[list[str]]:
    """Yield the rows of the table; scenarios that look the same share one."""
    found = {name: cells(name, clock) for name in NAMES if name not in ELSEWHERE}
    ordered = sorted(found, key=lambda name: list(found.values()).index(found[name]))
    for seen, names in groupby(ordered, key=found.__getitem__):
        yield [", ".join(f"`{name}`" for name in names), *seen]
