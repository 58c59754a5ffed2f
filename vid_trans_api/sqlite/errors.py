"""What can be wrong with a database file."""

from pathlib import Path

from django.db import OperationalError

from vid_trans_api.database_errors import UnusableDatabase


class UnusableFile(UnusableDatabase):
    """The file cannot be created, read or written."""

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"The database {path} cannot be used: {reason}. Set DATABASE_URL to a file that you can"
            " write to, in a folder that you can write to."
        )


class DatabaseFileDeleted(OperationalError):
    """The file was deleted or replaced while this process uses it."""

    def __init__(self) -> None:
        super().__init__(
            "The database file was deleted or replaced while the server runs; restart the server."
        )
