"""What the blocking and the asyncio client share: options, state and generators, but no I/O."""

from __future__ import annotations

import math
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from .dialects.native import NativeDialect
from .following import Follower
from .following_many import GroupFollower, require_jobs
from .group_polls import GroupPoller
from .learning import Learner
from .long_polls import LongPolls
from .operations import Operations
from .retries import Sender
from .targets import require_target, require_targets
from .urls import is_base_url
from .waits import Waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .experience import Experience
    from .jobs import Job
    from .steps import JobOutcome, JobTarget, Steps, Timeout

CLOSED = "the client is closed; create a new one"


class BaseClient:
    """The part of a client that does no I/O. The arguments are those of `TranslationClient`."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None,
        min_polling_interval: float,
        max_polling_interval: float,
        max_retries: int,
        timeout: float | None,
        request_timeout: float,
        long_poll: float,
        clock: Callable[[], float],
        random: Callable[[], float],
        experience: Experience,
    ) -> None:
        if not is_base_url(base_url):
            raise ValueError(
                f"base_url must be the server's root, http(s)://host[:port], not {base_url!r}"
            )
        if api_key is not None and not (api_key.isascii() and api_key.isprintable() and api_key):
            raise ValueError("api_key must be one or more printable ASCII characters")
        if not 0 < min_polling_interval <= max_polling_interval < math.inf:
            raise ValueError(
                "0 < min_polling_interval <= max_polling_interval < inf must hold, but they are"
                f" {min_polling_interval!r} and {max_polling_interval!r}"
            )
        if max_retries < 0:
            raise ValueError(f"max_retries must be at least 0, not {max_retries!r}")
        if not 0 < request_timeout < math.inf:
            raise ValueError(
                f"request_timeout must be a number of seconds above 0, not {request_timeout!r}"
            )
        if not 0 <= long_poll < math.inf:
            raise ValueError(f"long_poll must be at least 0 seconds, not {long_poll!r}")
        _check_timeout(timeout)
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._clock = clock
        dialect = NativeDialect(base_url=self.base_url, api_key=api_key)
        long_polls = LongPolls(long_poll, dialect=dialect)
        sender = Sender(
            dialect=dialect,
            base_url=self.base_url,
            long_polls=long_polls,
            max_retries=max_retries,
            min_interval=min_polling_interval,
            max_interval=max_polling_interval,
            request_timeout=request_timeout,
            random=random,
        )
        self._learner = Learner(experience)
        waits = Waits()
        self._operations = Operations(sender=sender, dialect=dialect, waits=waits)
        self._follower = Follower(
            sender=sender,
            dialect=dialect,
            long_polls=long_polls,
            learner=self._learner,
            waits=waits,
            min_interval=min_polling_interval,
            max_interval=max_polling_interval,
            random=random,
        )
        poller = GroupPoller(follower=self._follower, max_retries=max_retries)
        self._group_follower = GroupFollower(follower=self._follower, poller=poller)

    @property
    def experience(self) -> Experience:
        """What the client has learned about its server; another client can start with it."""
        return self._learner.experience

    def _follow(
        self, target: JobTarget, *, timeout: Timeout, shows_finished: bool = False
    ) -> Steps[Job]:
        """Return the steps of following one job; they may start later, the deadline counts now."""
        target, now = require_target(target), self._clock()
        deadline = self._deadline(timeout, now)
        return self._follower.follow(
            target, deadline=deadline, now=now, shows_finished=shows_finished
        )

    def _follow_all(
        self,
        targets: Iterable[JobTarget],
        *,
        timeout: Timeout,
        return_exceptions: bool = False,
    ) -> Steps[dict[str, Any]]:
        """Return the steps of following many jobs; they may start later, the deadline counts now.

        They return the finished jobs by id. If there were errors, they raise `WaitFailed`, or with
        `return_exceptions` return `JobOutcome`s.
        """
        jobs, now = require_targets(targets), self._clock()
        steps = self._group_follower.follow(jobs, deadline=self._deadline(timeout, now), now=now)
        return steps if return_exceptions else _jobs_of(steps)

    def _deadline(self, timeout: Timeout, now: float) -> float:
        seconds = self.timeout if isinstance(timeout, EllipsisType) else timeout
        _check_timeout(seconds)
        return math.inf if seconds is None else now + seconds


def describe_type(value: object) -> str:
    """Return the full name of a value's type, with an article."""
    kind = type(value)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _jobs_of(steps: Steps[dict[str, JobOutcome]]) -> Steps[dict[str, Job]]:
    return require_jobs((yield from steps))


def _check_timeout(timeout: float | None) -> None:
    if timeout is not None and not timeout >= 0:
        raise ValueError(
            f"timeout must be at least 0 seconds, or None for no deadline, not {timeout!r}"
        )
