"""The receivers of webhooks in the guide run, take genuine events once, and refuse others."""

import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from heygen_video_translation.testing import TranslationSimulator, Webhooks
from heygen_video_translation.testing.server_process import ServerProcess, run_server
from heygen_video_translation.testing.webhooks import EventKind
from tests.docs.pages import append, code_blocks, files, table
from tests.ports import free_port
from tests.testing.conftest import Project

PAGE = "docs/howto-receive-webhooks.md"
(NODE,) = code_blocks(PAGE, "js")
FAULTS = ("malformed", "forged", "stale-timestamp", "duplicate")

DJANGO_SETTINGS = """
SECRET_KEY, ALLOWED_HOSTS, ROOT_URLCONF = "secret", ["127.0.0.1"], "urls"
"""
DJANGO_URLS = """
from django.urls import path
from receiver_django import receive

urlpatterns = [path("hook", receive)]
"""


@dataclass(frozen=True)
class Receiver:
    """A receiver of the page: how it is started at a port, and which events it gets."""

    name: str
    command: tuple[str, ...]
    kind: EventKind = "standard"

    def stored(self, folder: Path) -> int:
        """Return how many events it has stored."""
        if self.name == "node":
            return (folder / "log").read_text().count("job.completed ")
        with sqlite3.connect(folder / "inbox.sqlite3") as database:
            (count,) = database.execute("SELECT count(*) FROM inbox").fetchone()
        database.close()
        return int(count)


def flask(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "flask", "--app", module, "run", "--port", "PORT")


DJANGO = (sys.executable, "-m", "django", "runserver", "--noreload", "127.0.0.1:PORT")
FASTAPI = (sys.executable, "-m", "uvicorn", "receiver_fastapi:app", "--port", "PORT")
RECEIVERS = [
    Receiver("django", DJANGO),
    Receiver("flask", flask("receiver_flask")),
    Receiver("fastapi", FASTAPI),
    Receiver("node", ("node", "receiver.mjs")),
    Receiver("heygen", flask("receiver_heygen"), kind="heygen"),
]


@pytest.fixture
def simulator(server: ServerProcess) -> Iterator[TranslationSimulator]:
    with TranslationSimulator(server.url, seed=1) as simulator:
        yield simulator


@contextmanager
def running(receiver: Receiver, folder: Path, *, secret: str) -> Iterator[str]:
    """Run a receiver at a free port; yield its URL."""
    append(folder, [block for block in files(PAGE) if block[0] != "test_receiver.py"])
    (folder / "receiver.mjs").write_text(NODE)
    (folder / "settings.py").write_text(DJANGO_SETTINGS)
    (folder / "urls.py").write_text(DJANGO_URLS)
    port = str(free_port())
    command = [word.replace("PORT", port) for word in receiver.command]
    environment = {
        "DJANGO_SETTINGS_MODULE": "settings",
        "PATH": str(Path(shutil.which("node") or "/usr/bin/node").parent),
        "PORT": port,
        "PYTHONPATH": str(folder),
        "WEBHOOK_SECRET": secret,
    }
    url = f"http://127.0.0.1:{port}"
    with run_server(command, log=folder / "log", environment=environment, folder=folder, url=url):
        yield f"{url}/hook"


def create(simulator: TranslationSimulator, kind: EventKind, callback_url: str) -> None:
    """Create a job whose end is reported in every way but the right one, and then in that."""
    own: dict[EventKind, tuple[str, dict[str, Any]]] = {
        "standard": ("/vid_trans_api/jobs", {}),
        "heygen": (
            "/v3/video-translations",
            {
                "video": {"type": "url", "url": "https://example.com/talk.mp4"},
                "output_languages": ["Spanish"],
            },
        ),
    }
    path, fields = own[kind]
    faults = [{"fault": fault} for fault in FAULTS]
    options = {"duration": 60, "outcome": "completed", "webhooks": faults}
    response = requests.post(
        simulator.url + path,
        json={**fields, "callback_url": callback_url, "simulation": options},
        headers={"X-Api-Key": simulator.api_key},
        timeout=10,
    )
    assert response.ok, response.text


def responses(url: str, simulator: TranslationSimulator, kind: EventKind) -> list[int]:
    """Return the statuses for a genuine event, and for others."""
    body = b'{"type": "job.completed", "data": {"id": "1"}}'
    sign = simulator.webhooks.sign
    signed = sign(body, kind=kind)
    requested: list[tuple[Mapping[str, str], bytes]] = [
        (signed, body),
        (signed, body.replace(b"1", b"2")),
        (sign(body, secret="whsec_YW5vdGhlciBzZWNyZXQ=", kind=kind), body),
        ({name: "é,".encode().decode("latin-1") for name in signed}, body),
        ({}, body),
        (sign(b"\xff{", kind=kind), b"\xff{"),
    ]
    if kind == "standard":
        requested.append((sign(body, timestamp=time.time() - 3600), body))
    return [
        requests.post(url, data=content, headers=headers, timeout=10).status_code
        for headers, content in requested
    ]


@pytest.mark.parametrize("receiver", RECEIVERS, ids=lambda receiver: receiver.name)
def test_receiver_takes_an_event_once_and_refuses_others(
    receiver: Receiver, simulator: TranslationSimulator, tmp_path: Path
) -> None:
    if shutil.which(receiver.command[0]) is None:
        pytest.skip(f"{receiver.command[0]} is not installed")
    with running(receiver, tmp_path, secret=simulator.webhooks.secret) as url:
        create(simulator, receiver.kind, url)
        simulator.advance(86_400, settle=True)
        stored = receiver.stored(tmp_path)
        statuses = responses(url, simulator, receiver.kind)

    assert stored == 1
    assert simulator.verdict()["verdict"]["clean"]
    assert statuses == [204, *[400] * (len(statuses) - 1)]


def test_receivers_are_short() -> None:
    texts = {name: text for name, text in files(PAGE) if name.startswith("receiver_")}

    code = {
        name: [line for line in text.splitlines() if line.strip()]
        for name, text in {**texts, "receiver.mjs": NODE}.items()
    }
    assert len(code) == len(RECEIVERS)
    assert {name: len(lines) for name, lines in code.items() if len(lines) > 30} == {}


def test_tests_of_the_page_pass(project: Project) -> None:
    append(project.folder, files(PAGE))

    result = project.pytest()

    assert " 3 passed in " in result.stdout, result.stdout


def test_every_member_of_the_webhooks_is_listed() -> None:
    cells = [row[0] for row in table(PAGE, "The simulator's webhooks")]

    listed = {cell.strip("`").partition("(")[0] for cell in cells}
    assert listed == {name for name in vars(Webhooks) if name[0].islower()}
