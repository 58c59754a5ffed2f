"""A file in which clients of any number of processes share what they learn."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, BinaryIO

from .durations import Traits, finite_number
from .experience import EstimateErrors, Lesson

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__package__)

VERSION = 1
"""The version of the lines of a store."""

MAX_BYTES = 2**19
"""Size after which a file becomes the old one: about 3,000 jobs."""

MAX_LESSONS = 500
"""Most jobs of a server that are read; of older ones less than 1 % would be left."""


class Store:
    """The jobs that clients have followed on one server with one key, in the file `path`.

    A job is one line, which is appended with one write: so processes need no lock, and none that is
    killed can leave one behind. A file of `MAX_BYTES` is renamed to `path` with `.old` at its end
    and read too; whoever has it open still appends to it. Nothing that happens to the files is an
    error of the client: it goes on with what it has learned itself, and logs a warning.
    """

    def __init__(self, path: Path, *, base_url: str, api_key: str | None) -> None:
        self._path = path
        self._old = path.with_name(f"{path.name}.old")
        self._of = digest_of(base_url, api_key)
        self._inode: int | None = None
        self._offset = 0

    def read(self) -> list[Lesson]:
        """Return the lessons that were added since the last call, by any process."""
        try:
            return self._read()
        except OSError as error:
            self._warn(error)
            return []

    def add(self, lesson: Lesson) -> list[Lesson]:
        """Add a lesson, and return it with those of others since the last call."""
        try:
            self._append(lesson)
        except OSError as error:
            self._warn(error)
            return [*self.read(), lesson]
        try:
            return self._read()
        except OSError as error:
            self._warn(error)
            return [lesson]

    def _append(self, lesson: Lesson) -> None:
        # A line of a writer that was killed, or had no space left, may have no end.
        line = f"\n{_document(lesson, of=self._of)}\n".encode()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(file, line) < len(line):
                raise OSError("no space left")
            if os.fstat(file).st_size > MAX_BYTES:
                with suppress(OSError):  # the line is stored, and the next one tries again
                    self._rename(file)
        finally:
            os.close(file)

    def _rename(self, file: int) -> None:
        """Make the file the old one, unless another process does that or has done it."""
        if sys.platform != "win32":
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        if os.fstat(file).st_ino == self._path.stat().st_ino:
            self._path.replace(self._old)

    def _read(self) -> list[Lesson]:
        lines: list[bytes] = []
        for path in (self._old, self._path):
            try:
                with path.open("rb") as file:
                    lines += self._new_lines(file, is_current=path == self._path)
            except FileNotFoundError:
                continue
        own = [line for line in lines if self._of.encode() in line]
        lessons: list[Lesson] = []
        damaged = 0
        for line in own[-MAX_LESSONS:]:
            try:
                lessons += _lessons(line, of=self._of)
            except (KeyError, RecursionError, TypeError, ValueError):
                damaged += 1
        if damaged:
            logger.warning("%s: %d lines are damaged or of a later version", self._path, damaged)
        return lessons

    def _new_lines(self, file: BinaryIO, *, is_current: bool) -> list[bytes]:
        """Return the lines of a file that have not been read yet."""
        inode = os.fstat(file.fileno()).st_ino
        is_known = inode == self._inode
        if not is_known and not is_current and self._inode_is_current():
            return []
        file.seek(self._offset if is_known else 0)
        content = file.read()
        complete = content[: content.rfind(b"\n") + 1]
        self._offset = (self._offset if is_known else 0) + len(complete)
        self._inode = inode
        return complete.splitlines()

    def _inode_is_current(self) -> bool:
        """Whether the file that was read last is still the current one."""
        try:
            return self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def _warn(self, error: OSError) -> None:
        logger.warning("cannot use %s: %s", self._path, error.strerror or error)


def digest_of(base_url: str, api_key: str | None) -> str:
    """Return what stands for a server and a key, which cannot be found out from it."""
    return hashlib.sha256(f"{base_url}\n{api_key or ''}".encode()).hexdigest()[:32]


def _document(lesson: Lesson, *, of: str) -> str:
    fields = {name: value for name, value in asdict(lesson).items() if value is not None}
    return json.dumps({"version": VERSION, "of": of, **fields})


def _lessons(line: bytes, *, of: str) -> Iterator[Lesson]:
    """Yield the lesson in a line, if it is about this server."""
    document = json.loads(line)
    if document["of"] != of:
        return
    if document["version"] != VERSION:
        raise ValueError("another version")
    traits, errors = document["traits"], document.get("errors")
    yield Lesson(
        duration=_positive(document.get("duration")),
        traits=Traits(
            video_duration=_positive(traits["video_duration"]),
            language=None if traits["language"] is None else str(traits["language"]),
            is_precise=traits["is_precise"] is True,
            is_audio_only=traits["is_audio_only"] is True,
        ),
        errors=errors
        and EstimateErrors(
            precision=finite_number(errors["precision"]),
            weighted=finite_number(errors["weighted"]),
            squares=finite_number(errors["squares"]),
        ),
        overdue=_positive(document.get("overdue")),
    )


def _positive(value: Any) -> float | None:
    """Return a number of at least 0, or `None`; `ValueError` for anything else."""
    if value is None:
        return None
    number = finite_number(value)
    if number < 0.0:
        raise ValueError(f"{number} is below 0")
    return number
