"""The journal: what this process saw of its clients, kept in memory and written behind."""

import atexit
import hashlib
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, transaction

from vid_trans_api import clock
from vid_trans_api.models import LoggedRequest, LoggedRequestRow, Workspace
from vid_trans_api.models.database import as_stored
from vid_trans_api.models.logged_requests import LONGEST_JOB, LONGEST_USER_AGENT
from vid_trans_api.simulation.faults import is_unanswered, is_unreadable
from vid_trans_api.snapshots import Operation

LONGEST_JOURNAL: Final = 1_000_000
"""Requests of one workspace."""

_PAUSE: Final = 0.25
"""Seconds between two writes: what is lost at most when the process is killed."""

_PAUSE_IN_TROUBLE: Final = 2.0
"""Seconds to the next write when the store does not take one."""

_MANY: Final = 1_000
"""Requests waiting to be written that are not left waiting."""

_MOST: Final = 20_000
"""Requests waiting to be written past which no more are kept."""

_LONGEST_LOOK: Final = 1.0
"""Seconds that a reader waits for a write that is under way."""

_json: Final = json.JSONEncoder(separators=(",", ":"))
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request, noted down while it is answered; it costs little until it is written."""

    key_digest: str
    operation: Operation
    server_received_at: datetime
    user_agent: str
    jobs: Sequence[str] = ()
    """Those that it is about."""
    workspace: Workspace | None = None
    """As it was when the request was done; None where that could not be read."""
    workspace_then: Workspace | None = None
    """As it was when the request was server_responded_at, where that took a while."""
    documents: Sequence[Mapping[str, Any]] = ()
    """What its answer says of jobs."""
    scenario: str = ""
    server_responded_at: datetime | None = None
    status: int = 0
    retry_after: int | None = None
    wait: int | None = None
    is_long_poll: bool = False
    faults: Sequence[str] = ()
    is_delivered: bool = True
    """Whether the client was still there for the whole answer."""
    content_digest: str = ""
    """Of a creation's body."""
    query: str = ""
    """Of a list."""
    idempotency_key: str = ""

    def row(self, stored: Workspace) -> LoggedRequestRow:
        """Return it as it is stored."""
        workspace = self.workspace or stored
        is_readable = self.is_delivered and not any(map(is_unreadable, self.faults))
        reported: dict[str, Any] = dict.fromkeys(map(_name_of, self.jobs))
        for document in self.documents:
            reported[document["id"]] = (
                [
                    document["status"],
                    document["estimated_time_remaining"],
                    document["finished_at"],
                ]
                if is_readable
                else None
            )
        return LoggedRequestRow(
            workspace_id=stored.pk,
            operation=self.operation.value,
            job=next(iter(reported)) if len(reported) == 1 else "",
            scenario=self.scenario,
            server_received_at=as_stored(self.server_received_at),
            server_responded_at=as_stored(self.server_responded_at or self.server_received_at),
            received_at=as_stored(workspace.now(self.server_received_at)),
            responded_at=as_stored(self.responded_at(stored)),
            status=None if any(map(is_unanswered, self.faults)) else self.status,
            retry_after=self.retry_after,
            wait=self.wait,
            is_long_poll=self.is_long_poll,
            fault=", ".join(self.faults),
            is_readable=is_readable,
            reported=_json.encode(reported),
            content_digest=self.content_digest or (self.query and _digest(self.query)),
            idempotency_key_digest=self.idempotency_key and _digest(self.idempotency_key),
            user_agent=self.user_agent[:LONGEST_USER_AGENT],
        )

    def responded_at(self, stored: Workspace) -> datetime:
        """Return when it was server_responded_at, by the workspace's clock."""
        workspace = self.workspace_then or self.workspace or stored
        return workspace.now(self.server_responded_at or self.server_received_at)


def _name_of(job: str) -> str:
    """Return a job's id; something as long in the place of what is too long for one."""
    return job if len(job) <= LONGEST_JOB else f"{job[:8]}…{_digest(job)[: LONGEST_JOB - 9]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(slots=True)
