"""How much processor time processes have used, from Linux's /proc."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PARENT: Final = 1
_TIMES: Final = slice(11, 15)
"""Where these are behind a command's name: the times in user mode and in the kernel, of the process
itself and of its children that have ended."""


def used_by(process_id: int) -> float:
    """Return the seconds that a process and all that it has started have used."""
    ticks = 0
    for each in _family(process_id):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            ticks += sum(map(int, _fields(each)[_TIMES]))
    return ticks / _TICKS


def parent_of(process_id: int) -> int:
    return int(_fields(process_id)[_PARENT])


def _family(process_id: int) -> Iterator[int]:
    yield process_id
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        for thread in Path(f"/proc/{process_id}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))


def _fields(process_id: int) -> list[str]:
    return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
