"""Batches and proofreads of the blocking client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .creation import TranslationRequest
from .downloads import PartFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .blocking_driver import BlockingDriver
    from .creation import Asset, GenerationOptions, HeygenOptions
    from .group_operations import BatchOperations, ProofreadOperations
    from .groups import Batch, Proofread
    from .jobs import Job
    from .steps import Timeout


class Batches:
    """The batches of a client: `TranslationClient.batches`."""

    def __init__(
        self,
        driver: BlockingDriver,
        operations: BatchOperations,
        *,
        deadline: Callable[[Timeout], float],
    ) -> None:
        self._driver = driver
        self._operations = operations
        self._deadline = deadline

    def create(
        self,
        translations: Sequence[TranslationRequest],
        *,
        title: str | None = None,
        timeout: Timeout = ...,
    ) -> Batch:
        """Create a batch of up to 100 jobs, one for each language of each video, and return it.

        `timeout` is that of `create_job`. `wait_for_all` follows the `jobs` of the batch.
        """
        steps = self._operations.create(translations, title=title, deadline=self._deadline(timeout))
        return self._driver.run(steps)

    def get(self, batch: Batch | str) -> Batch:
        """Return a batch as it is now, with all of its jobs."""
        return self._driver.run(self._operations.get(batch))


class Proofreads:
    """The proofreads of a client: `TranslationClient.proofreads`."""

    def __init__(
        self,
        driver: BlockingDriver,
        operations: ProofreadOperations,
        *,
        deadline: Callable[[Timeout], float],
    ) -> None:
        self._driver = driver
        self._operations = operations
        self._deadline = deadline

    def create(
        self,
        *,
        target_languages: Sequence[str],
        title: str,
        video_url: str | None = None,
        asset: Asset | None = None,
        options: HeygenOptions | None = None,
        timeout: Timeout = ...,
    ) -> list[Proofread]:
        """Create a proofread for each language and return them in this order."""
        wanted = TranslationRequest(
            video_url=video_url,
            asset=asset,
            target_languages=target_languages,
            title=title,
            options=options,
        )
        steps = self._operations.create(wanted, deadline=self._deadline(timeout))
        return self._driver.run(steps)

    def get(self, proofread: Proofread | str) -> Proofread:
        """Return a proofread as it is now."""
        return self._driver.run(self._operations.get(proofread))

    def wait(self, proofread: Proofread | str, *, timeout: Timeout = ...) -> Proofread:
        """Wait until a proofread has completed or failed; `PollingTimeout` at the deadline."""
        steps = self._operations.wait(proofread, deadline=self._deadline(timeout))
        return self._driver.run(steps)

    def download_captions(
        self, proofread: Proofread | str, path: str | Path, *, original: bool = False
    ) -> Path:
        """Write the captions of a completed proofread to a file, as SRT, and return its path.

        They are in the target language; the `original` ones in the language of the video.
        """
        with PartFile(path, None) as file:
            steps = self._operations.download_captions(proofread, file, is_original=original)
            self._driver.run(steps)
        return Path(path)

    def replace_captions(self, proofread: Proofread | str, path: str | Path) -> Proofread:
        """Replace the captions of a completed proofread by those in an SRT file."""
        content = Path(path).read_bytes()
        return self._driver.run(self._operations.replace_captions(proofread, content))

    def generate(
        self,
        proofread: Proofread | str,
        *,
        options: GenerationOptions | None = None,
        timeout: Timeout = ...,
    ) -> Job:
        """Start the translation of a completed proofread and return its job.

        `timeout` is that of `create_job`.
        """
        steps = self._operations.generate(proofread, options, deadline=self._deadline(timeout))
        return self._driver.run(steps)
