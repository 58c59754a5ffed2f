"""The receivers in examples/ wake a client that waits, and refuse what is not genuine."""

import asyncio
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Timer
from types import ModuleType
from typing import Any

import pytest
from django.test import RequestFactory

from heygen_video_translation.client import AsyncTranslationClient, Job, TranslationClient
from heygen_video_translation.testing import TranslationSimulator
from heygen_video_translation.testing.server_process import ServerProcess
from tests.docs.pages import ROOT, append, code_blocks, files
from tests.ports import free_port

FOLDER = ROOT / "examples"
PAGE = "docs/howto-receive-webhooks.md"
INTERVALS: Mapping[str, Any] = {"min_polling_interval": 90.0, "max_polling_interval": 90.0}
SOON = 80.0
"""Seconds within which a wait that is woken ends, with the start of its program, on a busy machine.

One that is not woken ends with a poll, which comes after 90 s or more.
"""

LONGEST = 12
"""Lines of a receiver, from its decorators on."""

Post = Callable[[Mapping[str, str], bytes], int]


def django(module: ModuleType) -> Post:
    def post(headers: Mapping[str, str], body: bytes) -> int:
        request = RequestFactory().post(
            "/hook", body, content_type="application/json", headers=dict(headers)
        )
        return int(module.receive(request).status_code)

    return post


def flask(module: ModuleType) -> Post:
    def post(headers: Mapping[str, str], body: bytes) -> int:
        client = module.app.test_client()
        return int(client.post("/hook", headers=dict(headers), data=body).status_code)

    return post


def fastapi(module: ModuleType) -> Post:
    async def send(headers: Mapping[str, str], body: bytes) -> int:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def note(message: dict[str, Any]) -> None:
            sent.append(message)

        names = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/hook", "headers": names}
        await module.app({**scope, "query_string": b""}, receive, note)
        return int(sent[0]["status"])

    return lambda headers, body: asyncio.run(send(headers, body))


POSTS: Mapping[str, Callable[[ModuleType], Post]] = {
    "wake_django": django,
    "wake_flask": flask,
    "wake_fastapi": fastapi,
}


@pytest.fixture
def simulator(server: ServerProcess) -> Iterator[TranslationSimulator]:
    with TranslationSimulator(server.url, seed=1) as simulator:
        yield simulator


@pytest.fixture(params=POSTS)
def example(
    request: pytest.FixtureRequest,
    simulator: TranslationSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ModuleType]:
    """Import an example as a program does, but with a client that polls rarely."""
    monkeypatch.setenv("HEYGEN_API_BASE", simulator.heygen_url)
    monkeypatch.setenv("HEYGEN_API_KEY", simulator.api_key)
    monkeypatch.setenv("WEBHOOK_SECRET", simulator.webhooks.secret)
    monkeypatch.syspath_prepend(str(FOLDER))
    module = importlib.import_module(request.param)
    patient = type(module.client)(dialect="heygen", webhooks=True, **INTERVALS)
    monkeypatch.setattr(module, "client", patient)
    yield module
    del sys.modules[request.param]


def translate(client: TranslationClient | AsyncTranslationClient, callback_url: str) -> Job:
    """Create a job and wait for its end."""
    wanted: dict[str, Any] = {
        "video_url": "https://sim.test/ok.mp4?duration=600&webhooks=forged,duplicate",
        "target_language": "French",
        "options": {"callback_url": callback_url},
    }
    if not isinstance(client, AsyncTranslationClient):
        with client:
            return client.wait_for_completion(client.create_job(**wanted))

    async def translated() -> Job:
        async with client:
            return await client.wait_for_completion(await client.create_job(**wanted))

    return asyncio.run(translated())


def test_webhook_wakes_the_client_that_waits(
    example: ModuleType, simulator: TranslationSimulator
) -> None:
    post = POSTS[example.__name__](example)
    with (
        simulator.webhooks.receiver(post, register=False, kind="heygen") as receiver,
        ThreadPoolExecutor() as threads,
    ):
        waiting = threads.submit(translate, example.client, receiver.url)
        while not simulator.journal():
            pass
        simulator.advance("next", settle=True)
        job = waiting.result(SOON)

    assert job.status == "completed"
    assert sorted(event.status for event in receiver.events) == [204, 204, 400]
    verdict = simulator.verdict()["verdict"]
    assert (verdict["clean"], verdict["polls"]) == (True, 1)


def test_examples_are_short() -> None:
    lines = {path.stem: path.read_text().splitlines() for path in FOLDER.glob("*.py")}

    starts = {
        name: next(index for index, line in enumerate(text) if line.startswith("@"))
        for name, text in lines.items()
    }
    assert lines.keys() == POSTS.keys()
    assert [n for n, text in lines.items() if len(text) - starts[n] > LONGEST] == []


def test_receiver_on_the_page_is_the_example() -> None:
    shown = dict(files(PAGE))["wake_flask.py"]

    code = (FOLDER / "wake_flask.py").read_text().partition('"""\n\n')[2]
    assert shown == code.replace("\n\nfrom heygen", "\nfrom heygen")


def test_program_of_the_page_is_woken(server: ServerProcess, tmp_path: Path) -> None:
    if not all(map(shutil.which, ("curl", "jq"))):
        pytest.skip("curl and jq are not installed: apt-get install curl jq")
    (commands,) = [block for block in code_blocks(PAGE, "sh") if "translate.py" in block]
    port = str(free_port())
    append(tmp_path, [(name, text.replace("9000", port)) for name, text in files(PAGE)])
    commands = commands.replace("http://", "").replace("localhost:8000", server.url)
    program = subprocess.Popen(
        ["sh", "-c", commands.replace("python", f"exec {sys.executable}")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    watchdog = Timer(SOON, program.kill)
    watchdog.start()
    with program:
        assert program.stdout is not None
        assert any(line.startswith("completed http") for line in program.stdout)
        program.kill()
    watchdog.cancel()


def test_ids_that_are_forwarded_wake_a_client_elsewhere(simulator: TranslationSimulator) -> None:
    namespace: dict[str, Any] = {}
    exec(dict(files(PAGE))["forwarding.py"], namespace)
    options: dict[str, Any] = {"api_key": simulator.api_key, "dialect": "heygen"}
    channel: SimpleQueue[str] = SimpleQueue()
    with (
        TranslationClient(simulator.heygen_url, **options) as receiving,
        TranslationClient(simulator.heygen_url, **options, **INTERVALS) as waiting,
        ThreadPoolExecutor() as threads,
    ):

        def receive(headers: Mapping[str, str], body: bytes) -> None:
            secret = simulator.webhooks.secret
            namespace["forward"](receiving, headers, body, secret, channel)

        with simulator.webhooks.receiver(receive, register=False) as receiver:
            listening = threads.submit(namespace["listen"], waiting, channel)
            job = waiting.create_job(
                video_url="https://sim.test/ok.mp4?duration=600",
                target_language="French",
                options={"callback_url": receiver.url},
            )
            ended = threads.submit(waiting.wait_for_completion, job)
            simulator.advance("next", settle=True)
            assert ended.result(SOON).status == "completed"
        channel.put("")
        listening.result(SOON)
