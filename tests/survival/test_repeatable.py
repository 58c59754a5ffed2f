"""The same seed and the same instant make two servers, strangers to each other, answer alike."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import pytest

from tests.servers import API, Caller, Server, gunicorn
from tests.survival.witness import all_at_once
from vid_trans_api.simulation.faults import Fault, parameters_of
from vid_trans_api.simulation.scenarios import NAMES

_ID: Final = re.compile(rb"[0-9a-f]{32}")


@pytest.fixture
def strangers(migrated_store: Path, tmp_path: Path) -> Iterator[list[Server]]:
    """Two fresh servers, each with a store of its own."""
    stores = [Path(shutil.copy(migrated_store, tmp_path / name)) for name in ("one", "two")]
    starting = [gunicorn(store, store.with_suffix(".log")) for store in stores]
    started: dict[int, Server] = {}
    with ExitStack() as stack:

        def start(number: int) -> None:
            started[number] = stack.enter_context(starting[number])

        all_at_once(len(starting), start)
        yield [started[number] for number in range(len(starting))]


class Story:
    """What a server answers, request by request, with ids told apart by their order only."""

    def __init__(self, caller: Caller) -> None:
        self.told: list[list[Any]] = []
        self._caller = caller
        self._ids: dict[bytes, bytes] = {}

    def ask(self, method: str, path: str, document: object = None, **headers: str) -> Any:
        """Return the answer as JSON; None where it is not, or where none comes."""
        try:
            answer = self._caller.ask(method, path, document, headers)
        except (HTTPException, OSError) as error:
            self.told.append([method, type(error).__name__])
            return None
        kept = sorted((name, value) for name, value in answer.headers.items() if name != "Date")
        written = [(name, self._without_ids(value.encode())) for name, value in kept]
        self.told.append([method, answer.status, written, self._without_ids(answer.body)])
        try:
            return answer.document
        except ValueError:
            return None

    def _without_ids(self, text: bytes) -> bytes:
        return _ID.sub(
            lambda match: self._ids.setdefault(match[0], b"id %d" % len(self._ids)), text
        )

    @property
    def ids(self) -> list[str]:
        return [each.decode() for each in self._ids]


def by_chance(on: str, fault: int | Fault) -> dict[str, Any]:
    details = {"seconds": 0.01, "retry_after": 7, "status": 502}
    return {"on": on, "fault": fault, "probability": 0.3} | {
        name: details[name] for name in parameters_of(fault)
    }


def told_by(server: Server) -> Story:
    with server.caller() as caller:
        story = Story(caller)
        ask = story.ask
        ask("POST", "/simulation/reset", {"seed": 42})
        ask("POST", "/simulation/clock", {"freeze": "2026-01-01T00:00:00Z"})
        defaults = {
            "duration": [5, 60],
            "error_probability": 0.4,
            "rate_limit": "400/s",
            "faults": [by_chance(on, 503) for on in ("create", "list", "cancel", "result")],
        }
        ask("PATCH", "/simulation/defaults", defaults)
        for simulation in (
            *({} for _ in range(10)),
            *({"scenario": name} for name in NAMES if name != "slowpoke"),
            *({"faults": [by_chance("status", fault)]} for fault in (500, 429, *Fault)),
            {"faults": [by_chance("create", Fault.LOST_RESPONSE)]},
        ):
            ask("POST", "/jobs", {"simulation": simulation})
        ask("POST", "/jobs", {}, **{"Idempotency-Key": "one"})
        ask("POST", "/jobs", {}, **{"Idempotency-Key": "one"})
        ids = story.ids
        for number, advance in enumerate([0, 3, "next", 20, "next"]):
            ask("POST", "/simulation/clock", {"advance": advance})
            for job_id in ids:
                ask("GET", f"/jobs/{job_id}")
            ask("GET", f"/jobs?ids={','.join(ids[number:10])}")
            ask("GET", "/status")
            ask("POST", f"/jobs/{ids[number]}/cancel")
            ask("GET", f"/jobs/{ids[-number]}/result")
            ask("PATCH", f"/simulation/jobs/{ids[5 + number]}", {"finish": "now"})
            ask("GET", f"/simulation/jobs/{ids[10 + number]}")
            page = ask("GET", "/jobs?limit=20")
            while page and page.get("next"):
                page = ask("GET", page["next"].partition(API)[2])
        ask("PATCH", "/simulation/defaults", {"faults": None})
        return story


def test_two_strangers_with_one_seed_tell_one_story(strangers: list[Server]) -> None:
    stories: dict[int, Story] = {}

    def tell(number: int) -> None:
        stories[number] = told_by(strangers[number])

    all_at_once(2, tell)

    first, second = (stories[number].told for number in range(2))
    assert first == second
    assert {each[1] for each in first} == {
        *(200, 202, 404, 409, 429, 500, 502, 503),
        *("ConnectionResetError", "IncompleteRead", "RemoteDisconnected"),
    }
    assert not {*stories[0].ids} & {*stories[1].ids}
