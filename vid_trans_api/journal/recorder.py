"""The recorder: it buffers requests in memory, and a thread writes them to the database."""

import atexit
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction

from vid_trans_api import clock
from vid_trans_api.journal.reported import Reported
from vid_trans_api.models import LoggedRequest, Workspace, digest_of
from vid_trans_api.models.database import EachOf, as_stored, release_connection, without_nul
from vid_trans_api.models.logged_requests import LONGEST_JOB, LONGEST_USER_AGENT
from vid_trans_api.simulation.faults import has_no_response, is_unreadable
from vid_trans_api.snapshots import Operation

LONGEST_JOURNAL: Final = 1_000_000
"""The largest JOURNAL_LENGTH, in requests of one workspace."""

CAPACITY: Final = 20_000
"""How many requests may be buffered; further ones are dropped."""

CAPACITY_BYTES: Final = 64 * 1024 * 1024
"""How much memory they may take, about: 7,000 requests for 100 jobs do."""

MOST_MARKED: Final = 10_000
"""Of how many API keys it is remembered that requests were dropped. Beyond, all are affected."""

_ROW_BYTES: Final = 2_000
"""What a row takes besides the jobs that it reports."""

_PAUSE: Final = 0.25
"""Seconds between two writes: a process that is killed loses at most these."""

_PAUSE_AFTER_ERROR: Final = 2.0
"""Seconds to the next write after the database did not accept one."""

_FULL_BATCH: Final = 1_000
"""How many buffered requests are written without a pause."""

_LONGEST_WAIT: Final = 1.0
"""Seconds that a reader waits for another thread's write."""

_json: Final = json.JSONEncoder(separators=(",", ":"))
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Recording:
    """What is recorded about one request; a dialect fills it in while it processes the request."""

    key_digest: str
    operation: Operation
    server_received_at: datetime
    user_agent: str
    job_ids: Sequence[str] = ()
    """The jobs that the request is about."""
    workspace: Workspace | None = None
    """As it was when the request was processed; None if it could not be read."""
    workspace_at_response: Workspace | None = None
    """As it was at the response, if the clock may have been set in the meantime."""
    reported: Mapping[str, Reported] = field(default_factory=dict)
    """What the response reports, by job id. An error response reports nothing."""
    scenario: str = ""
    """Of the job that the request created."""
    server_responded_at: datetime | None = None
    status: int = 0
    retry_after: int | None = None
    wait: int | None = None
    is_long_poll: bool = False
    """Whether the server waited before it responded."""
    faults: Sequence[str] = ()
    is_delivered: bool = True
    """Whether the client stayed for the whole response."""
    content_digest: str = ""
    """A digest of a creation's body, a list's query, or the batches that a poll is about."""
    idempotency_key: str = ""
    notes: Sequence[str] = ()
    """Known mistakes in the request that have no effect here."""

    def row(self) -> "Row":
        """Return what is stored: much less than the workspaces and jobs that this refers to."""
        is_readable = self.is_delivered and not any(map(is_unreadable, self.faults))
        reported: dict[str, Any] = {
            without_nul(each) if len(each) <= LONGEST_JOB else _shortened(each): None
            for each in self.job_ids
        }
        if self.status < HTTPStatus.BAD_REQUEST:
            for job_id, each in self.reported.items():
                reported[job_id] = each.to_json() if is_readable else None
        at_start = self.workspace
        at_response = self.workspace_at_response or at_start
        server_received_at = self.server_received_at
        server_responded_at = self.server_responded_at or server_received_at
        text = _json.encode(reported)
        notes = without_nul("\n".join(self.notes))
        columns = {
            "operation": self.operation.value,
            "job": next(iter(reported)) if len(reported) == 1 else "",
            "scenario": self.scenario,
            "server_received_at": as_stored(server_received_at),
            "server_responded_at": as_stored(server_responded_at),
            "status": None if any(map(has_no_response, self.faults)) else self.status,
            "retry_after": self.retry_after,
            "wait": self.wait,
            "is_long_poll": self.is_long_poll,
            "fault": ", ".join(self.faults),
            "is_readable": is_readable,
            "reported": text,
            "content_digest": self.content_digest,
            "idempotency_key_digest": digest_of(self.idempotency_key),
            "user_agent": without_nul(self.user_agent[:LONGEST_USER_AGENT]),
            "notes": notes,
        }
        return Row(
            key_digest=self.key_digest,
            server_received_at=server_received_at,
            server_responded_at=server_responded_at,
            received_at=at_start.now(server_received_at) if at_start else None,
            responded_at=at_response.now(server_responded_at) if at_response else None,
            columns=columns,
            size=_ROW_BYTES + len(text) + len(notes),
        )


