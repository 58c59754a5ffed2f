"""Negotiating long polls: how long a server, and the proxies before it, let a request wait."""

from __future__ import annotations

import logging
import math
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

from .messages import Response
from .schedule import whole_seconds

if TYPE_CHECKING:
    from .dialects.base import Dialect
    from .jobs import Job
    from .messages import TransportFailure

logger = logging.getLogger(__package__)

GATEWAY_TIMEOUTS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT})
"""Statuses by which a proxy says that a request took too long."""

CUT_OFF_STATUSES = GATEWAY_TIMEOUTS | {
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Statuses that a long poll may end with because it was open for too long."""

MIN_CUT_OFF_AGE = 1.0
"""Seconds after which a failure may be due to the long poll; earlier it has another cause."""

MIN_LIMIT = 2.0
"""Shortest limit, in seconds, that is learned from long polls that were cut off."""

SAME_AGE = 0.25
"""Largest relative difference between the ages of two long polls cut off by the same limit."""

LIMIT_SHARE = 0.8
"""Length of the next long polls, as a share of the age at which one was cut off."""

CUT_OFFS_TOLERATED = 3
"""Number of times in a row that long polls may end early before plain polls replace them."""

LONG_POLLS_BEFORE_LONGER = 5
"""Number of complete long polls in a row after which the limit is doubled."""

EARLY = 1.0
"""Seconds by which a long poll may be shorter than agreed and still counts as complete."""


class LongPolls:
    """How long long polls may be: at most `wanted` seconds, less if experience says so.

    One instance is shared by all threads that use a client.
    """

    def __init__(self, wanted: float, *, dialect: Dialect) -> None:
        self._wanted = wanted
        self._dialect = dialect
        self._limit = wanted
        self._cut_offs = 0
        self._complete = 0
        self._cut_off_at = -math.inf
        self._cut_off_age: float | None = None
        self._lock = threading.Lock()

    @property
    def limit(self) -> float:
        """The longest long poll in seconds; 0 means plain polls only."""
        return self._limit

    def was_cut_off(self, outcome: Response | TransportFailure) -> bool:
        """Whether a failed long poll failed because it was open for long; then it is no failure.

        The limit is lowered if a gateway reports a timeout, or if two long polls in a row are cut
        off at a similar age. A single one may be due to a restart.
        """
        age = outcome.ended_at - outcome.sent_at
        if age < MIN_CUT_OFF_AGE:
            return False
        if isinstance(outcome, Response) and outcome.status not in CUT_OFF_STATUSES:
            return False
        with self._lock:
            if self._is_same_event(outcome):
                return True
            previous, self._cut_off_age = self._cut_off_age, age
            is_timeout = isinstance(outcome, Response) and outcome.status in GATEWAY_TIMEOUTS
            is_repeated = previous is not None and abs(age - previous) <= SAME_AGE * max(
                age, previous
            )
            if is_timeout or is_repeated:
                shorter = max(float(whole_seconds(LIMIT_SHARE * age)), MIN_LIMIT)
                if self._limit <= MIN_LIMIT:
                    self._count_cut_off()
                self._limit = min(self._limit, shorter)
                logger.info(
                    "a long poll was cut off after %.1f s; the next ones take at most %g s",
                    age,
                    self._limit,
                )
        return True

    def note(self, response: Response, job: Job) -> None:
        """Learn from the response to a long poll whether and how long the server waits."""
        age = response.ended_at - response.sent_at
        with self._lock:
            if job.is_finished:
                self._cut_offs = 0
                return
            if age > response.long_poll - EARLY:
                self._count_complete()
                return
            agreed = self._dialect.applied_wait(response)
            if agreed is None:
                self._limit = 0.0
                logger.info("the server does not support long polls; using plain polls from now on")
            elif age < agreed - EARLY and not self._is_same_event(response):
                self._count_cut_off()

    def _is_same_event(self, outcome: Response | TransportFailure) -> bool:
        """Whether this long poll was open when another one was cut off; if not, note its end.

        What ends all open long polls at once, such as a restart, counts once.
        """
        if outcome.sent_at < self._cut_off_at:
            return True
        self._cut_off_at = outcome.ended_at
        self._complete = 0
        return False

    def _count_cut_off(self) -> None:
        self._cut_offs += 1
        if self._cut_offs >= CUT_OFFS_TOLERATED and self._limit > 0.0:
            self._limit = 0.0
            logger.info("long polls keep ending early; using plain polls from now on")

    def _count_complete(self) -> None:
        self._cut_offs = 0
        self._cut_off_age = None
        self._complete += 1
        if self._complete >= LONG_POLLS_BEFORE_LONGER and self._limit < self._wanted:
            self._complete = 0
            self._limit = min(2.0 * self._limit, self._wanted)
