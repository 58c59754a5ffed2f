"""Batches and proofreads of the asyncio client."""

# ruff: noqa: ASYNC109  # as the blocking client
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .creation import TranslationRequest
from .downloads import PartFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .awaiting_driver import AwaitingDriver
    from .creation import Asset, GenerationOptions, HeygenOptions
    from .group_operations import BatchOperations, ProofreadOperations
    from .groups import Batch, Proofread
    from .jobs import Job
    from .steps import Timeout


class AsyncBatches:
    """The batches of a client: `AsyncTranslationClient.batches`."""

    def __init__(
        self,
        driver: AwaitingDriver,
        operations: BatchOperations,
        *,
        deadline: Callable[[Timeout], float],
    ) -> None:
        self._driver = driver
        self._operations = operations
        self._deadline = deadline

    async def create(
        self,
        translations: Sequence[TranslationRequest],
        *,
        title: str | None = None,
        timeout: Timeout = ...,
    ) -> Batch:
        """Create a batch and return it; see `Batches.create`."""
        steps = self._operations.create(translations, title=title, deadline=self._deadline(timeout))
        return await self._driver.run(steps)

    async def get(self, batch: Batch | str) -> Batch:
        """Return a batch as it is now, with all of its jobs."""
        return await self._driver.run(self._operations.get(batch))


class AsyncProofreads:
    """The proofreads of a client: `AsyncTranslationClient.proofreads`."""

    def __init__(
        self,
        driver: AwaitingDriver,
        operations: ProofreadOperations,
        *,
        deadline: Callable[[Timeout], float],
    ) -> None:
        self._driver = driver
        self._operations = operations
        self._deadline = deadline

    async def create(
        self,
        *,
        target_languages: Sequence[str],
        title: str,
        video_url: str | None = None,
        asset: Asset | None = None,
        options: HeygenOptions | None = None,
        timeout: Timeout = ...,
    ) -> list[Proofread]:
        """Create a proofread for each language; see `Proofreads.create`."""
        wanted = TranslationRequest(
            video_url=video_url,
            asset=asset,
            target_languages=target_languages,
            title=title,
            options=options,
        )
        steps = self._operations.create(wanted, deadline=self._deadline(timeout))
        return await self._driver.run(steps)

    async def get(self, proofread: Proofread | str) -> Proofread:
        """Return a proofread as it is now."""
        return await self._driver.run(self._operations.get(proofread))

    async def wait(self, proofread: Proofread | str, *, timeout: Timeout = ...) -> Proofread:
        """Wait for the end of a proofread; see `Proofreads.wait`."""
        steps = self._operations.wait(proofread, deadline=self._deadline(timeout))
        return await self._driver.run(steps)

    async def download_captions(
        self, proofread: Proofread | str, path: str | Path, *, original: bool = False
    ) -> Path:
        """Write the captions to a file; see `Proofreads.download_captions`."""
        with PartFile(path, None) as file:
            steps = self._operations.download_captions(proofread, file, is_original=original)
            await self._driver.run(steps)
        return Path(path)

    async def replace_captions(self, proofread: Proofread | str, path: str | Path) -> Proofread:
        """Replace the captions of a completed proofread by those in an SRT file."""
        content = await self._driver.in_thread(Path(path).read_bytes)
        return await self._driver.run(self._operations.replace_captions(proofread, content))

    async def generate(
        self,
        proofread: Proofread | str,
        *,
        options: GenerationOptions | None = None,
        timeout: Timeout = ...,
    ) -> Job:
        """Start the translation of a proofread; see `Proofreads.generate`."""
        steps = self._operations.generate(proofread, options, deadline=self._deadline(timeout))
        return await self._driver.run(steps)