class Row(NamedTuple):
    """A recorded request as it is stored, but for its workspace's number."""

    key_digest: str
    server_received_at: datetime
    server_responded_at: datetime
    received_at: datetime | None
    """By the workspace's clock, None if the workspace could not be read."""
    responded_at: datetime | None
    columns: Mapping[str, Any]
    size: int
    """About how many bytes of memory it takes."""

    def in_workspace(self, stored: Workspace) -> Mapping[str, Any]:
        """Return all columns but the number, in the workspace as it is stored now."""
        received_at = self.received_at or stored.now(self.server_received_at)
        responded_at = self.responded_at or stored.now(self.server_responded_at)
        return {
            **self.columns,
            "workspace_id": stored.pk,
            "received_at": self._as_stored(received_at),
            "responded_at": self._as_stored(responded_at),
        }

    def _as_stored(self, instant: datetime) -> str:
        """Write an instant. Most workspaces have the server's time, which is written already."""
        if instant is self.server_received_at:
            return str(self.columns["server_received_at"])
        if instant is self.server_responded_at:
            return str(self.columns["server_responded_at"])
        return as_stored(instant)


class Dropped(NamedTuple):
    """When the last dropped request of a workspace was responded to."""

    server_responded_at: datetime
    responded_at: datetime | None
    """By the workspace's clock, None if that is not known."""

    def at(self, workspace: Workspace) -> datetime:
        return self.responded_at or workspace.now(self.server_responded_at)


def _shortened(job_id: str) -> str:
    """Return as much of a long job id and of its digest as the column holds."""
    return f"{without_nul(job_id[:8])}…{digest_of(job_id)[: LONGEST_JOB - 9]}"


