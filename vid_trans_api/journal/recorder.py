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
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, transaction

from vid_trans_api import clock
from vid_trans_api.journal.reported import Reported
from vid_trans_api.models import LoggedRequest, Workspace, digest_of
from vid_trans_api.models.database import as_stored
from vid_trans_api.models.logged_requests import LONGEST_JOB, LONGEST_USER_AGENT
from vid_trans_api.simulation.faults import has_no_response, is_unreadable
from vid_trans_api.snapshots import Operation

LONGEST_JOURNAL: Final = 1_000_000
"""The largest JOURNAL_LENGTH, in requests of one workspace."""

CAPACITY: Final = 20_000
"""How many requests may be buffered; further ones are dropped."""

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
    """A digest of a creation's body, or of a list's query."""
    idempotency_key: str = ""

    def row(self, stored: Workspace) -> dict[str, Any]:
        """Return the columns of the `LoggedRequest`, in the workspace as it is stored now."""
        workspace = self.workspace or stored
        is_readable = self.is_delivered and not any(map(is_unreadable, self.faults))
        reported: dict[str, Any] = dict.fromkeys(map(_shortened, self.job_ids))
        if self.status < HTTPStatus.BAD_REQUEST:
            for job_id, each in self.reported.items():
                reported[job_id] = each.to_json() if is_readable else None
        return {
            "workspace_id": stored.pk,
            "operation": self.operation.value,
            "job": next(iter(reported)) if len(reported) == 1 else "",
            "scenario": self.scenario,
            "server_received_at": as_stored(self.server_received_at),
            "server_responded_at": as_stored(self.server_responded_at or self.server_received_at),
            "received_at": as_stored(workspace.now(self.server_received_at)),
            "responded_at": as_stored(self.responded_at(stored)),
            "status": None if any(map(has_no_response, self.faults)) else self.status,
            "retry_after": self.retry_after,
            "wait": self.wait,
            "is_long_poll": self.is_long_poll,
            "fault": ", ".join(self.faults),
            "is_readable": is_readable,
            "reported": _json.encode(reported),
            "content_digest": self.content_digest,
            "idempotency_key_digest": digest_of(self.idempotency_key),
            "user_agent": self.user_agent[:LONGEST_USER_AGENT],
        }

    def responded_at(self, stored: Workspace) -> datetime:
        """Return the instant of the response by the workspace's clock."""
        workspace = self.workspace_at_response or self.workspace or stored
        return workspace.now(self.server_responded_at or self.server_received_at)


def _shortened(job_id: str) -> str:
    """Return a job id, or as much of it and of its digest as the column holds."""
    if len(job_id) <= LONGEST_JOB:
        return job_id
    return f"{job_id[:8]}…{digest_of(job_id)[: LONGEST_JOB - 9]}"


@dataclass(slots=True)
class Journal:
    """The recordings that this process has not written yet, and the thread that writes them.

    The first request starts the thread, so that it runs in the process that serves requests. A
    later request starts it again if it has died.
    """

    has_thread: bool = True
    """Whether a thread writes; without one, recordings are written when `flush` is called."""
    dropped: int = 0
    """How many requests could not be written, or found no room in the buffer."""
    _buffer: deque[Recording] = field(default_factory=deque)
    _last_dropped: dict[str, Recording] = field(default_factory=dict)
    """By the digest of its API key. Its workspace has yet to be marked as missing requests."""
    _is_failing: bool = False
    """Whether the database did not accept the last write."""
    _thread: threading.Thread | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _has_some: threading.Event = field(default_factory=threading.Event)
    _has_many: threading.Event = field(default_factory=threading.Event)

    def record(self, recording: Recording, is_delivered: bool) -> None:  # noqa: FBT001 (a callback's)
        """Buffer a request that has just been responded to. This never waits and never fails.

        `is_delivered` says whether the client stayed for the whole response. If a request is
        recorded twice, the first time counts.
        """
        if recording.server_responded_at is not None:
            return
        recording.server_responded_at = clock.now()
        recording.is_delivered = is_delivered
        if len(self._buffer) >= CAPACITY:
            self._drop([recording])
            return
        self._buffer.append(recording)
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
            self._write([self._buffer.popleft() for _ in range(len(self._buffer))])
            return not self._is_failing
        finally:
            self._writing.release()

    def forget(self, key_digest: str) -> None:
        """Discard what is buffered of the requests with an API key."""
        self._last_dropped.pop(key_digest, None)
        with self._writing:  # no other thread takes recordings out meanwhile
            for _ in range(len(self._buffer)):
                recording = self._buffer.popleft()
                if recording.key_digest != key_digest:
                    self._buffer.append(recording)

    def clear(self) -> None:
        """Discard everything that is buffered, and start counting anew."""
        with self._writing:
            self._buffer.clear()
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
            self.flush()
            if self._is_failing:
                close_old_connections()
                time.sleep(_PAUSE_AFTER_ERROR)
                self._has_some.set()

    def _write(self, recordings: Sequence[Recording]) -> None:
        last_dropped = dict(self._last_dropped)
        if not recordings and not last_dropped:
            return
        try:
            with transaction.atomic():
                _store(recordings, last_dropped)
        except (DatabaseError, InterfaceError) as error:
            self._buffer.extendleft(reversed(recordings))
            if not self._is_failing:
                _log.warning("The journal cannot be written for now: %s", error)
            self._is_failing = True
        except Exception:  # noqa: BLE001 (a mistake of this server: it would fail again each time)
            self._is_failing = False
            self._last_dropped.clear()  # one of these may be the cause
            self._drop(recordings)
            _log.exception("%d requests cannot be logged, and are dropped.", len(recordings))
        else:
            self._is_failing = False
            for key_digest, recording in last_dropped.items():
                if self._last_dropped.get(key_digest) is recording:
                    del self._last_dropped[key_digest]

    def _drop(self, recordings: Sequence[Recording]) -> None:
        self.dropped += len(recordings)
        for recording in recordings:
            recording.reported = {}
            self._last_dropped[recording.key_digest] = recording


def _store(recordings: Sequence[Recording], last_dropped: Mapping[str, Recording]) -> None:
    """Insert the recordings of workspaces that exist and have not been reset since.

    Mark in the workspaces of dropped requests until when requests are missing.
    """
    keys = {each.key_digest for each in recordings} | last_dropped.keys()
    workspaces = {each.key_digest: each for each in Workspace.objects.filter(key_digest__in=keys)}
    rows = [
        recording.row(workspace)
        for recording in recordings
        if (workspace := workspaces.get(recording.key_digest))
        and (workspace.reset_at is None or recording.server_received_at >= workspace.reset_at)
    ]
    LoggedRequest.objects.write(rows)
    for workspace_id in {row["workspace_id"] for row in rows}:
        LoggedRequest.objects.evict_past(settings.JOURNAL_LENGTH, workspace_id=workspace_id)
    for key_digest, recording in last_dropped.items():
        if workspace := workspaces.get(key_digest):
            same = Workspace.objects.filter(pk=workspace.pk)
            same.mark_evicted(recording.responded_at(workspace))


journal: Final = Journal()
atexit.register(journal.flush)
