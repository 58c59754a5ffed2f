"""Creating files that only their owner can read."""

from contextlib import suppress
from pathlib import Path

from vid_trans_api.sqlite.errors import UnusableFile


def create_private(path: Path) -> None:
    """Create an empty file that only its owner can read, unless there is one.

    SQLite gives the files that it creates beside a database the same permissions. Raises
    UnusableFile.
    """
    try:
        with suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise UnusableFile(path, error.strerror) from None