@dataclass(slots=True)
class Journal:
    """The requests that this process has not written yet, and the thread that writes them.

    The first request starts the thread, so that it runs in the process that serves requests. A
    later request starts it again if it has died.
    """

    has_thread: bool = True
    """Whether a thread writes; without one, requests are written when `flush` is called."""
    dropped: int = 0
    """How many requests could not be written, or found no room in the buffer."""
    _buffer: deque[Row] = field(default_factory=deque)
    _size: int = 0
    """The bytes of what is buffered or being written."""
    _oldest_in_write: datetime | None = None
    """When the first of the requests that are being written was responded to."""
    _counting: threading.Lock = field(default_factory=threading.Lock)
    """Held for a moment, to change the buffer together with its size."""
    _last_dropped: dict[str | None, Dropped] = field(default_factory=dict)
    """By the digest of its API key. Its workspace has yet to be marked as missing requests.

    None stands for all workspaces, once there are too many.
    """
    _is_failing: bool = False
    """Whether the database did not accept the last write."""
    _thread: threading.Thread | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _has_some: threading.Event = field(default_factory=threading.Event)
    _has_many: threading.Event = field(default_factory=threading.Event)

    def record(self, recording: Recording, is_delivered: bool) -> None:  # noqa: FBT001 (the socket faults pass it by position)
        """Buffer a request that has just been responded to. This never waits and never fails.

        `is_delivered` says whether the client stayed for the whole response. If a request is
        recorded twice, the first time counts.
        """
        if recording.server_responded_at is not None:
            return
        recording.server_responded_at = clock.now()
        recording.is_delivered = is_delivered
        try:
            row = recording.row()
        except Exception:  # noqa: BLE001 (a mistake of this server; the response is fine)
            _log.exception("A request cannot be logged, and is dropped.")
            self._drop(recording.key_digest, Dropped(recording.server_responded_at, None))
            return
        with self._counting:
            has_room = len(self._buffer) < CAPACITY and self._size + row.size <= CAPACITY_BYTES
            if has_room:
                self._buffer.append(row)
                self._size += row.size
        if not has_room:
            self._drop_row(row)
            return
        if not self._has_some.is_set():
            self._has_some.set()
            if self.has_thread:
                self._start()
        if len(self._buffer) >= _FULL_BATCH:
            self._has_many.set()

    def flush(self) -> bool:
        """Write what is buffered; what the database does not accept stays buffered.

        Returns whether everything has been written.
        """
        if not self._writing.acquire(timeout=_LONGEST_WAIT):
            return False
        try:
            with self._counting:
                rows = [*self._buffer]
                self._buffer.clear()
                self._oldest_in_write = rows[0].server_responded_at if rows else None
            self._write(rows)
            return not self._is_failing
        finally:
            self._oldest_in_write = None
            self._writing.release()

    def lag(self, now: datetime) -> float:
        """Return the seconds since the oldest request that is not written was responded to."""
        with self._counting:
            oldest = self._oldest_in_write
            if oldest is None and self._buffer:
                oldest = self._buffer[0].server_responded_at
        return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())

    def discard(self, key_digest: str) -> None:
        """Discard what is buffered of the requests with an API key."""
        self._last_dropped.pop(key_digest, None)
        with self._writing, self._counting:  # none is being written meanwhile
            self._buffer = deque(each for each in self._buffer if each.key_digest != key_digest)
            self._size = sum(each.size for each in self._buffer)

    def clear(self) -> None:
        """Discard everything that is buffered, and start counting anew."""
        with self._writing, self._counting:
            self._buffer.clear()
            self._size = 0
            self._last_dropped.clear()
            self.dropped = 0
            self._is_failing = False

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._has_some.wait()
            self._has_many.wait(_PAUSE)
            self._has_some.clear()
            self._has_many.clear()
            is_written = self.flush()
            release_connection()
            if is_written:
                continue
            if self._is_failing:
                time.sleep(_PAUSE_AFTER_ERROR)
            self._has_some.set()  # also if another thread's write took too long: try again

    def _write(self, rows: Sequence[Row]) -> None:
        last_dropped = dict(self._last_dropped)
        if not rows and not last_dropped:
            return
        try:
            with transaction.atomic():
                _store(rows, last_dropped)
        except (DatabaseError, InterfaceError) as error:
            with self._counting:
                self._buffer.extendleft(reversed(rows))
            if not self._is_failing:
                _log.warning("The journal cannot be written for now: %s", error)
            self._is_failing = True
            return
        except Exception:  # noqa: BLE001 (a mistake of this server: it would fail again each time)
            self._last_dropped.clear()  # one of these may be the cause
            for row in rows:
                self._drop_row(row)
            _log.exception("%d requests cannot be logged, and are dropped.", len(rows))
        else:
            for key_digest, dropped in last_dropped.items():
                if self._last_dropped.get(key_digest) is dropped:
                    del self._last_dropped[key_digest]
        self._is_failing = False
        with self._counting:
            self._size -= sum(row.size for row in rows)

    def _drop_row(self, row: Row) -> None:
        self._drop(row.key_digest, Dropped(row.server_responded_at, row.responded_at))

    def _drop(self, key_digest: str, dropped: Dropped) -> None:
        self.dropped += 1
        if key_digest in self._last_dropped or len(self._last_dropped) < MOST_MARKED:
            self._last_dropped[key_digest] = dropped
        else:
            self._last_dropped[None] = Dropped(dropped.server_responded_at, None)


def _store(rows: Sequence[Row], last_dropped: Mapping[str | None, Dropped]) -> None:
    """Insert the requests of workspaces that exist and have not been reset since.

    Mark in the workspaces of dropped requests, with the same exceptions, until when requests are
    missing.
    """
    keys = {each.key_digest for each in rows} | {key for key in last_dropped if key is not None}
    # Locked, so that a reset deletes these requests or makes them invalid.
    named = Workspace.objects.filter(key_digest__in=EachOf(keys)).order_by("pk")
    workspaces = {each.key_digest: each for each in named.select_for_update()}
    stored = [
        row.in_workspace(workspace)
        for row in rows
        if (workspace := workspaces.get(row.key_digest))
        and _is_since_reset(row.server_received_at, workspace)
    ]
    LoggedRequest.objects.write(stored)
    for workspace_id in {row["workspace_id"] for row in stored}:
        LoggedRequest.objects.evict_past(settings.JOURNAL_LENGTH, workspace_id=workspace_id)
    for key_digest, dropped in last_dropped.items():
        if key_digest is None:
            for workspace in Workspace.objects.all().iterator():
                _mark(workspace, dropped)
        elif key_digest in workspaces:
            _mark(workspaces[key_digest], dropped)


def _mark(workspace: Workspace, dropped: Dropped) -> None:
    if _is_since_reset(dropped.server_responded_at, workspace):
        Workspace.objects.filter(pk=workspace.pk).mark_evicted(dropped.at(workspace))


def _is_since_reset(server_time: datetime, workspace: Workspace) -> bool:
    """Return whether that was after the last reset, which any process may have served."""
    return workspace.reset_at is None or server_time >= workspace.reset_at


journal: Final = Journal()
atexit.register(journal.flush)
