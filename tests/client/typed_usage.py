"""What a program may do with the client's types. Type checkers read this; it is not run."""

# ruff: noqa: T201  # programs print

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, assert_type

from heygen_video_translation.client import (
    Asset,
    AsyncJobHandle,
    AsyncTranslationClient,
    Batch,
    Experience,
    Job,
    JobError,
    JobFailed,
    JobHandle,
    JobOutcome,
    JobTarget,
    PollingTimeout,
    Proofread,
    TranslationClient,
    TranslationClientError,
    TranslationRequest,
    WaitFailed,
    WaitTimedOut,
)

connect = functools.partial(AsyncTranslationClient, "http://127.0.0.1:8000", api_key="mine")
kinds = [TranslationClient, AsyncTranslationClient]
factory: Callable[..., AsyncTranslationClient] = AsyncTranslationClient
print(connect, kinds, factory)


class Blocking(TranslationClient):
    def __init__(self, base_url: str, experience: Experience) -> None:
        super().__init__(base_url, experience=experience, long_poll=0)


class Awaiting(AsyncTranslationClient):
    def __init__(self, base_url: str) -> None:
        super().__init__(base_url, timeout=None)


def follow(client: TranslationClient, targets: list[JobTarget], *, has_errors: bool) -> None:
    assert_type(client.get_newest_job(), Job)
    assert_type(client.get_status("a"), Job)
    assert_type(client.wait_for_completion("a", timeout=None), Job)
    assert_type(client.watch("a"), Iterator[Job])
    assert_type(client.as_completed(targets), Iterator[Job])
    assert_type(client.list_jobs(status="pending", limit=3), Iterator[Job])
    assert_type(client.wait_for_all(targets), dict[str, Job])
    assert_type(client.wait_for_all(["a"], return_exceptions=False), dict[str, Job])
    assert_type(client.wait_for_all(["a"], return_exceptions=True), dict[str, JobOutcome])
    assert_type(client.wait_for_all(["a"], return_exceptions=has_errors), dict[str, JobOutcome])
    jobs = [client.create_job(simulation={"outcome": "stuck", "duration": [1, 2]})]
    client.wait_for_all(jobs, on_update=print)
    for outcome in client.wait_for_all(jobs, return_exceptions=True).values():
        print(outcome.status if isinstance(outcome, Job) else outcome.detail)


def use_heygen(path: str) -> None:
    client = TranslationClient("https://api.heygen.com", api_key="mine", dialect="heygen")
    asset = assert_type(client.upload(path), Asset)
    jobs = assert_type(
        client.create_jobs(
            asset=asset,
            target_languages=["French"],
            options={"mode": "precision", "enable_caption": True},
            timeout=None,
        ),
        list[Job],
    )
    client.download(jobs[0], "talk.srt", kind="srt")
    wanted = TranslationRequest(asset=asset, target_languages=("French", "German"))
    batch = assert_type(client.batches.create([wanted], title="Talks"), Batch)
    assert_type(client.wait_for_all(batch.jobs), dict[str, Job])
    [proofread] = client.proofreads.create(asset=asset, target_languages=["French"], title="A")
    assert_type(client.proofreads.wait(proofread, timeout=60), Proofread)
    assert_type(client.proofreads.generate(proofread, options={"captions": True}), Job)


def use_handles(client: TranslationClient) -> None:
    def note(handle: JobHandle) -> None:
        print(handle.job.raw, handle.job.headers)

    handle = assert_type(client.start(target_language="French"), JobHandle)
    handle.add_done_callback(note)
    handle.add_done_callback(print)
    assert_type(handle.result(timeout=None), Job)
    assert_type(handle.done(), bool)
    assert_type(handle.cancel(), bool)
    assert_type(client.translate("talk.mp4", to="French", save_as="talk.fr.mp4"), Job)
    assert_type(client.translate(video_url="https://a.invalid/", to=["French"]), list[Job])
    assert_type(client.with_options(timeout=None, headers={"X-Trace": "1"}), TranslationClient)
    assert_type(client.get_status("a").raw["cost"], Any)


async def use_handles_async() -> None:
    client = AsyncTranslationClient(driver="httpx")
    handle = assert_type(await client.start(target_language="French"), AsyncJobHandle)
    handle.add_done_callback(print)
    assert_type(await handle, Job)
    assert_type(await handle.result(timeout=3), Job)
    assert_type(await handle.cancel(), bool)
    assert_type(await client.translate("talk.mp4", to="French"), Job)
    assert_type(await client.translate("talk.mp4", to=("French", "German")), list[Job])
    assert_type(client.with_options(max_retries=0), AsyncTranslationClient)


async def use_heygen_async() -> None:
    client = AsyncTranslationClient(dialect="heygen-v2")
    assert_type(await client.upload("talk.mp4"), Asset)
    assert_type(await client.batches.get("b"), Batch)
    assert_type(await client.proofreads.get("p"), Proofread)


async def follow_async(client: AsyncTranslationClient) -> None:
    async def note(job: Job) -> None:
        print(job.estimated_time_remaining)

    async with client as same:
        assert_type(same, AsyncTranslationClient)
    assert_type(await client.get_newest_job(), Job)
    assert_type(await client.wait_for_completion("a", on_update=note), Job)
    assert_type(await client.wait_for_all(["a"]), dict[str, Job])
    assert_type(await client.wait_for_all(["a"], return_exceptions=True), dict[str, JobOutcome])
    async for job in client.as_completed(["a"]):
        print(job.id)


def handle(error: TranslationClientError) -> None:
    assert_type(error.job, Job | None)
    assert_type(error.detail, str)
    assert_type(error.headers, Mapping[str, str])
    if isinstance(error, JobFailed):
        assert_type(error.job, Job)
        assert_type(error.error, JobError)
    if isinstance(error, WaitFailed):
        assert_type(error.exceptions, tuple[TranslationClientError, ...])
        assert_type(error.jobs, dict[str, Job])
    if isinstance(error, WaitTimedOut):
        late: PollingTimeout = error
        print(late.detail)
