"""A file that is being downloaded and gets its name once it is complete."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class PartFile:
    """A file with the suffix `.part` until it is complete, and removed if it never is."""

    def __init__(
        self, path: str | Path, on_progress: Callable[[int, int | None], object] | None
    ) -> None:
        self._path = Path(path)
        self._part = self._path.with_name(f"{self._path.name}.part")
        self._on_progress = on_progress
        self._received = 0

    def __enter__(self) -> Self:
        self._file = self._part.open("wb")
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._file.close()
        try:
            if error is None:
                self._part.replace(self._path)
        finally:
            self._part.unlink(missing_ok=True)

    def start(self) -> None:
        """Empty the file, as every attempt at a download starts from the beginning."""
        self._received = 0
        self._file.seek(0)
        self._file.truncate()

    def write(self, chunk: bytes, total: int | None) -> None:
        """Append a chunk of a body of `total` bytes, or `None` if the length is unknown."""
        self._file.write(chunk)
        self._received += len(chunk)
        if self._on_progress is not None:
            self._on_progress(self._received, total)