class Journal:
    """What this process still has to write down, and the thread that does.

    The thread is started by the first request to be noted, so that it is in the process that
    answers requests, and by the next one where it has died.
    """

    dropped: int = 0
    """Requests that there was no room for."""
    _is_in_trouble: bool = False
    """Whether the store did not take the last write."""
    _waiting: deque[Entry] = field(default_factory=deque)
    _lost: dict[str, Entry] = field(default_factory=dict)
    """The newest request of each key, by its digest, that was dropped."""
    _thread: threading.Thread | None = None
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)
    _has_some: threading.Event = field(default_factory=threading.Event)
    _has_many: threading.Event = field(default_factory=threading.Event)

    def note(self, entry: Entry, is_delivered: bool) -> None:  # noqa: FBT001 (a callback's)
        """Keep a request that has been answered now; never waits, and never fails.

        It says whether the client was there for all of the answer. What has been noted stays so.
        """
        if entry.server_responded_at is not None:
            return
        entry.server_responded_at = clock.now()
        entry.is_delivered = is_delivered
        if len(self._waiting) >= _MOST:
            self._drop([entry])
            return
        self._waiting.append(entry)
        if not self._has_some.is_set():
            self._has_some.set()
            self._start()
        if len(self._waiting) >= _MANY:
            self._has_many.set()

    def flush(self) -> bool:
        """Write what is waiting; what the store does not take goes on waiting.

        Returns whether all of it has been written.
        """
        if not self._writing.acquire(timeout=_LONGEST_LOOK):
            return False
        try:
            self._write([self._waiting.popleft() for _ in range(len(self._waiting))])
            return not self._is_in_trouble
        finally:
            self._writing.release()

    def forget(self, key_digest: str) -> None:
        """Have that key's requests so far leave no trace."""
        self._lost.pop(key_digest, None)
        with self._writing:  # nobody else may take any meanwhile
            for _ in range(len(self._waiting)):
                entry = self._waiting.popleft()
                if entry.key_digest != key_digest:
                    self._waiting.append(entry)

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
            if self._is_in_trouble:
                close_old_connections()
                time.sleep(_PAUSE_IN_TROUBLE)
                self._has_some.set()

    def _write(self, entries: Sequence[Entry]) -> None:
        lost = dict(self._lost)
        if not entries and not lost:
            return
        try:
            with transaction.atomic():
                _store(entries, lost)
        except (DatabaseError, InterfaceError) as error:
            self._waiting.extendleft(reversed(entries))
            if not self._is_in_trouble:
                _log.warning("The journal cannot be written for now: %s", error)
            self._is_in_trouble = True
        except Exception:  # noqa: BLE001 (a mistake of this server, which would come again each time)
            self._is_in_trouble = False
            self._lost.clear()  # the mistake may be about them
            self._drop(entries)
            _log.exception("These requests cannot be journaled, and are forgotten.")
        else:
            self._is_in_trouble = False
            for key_digest, entry in lost.items():
                if self._lost.get(key_digest) is entry:
                    del self._lost[key_digest]

    def _drop(self, entries: Sequence[Entry]) -> None:
        self.dropped += len(entries)
        for entry in entries:
            entry.documents = ()
            self._lost[entry.key_digest] = entry


def _store(entries: Sequence[Entry], lost: Mapping[str, Entry]) -> None:
    """Write requests of workspaces that are there and have not been emptied since.

    Of those that were lost, their workspaces learn until when.
    """
    keys = {each.key_digest for each in entries} | lost.keys()
    workspaces = {each.key_digest: each for each in Workspace.objects.filter(key_digest__in=keys)}
    rows = [
        entry.row(workspace)
        for entry in entries
        if (workspace := workspaces.get(entry.key_digest))
        and (workspace.reset_at is None or entry.server_received_at >= workspace.reset_at)
    ]
    LoggedRequest.objects.write(rows)
    for number in {row.workspace_id for row in rows}:
        LoggedRequest.objects.forget_past(settings.JOURNAL_LENGTH, workspace_id=number)
    for key_digest, entry in lost.items():
        if workspace := workspaces.get(key_digest):
            of_it = Workspace.objects.filter(pk=workspace.pk)
            of_it.mark_evicted(entry.responded_at(workspace))


journal = Journal()
atexit.register(journal.flush)
