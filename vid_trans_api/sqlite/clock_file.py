"""A file beside the database that lets all processes of a machine agree on the time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vid_trans_api.clock import Stretch
from vid_trans_api.sqlite.errors import UnusableFile
from vid_trans_api.sqlite.files import create_private

try:
    from fcntl import LOCK_EX, flock
except ImportError:  # on Windows
    flock = None  # type: ignore[assignment]

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
"""Tells since when monotonic time counts. Where there is none, each process has its own clock."""


_SIZE: Final = 512


class ClockFile:
    """Holds the last stretch of the clock that was decided on, and the boot that it belongs to."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.clock")
        self._last: Stretch | None = None
        """For when the file cannot be used, as its folder was deleted."""

    @staticmethod
    def is_possible() -> bool:
        return flock is not None and BOOT_ID.exists()

    def share(self, decide: Callable[[Stretch | None], Stretch]) -> Stretch:
        """Replace the stretch, under a lock. See `clock.Share`."""
        try:
            create_private(self._path)
            with self._path.open("r+") as file:
                flock(file, LOCK_EX)
                boot_id = BOOT_ID.read_text().strip()
                self._last = decide(_read(file.read(), boot_id))
                text = json.dumps({"boot_id": boot_id, "stretch": self._last})
                file.seek(0)
                file.write(text.ljust(_SIZE))  # at once, and all of what was there
        except (OSError, UnusableFile):
            self._last = decide(self._last)
        return self._last


def _read(text: str, boot_id: str) -> Stretch | None:
    """Return the stretch in a file; None if it belongs to another boot or cannot be read."""
    try:
        values = json.loads(text)
        return Stretch(*values["stretch"]) if values["boot_id"] == boot_id else None
    except (ValueError, KeyError, TypeError):
        return None
