"""The metrics for Prometheus. Imported only if they are on, as prometheus-client is an extra.

The processes of a gunicorn server share them through files in PROMETHEUS_MULTIPROC_DIR, so that any
of them can respond with those of all.
"""

import threading
import time
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.db import Error
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from vid_trans_api import clock
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models.database import release_connection
from vid_trans_api.monitoring.observation import ObservedRequest
from vid_trans_api.monitoring.stored_counts import LARGEST_COUNT, StoredCounts, count_stored
from vid_trans_api.serving.long_polls import long_polls

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

SAMPLE_INTERVAL: Final = 1.0
"""Seconds between two looks at what no request reports."""

CACHE_SECONDS: Final = 10.0
"""How long counts of what is stored are used."""

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a time for each counter, for nobody

_own: Final = CollectorRegistry()
"""The metrics of this process."""

_requests: Final = Counter(
    "vid_trans_requests",
    "Requests that were responded to.",
    ["method", "route", "status", "simulated"],
    registry=_own,
)
_seconds: Final = Histogram(
    "vid_trans_request_seconds",
    "Time until the response was ready. Without long polls and simulated faults.",
    ["method", "route"],
    buckets=_BUCKETS,
    registry=_own,
)
_long_polls: Final = Gauge(
    "vid_trans_long_polls",
    "Requests that wait: long polls, and simulated faults that take time.",
    multiprocess_mode="livesum",
    registry=_own,
)
_long_poll_limit: Final = Gauge(
    "vid_trans_long_poll_limit",
    "How many requests may wait, in all processes.",
    multiprocess_mode="livesum",
    registry=_own,
)
_journal_lag: Final = Gauge(
    "vid_trans_journal_lag_seconds",
    "Age of the oldest logged request that is not in the database yet.",
    multiprocess_mode="livemax",
    registry=_own,
)
_journal_dropped: Final = Counter(
    "vid_trans_journal_dropped", "Requests that could not be logged.", registry=_own
)


def count_request(request: ObservedRequest) -> None:
    simulated = "true" if request.fault else "false"
    _requests.labels(request.method, request.route, str(request.status), simulated).inc()
    if not request.fault and not request.is_long_poll:
        _seconds.labels(request.method, request.route).observe(request.seconds)


class Sampler:
    """Looks every second at what no request reports."""

    def __init__(self) -> None:
        self._dropped = 0

    def sample(self) -> None:
        _long_polls.set(long_polls.count)
        _long_poll_limit.set(settings.MAX_LONG_POLLS)
        _journal_lag.set(journal.lag(clock.now()))
        dropped = journal.dropped
        _journal_dropped.inc(max(0, dropped - self._dropped))
        self._dropped = dropped

    def run(self) -> None:
        while True:
            self.sample()
            time.sleep(SAMPLE_INTERVAL)


class _StoredCountsCollector(Collector):
    """What is stored, counted for the first of the responses within ten seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: StoredCounts | None = None
        self.expires_at = 0.0

    def collect(self) -> Iterator[Metric]:
        counts = self._read()
        yield GaugeMetricFamily(
            "vid_trans_database_up", "Whether the database responds.", value=counts is not None
        )
        if counts is None:
            return
        yield GaugeMetricFamily(
            "vid_trans_workspaces",
            f"Stored workspaces. Counting stops at {LARGEST_COUNT}.",
            value=counts.workspaces,
        )
        yield GaugeMetricFamily(
            "vid_trans_webhooks_lag_seconds",
            "How long the oldest end or attempt that is due has waited to be reported or sent.",
            value=counts.webhooks_lag,
        )
        jobs = GaugeMetricFamily(
            "vid_trans_jobs",
            f"Stored jobs by status. Counting stops at {LARGEST_COUNT}.",
            labels=["status"],
        )
        for status, count in counts.jobs.items():
            jobs.add_metric([status.value], count)
        yield jobs

    def _read(self) -> StoredCounts | None:
        """Return the counts; None if the database does not respond."""
        with self._lock:
            if time.monotonic() >= self.expires_at:
                try:
                    self._counts = count_stored(clock.now())
                except Error:
                    self._counts = None
                self.expires_at = time.monotonic() + CACHE_SECONDS
                release_connection()
            return self._counts


stored: Final = _StoredCountsCollector()


class _Everything(Collector):
    def collect(self) -> Iterator[Metric]:
        is_shared = bool(settings.METRICS_FOLDER)
        shared = MultiProcessCollector(None) if is_shared else _own  # type: ignore[no-untyped-call]  # it has no types
        yield from shared.collect()
        yield from stored.collect()


_everything: Final = CollectorRegistry()
_everything.register(_Everything())


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format."""
    return generate_latest(_everything)
