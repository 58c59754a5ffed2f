"""What the blocking and the asyncio client share: options, state and generators, but no I/O."""

from __future__ import annotations

import logging
import math
import os
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Self

from .creation import TranslationRequest
from .dialects import DIALECTS
from .durations import NO_DURATIONS, Durations
from .environment import server_and_key
from .errors import InvalidWebhook
from .file_operations import FileOperations
from .following import Follower
from .following_many import GroupFollower, require_jobs
from .group_operations import BatchOperations, ProofreadOperations
from .group_polls import GroupPoller
from .learning import Learner
from .long_polls import LongPolls
from .operations import Operations
from .retries import Sender
from .schedule import LATENESS_COST_WITH_WEBHOOKS
from .started_jobs import StartedJobs
from .targets import id_of, require_target, require_targets
from .translating import Translator
from .urls import is_base_url
from .waits import Waits
from .webhooks import read_webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .creation import Asset, HeygenOptions
    from .dialects import DialectName
    from .dialects.base import Dialect
    from .experience import Experience
    from .jobs import Job
    from .steps import JobOutcome, JobTarget, Steps, Timeout
    from .webhook_signatures import Headers
    from .webhooks import WebhookEvent

logger = logging.getLogger(__package__)

DEFAULT_LONG_POLL = 30.0
"""Seconds of a long poll, if the server's API has them."""

CLOSED = "the client is closed; create a new one"


