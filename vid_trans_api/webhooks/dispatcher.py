"""The dispatcher: a thread of each server process that reports ends and sends events."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Final

from django.db import DatabaseError, InterfaceError

from vid_trans_api import clock
from vid_trans_api.models import Endpoint, Workspace, read_time
from vid_trans_api.models.changes import job_changed, workspace_changed
from vid_trans_api.models.compiled import CompiledValues
from vid_trans_api.models.database import release_connection
from vid_trans_api.webhooks.delivering import Lease, deliver, lease_endpoint
from vid_trans_api.webhooks.reporting import report_due

LOOK_INTERVAL: Final = 0.15
"""Seconds between two looks at what is due, if nothing is due earlier.

It delays only what is due sooner than that once it is planned, such as a test event.
"""

SENDERS: Final = 8
"""How many endpoints are sent to at once."""

_SENDERS_TO_FAILING: Final = SENDERS // 2
"""How many of them may be failing: an attempt to these may take its full time."""

_SENDERS_TO_WORKSPACE: Final = SENDERS // 2
"""How many of them one workspace may occupy."""

_PAUSE_AFTER_ERROR: Final = 2.0
"""Seconds to the next look after the database could not be used."""

_log: Final = logging.getLogger(__name__)


class Dispatcher:
    """Reports ends and sends events until it is stopped. Any number of processes may have one."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._is_stopping = False
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="webhooks")
        self._running: dict[Future[None], Lease] = {}
        self._is_sender_awaited = False  # whether something is due for which no sender was free

    def start(self) -> None:
        """Start in a thread of its own, in the process that serves requests."""
        job_changed.connect(self.wake)
        workspace_changed.connect(self.wake)
        self._thread = threading.Thread(target=self.run, name="dispatcher", daemon=True)
        self._thread.start()

    def wake(self, **_: object) -> None:
        """Look at once at what is due."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more.

        Takes no lock, because signal handlers call it: the thread that they interrupt may hold that
        of `_wake`. So a look that is not due yet is awaited.
        """
        self._is_stopping = True

    def join(self, seconds: float) -> None:
        """Wait until the attempts that have begun are stored, at most this long."""
        if self._thread is not None:
            self._thread.join(seconds)

    def run(self) -> None:
        """Report and send until `stop` is called, and until what has begun is stored."""
        is_failing = False
        while not self._is_stopping:
            self._wake.clear()
            try:
                seconds = self.look()
                is_failing = False
            except (DatabaseError, InterfaceError) as error:
                if not is_failing:
                    _log.warning("No webhooks are sent for now: %s", error)
                is_failing, seconds = True, _PAUSE_AFTER_ERROR
            except Exception:  # noqa: BLE001 (such as a thread that cannot be started; it may pass)
                _log.exception("No webhooks are sent for now.")
                seconds = _PAUSE_AFTER_ERROR
            finally:
                release_connection()
            self._wake.wait(seconds)
        self._senders.shutdown(wait=True)

    def look(self) -> float:
        """Report and send what is due; return the seconds until the next look."""
        # This process's clock follows the database's, so reading that is not worth a query.
        server_time = clock.now()
        report_at, wake_at = _next_times().read()
        if _is_due(report_at, server_time):
            report_due(server_time, self)
            report_at, wake_at = _next_times().read()
        if _is_due(wake_at, server_time):
            while len(self._leases()) < SENDERS and (lease := self._lease()):
                self.send(lease)
            report_at, wake_at = _next_times().read()
        self._is_sender_awaited = _is_due(wake_at, server_time)
        nexts = [each for each in (report_at, wake_at) if each is not None]
        waits: list[float] = [
            (each - server_time).total_seconds() for each in nexts if each > server_time
        ]
        return min([LOOK_INTERVAL, *waits])

    def room(self, workspace: int) -> int:
        """Return to how many endpoints of a workspace what is reported now can be sent at once.

        That is 0 if others wait for a sender: they have waited longer.
        """
        return 0 if self._is_sender_awaited else self._free(workspace)

    def send(self, lease: Lease) -> None:
        """Send to an endpoint."""
        self._running[self._senders.submit(self._deliver, lease)] = lease

    def _leases(self) -> list[Lease]:
        """Return the leases of the senders that are busy."""
        self._running = {each: lease for each, lease in self._running.items() if not each.done()}
        return list(self._running.values())

    def _free(self, workspace: int) -> int:
        """Return how many senders a workspace may have now: it may not occupy more than half."""
        leases = self._leases()
        of_workspace = sum(lease.workspace == workspace for lease in leases)
        return min(SENDERS - len(leases), _SENDERS_TO_WORKSPACE - of_workspace)

    def _lease(self) -> Lease | None:
        """Lease the endpoint that has waited longest, of those that may have a sender.

        Those that fail take their full time, and a workspace may have any number of callbacks that
        have not failed yet.
        """
        leases = self._leases()
        return lease_endpoint(
            read_time(),
            is_failing_excluded=sum(lease.is_failing for lease in leases) >= _SENDERS_TO_FAILING,
            excluded_workspaces=[
                workspace
                for workspace in {lease.workspace for lease in leases}
                if self._free(workspace) <= 0
            ],
        )

    def _deliver(self, lease: Lease) -> None:
        try:
            deliver(lease, is_stopping=lambda: self._is_stopping)
        except (DatabaseError, InterfaceError) as error:  # the lease runs out
            _log.warning("A webhook was sent, but that could not be stored: %s", error)
        except Exception:  # noqa: BLE001 (a mistake of this server; the next event may be fine)
            _log.exception("A webhook could not be sent.")
        finally:
            release_connection()
            if self._is_sender_awaited:
                self._wake.set()


def _is_due(instant: datetime | None, server_time: datetime) -> bool:
    return instant is not None and instant <= server_time


# Compiled once, as it runs all the time.
@cache
def _next_times() -> CompiledValues:
    """Return the query for the next end to be reported and the next attempt, both or None."""
    reports = Workspace.objects.filter(report_at__isnull=False).order_by("report_at")
    attempts = Endpoint.objects.filter(wake_at__isnull=False).order_by("wake_at")
    return CompiledValues(reports.values_list("report_at")[:1], attempts.values_list("wake_at")[:1])


dispatcher: Final = Dispatcher()
