"""A file that is going to be uploaded."""

from __future__ import annotations

from pathlib import Path

from .errors import FileTooLarge


def content_of(path: str | Path, *, limit: int) -> bytes:
    """Return the bytes of a file; `FileTooLarge` if there are more than `limit`.

    A file that is too large is not read.
    """
    path = Path(path)
    size = path.stat().st_size
    if size > limit:
        raise FileTooLarge(
            f"{path.name} has {size:,} bytes, and the server accepts at most {limit:,};"
            " a larger video can be translated from a public URL"
        )
    return path.read_bytes()