class BaseClient:
    """The part of a client that does no I/O. The arguments are those of `TranslationClient`."""

    def __init__(
        self,
        base_url: str | EllipsisType,
        *,
        api_key: str | None,
        dialect: DialectName,
        min_polling_interval: float,
        max_polling_interval: float,
        max_retries: int,
        timeout: float | None,
        request_timeout: float,
        long_poll: float | None,
        webhooks: bool,
        clock: Callable[[], float],
        wall_clock: Callable[[], float],
        random: Callable[[], float],
        experience: Experience,
        store: str | os.PathLike[str] | None,
    ) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"dialect must be one of {', '.join(DIALECTS)}, not {dialect!r}")
        base_url, api_key = server_and_key(dialect, base_url, api_key, environ=os.environ)
        if not is_base_url(base_url):
            raise ValueError(
                f"base_url must be the server's root, http(s)://host[:port], not {base_url!r}"
            )
        if dialect != "native" and base_url.rstrip("/").endswith(("/v1", "/v2", "/v3")):
            raise ValueError(f"base_url must be without the API's version, not {base_url!r}")
        if api_key is not None and not (api_key.isascii() and api_key.isprintable() and api_key):
            raise ValueError("api_key must be one or more printable ASCII characters")
        if not 0 < min_polling_interval <= max_polling_interval < math.inf:
            raise ValueError(
                "0 < min_polling_interval <= max_polling_interval < inf must hold, but they are"
                f" {min_polling_interval!r} and {max_polling_interval!r}"
            )
        has_long_polls = DIALECTS[dialect].has_long_polls
        if long_poll is None:
            long_poll = DEFAULT_LONG_POLL if has_long_polls else 0.0
        if not 0 <= long_poll < math.inf:
            raise ValueError(f"long_poll must be at least 0 seconds, not {long_poll!r}")
        _check_timeout(timeout)
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self._clock = clock
        self._wall_clock = wall_clock
        spoken = DIALECTS[dialect](base_url=self.base_url, api_key=api_key)
        if long_poll and not has_long_polls:
            raise spoken.not_supported("delay a response until a job ends: long_poll must be 0")
        self._long_polls = LongPolls(long_poll, dialect=spoken)
        self._learner = _learner(experience, store, dialect=spoken)
        self._waits = Waits()
        self._dialect = spoken
        sender = Sender(
            dialect=spoken,
            base_url=self.base_url,
            long_polls=self._long_polls,
            max_retries=max_retries,
            min_interval=min_polling_interval,
            max_interval=max_polling_interval,
            request_timeout=request_timeout,
            random=random,
        )
        self._lateness_cost = LATENESS_COST_WITH_WEBHOOKS if webhooks else 1.0
        self._use(sender)
        self._started = StartedJobs()
        self._started_follower = self._group_follower

    def _use(self, sender: Sender) -> None:
        """Send the requests of all operations with `sender`."""
        dialect, waits = self._dialect, self._waits
        self._sender = sender
        self._operations = Operations(
            sender=sender, dialect=dialect, waits=waits, learner=self._learner
        )
        self._files = FileOperations(sender=sender, dialect=dialect)
        self._batch_operations = BatchOperations(sender=sender, dialect=dialect, waits=waits)
        self._proofread_operations = ProofreadOperations(
            sender=sender, dialect=dialect, files=self._files, waits=waits
        )
        self._follower = Follower(
            sender=sender,
            dialect=dialect,
            long_polls=self._long_polls,
            learner=self._learner,
            waits=waits,
            min_interval=sender.min_interval,
            max_interval=sender.max_interval,
            lateness_cost=self._lateness_cost,
            random=sender.random,
        )
        poller = GroupPoller(follower=self._follower, max_retries=sender.max_retries)
        self._group_follower = GroupFollower(follower=self._follower, poller=poller)
        self._translator = Translator(
            operations=self._operations, files=self._files, follower=self._group_follower
        )

    def with_options(
        self,
        *,
        timeout: Timeout = ...,
        request_timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a client with other options, for one call or many.

        It shares the session and what was learned with this client, and closing one closes both.
        What is left out stays as it is. `headers` are added to those of the client; they go to the
        client's server only. Started jobs are followed with the options of the first client, except
        for their `timeout`; so another account needs a client of its own, not another header.
        """
        sender = self._sender
        changed = replace(
            sender,
            request_timeout=sender.request_timeout if request_timeout is None else request_timeout,
            max_retries=sender.max_retries if max_retries is None else max_retries,
            headers={
                **sender.headers,
                **{name.lower(): value for name, value in (headers or {}).items()},
            },
        )
        other = copy(self)
        if not isinstance(timeout, EllipsisType):
            _check_timeout(timeout)
            other.timeout = timeout
        other._use(changed)  # noqa: SLF001  # of the same class
        return other

    @property
    def experience(self) -> Experience:
        """What the client has learned about its server; another client can start with it."""
        return self._learner.experience

    @property
    def max_upload(self) -> int:
        """Most bytes of a file that can be uploaded."""
        return self._dialect.max_upload

    def notify(self, job: JobTarget) -> None:
        """Let those who wait for a job with this client know that it has probably ended.

        Each of them polls the job at once, also one that begins to wait later. May be called from
        any thread and any event loop.
        """
        self._notify([id_of(job)], event_id=None)

    def receive(self, headers: Headers, body: bytes, *, secret: str) -> WebhookEvent:
        """Verify a webhook, notify those who wait for its jobs with this client, and return it.

        May be called from any thread and any event loop; it neither blocks nor sends requests. An
        event that is sent again causes no further poll of the same wait.

        Arguments:
            headers: the headers of the request: of HeyGen's webhooks or of Standard Webhooks.
            body: the body, exactly as it arrived.
            secret: what signs the webhooks; the server has given it for the endpoint.

        Raises `InvalidWebhook`, which is logged too, if the signature is missing or wrong, if a
        signed time differs from the clock by more than five minutes, or the body is no event.

        """
        if not isinstance(body, bytes):
            raise TypeError(f"body must be the bytes that arrived, not {describe_type(body)}")
        try:
            event = read_webhook(
                headers,
                body,
                secret=secret,
                now=self._wall_clock(),
                jobs_of_batch=self._waits.jobs_of_batch,
            )
        except InvalidWebhook as error:
            logger.warning("ignored a webhook: %s", error)
            raise
        logger.info("received the webhook %s %s", event.type, ", ".join(event.job_ids))
        if event.job_ids:
            self._notify(event.job_ids, event_id=event.id)
        return event

    def _notify(self, job_ids: Sequence[str], *, event_id: str | None) -> None:
        self._waits.notify(job_ids, event_id=event_id)
        self._wake_all()

    def _wake_all(self) -> None:
        """Let all who sleep check whether their sleep is over; from any thread."""
        raise NotImplementedError

    def _create(
        self,
        *,
        video_url: str | None,
        asset: Asset | None,
        title: str | None,
        target_languages: Sequence[str],
        simulation: Mapping[str, object] | None,
        options: HeygenOptions | None,
        video_duration: float | None,
        idempotency_key: str | None,
        timeout: Timeout,
    ) -> Steps[list[Job]]:
        """Return the steps of creating jobs."""
        wanted = TranslationRequest(
            video_url=video_url,
            asset=asset,
            target_languages=target_languages,
            title=title,
            simulation=simulation,
            options=options,
            video_duration=video_duration,
        )
        return self._operations.create(
            wanted, idempotency_key=idempotency_key, deadline=self._deadline(timeout)
        )

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

    def _deadline(self, timeout: Timeout, now: float | None = None) -> float:
        """Return the instant on the client's clock at which a timeout that begins now ends."""
        now = self._clock() if now is None else now
        seconds = self.timeout if isinstance(timeout, EllipsisType) else timeout
        _check_timeout(seconds)
        return math.inf if seconds is None else now + seconds


def _learner(
    experience: Experience, store: str | os.PathLike[str] | None, *, dialect: Dialect
) -> Learner:
    """Return what learns from jobs; it starts with what is published, if nothing else is known."""
    if experience.durations == NO_DURATIONS:
        published = Durations(published=dialect.published_durations)
        experience = replace(experience, durations=published)
    if store is None:
        return Learner(experience)
    from .store import Store  # noqa: PLC0415  # few clients have one

    return Learner(
        experience, store=Store(Path(store), base_url=dialect.base_url, api_key=dialect.api_key)
    )


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
