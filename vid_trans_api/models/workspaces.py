"""Workspaces: whose jobs there are, and the time, the seed and the defaults that they go by."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from vid_trans_api.models.compiled import CompiledQuery
from vid_trans_api.models.database import as_it_runs
from vid_trans_api.models.fields import ValueField, ValuesField
from vid_trans_api.simulation.clocks import EARLIEST, LATEST, ClockState, SimulatedClock
from vid_trans_api.simulation.counters import Counters, count_request
from vid_trans_api.simulation.faults import Rule, is_of_one_job, replaces_request
from vid_trans_api.simulation.rate_limits import RateLimit
from vid_trans_api.simulation.seeds import drawn_seed, seed_of_creation, seed_of_job
from vid_trans_api.snapshots import Operation

if TYPE_CHECKING:
    from vid_trans_api.models.jobs import Job

Clock = Callable[[], datetime]
"""The server's clock, from which a workspace's own time follows."""


_MOST_CREATIONS: Final = 1000
"""Of jobs whose creation has been tried and struck, and not yet gone through."""


_OVER: Final[Counters] = []
"""What stands for a creation that has gone through."""

_KEY: Final = "key "
"""How the names of creations begin that have an Idempotency-Key: they outlive other defaults."""

_COUNTED_AS: Final = {"faults": "rules", "rate_limit": "admitted"}
"""Where the counters have what is counted of these."""


class ClockRefused(Exception):
    """The workspace's clock cannot do that; the sentence says why."""


class NothingEnds(Exception):
    """No job of the workspace is going to end, so there is no end to move the time on to."""


class RateLimited(Exception):
    """The workspace admits no request now; the sentence says why."""

    def __init__(self, limit: RateLimit, *, seconds: int) -> None:
        super().__init__(f"This workspace admits {limit} requests; wait {seconds} s.")
        self.seconds = seconds
        """After which there is room for another."""


def _digest(rules: Sequence[Rule]) -> str:
    response = json.dumps([rule.to_json() for rule in rules], sort_keys=True)
    return hashlib.sha256(response.encode()).hexdigest()[:16]


def digest_of(api_key: str) -> str:
    """Return what is stored in place of a key: its SHA-256, or "" for no key at all."""
    return hashlib.sha256(api_key.encode(errors="surrogateescape")).hexdigest() if api_key else ""


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def of_key(self, key_digest: str) -> "Workspace":
        """Return the workspace that a key opens; one that is not stored where there is none."""
        columns = _compiled_of_key().first({"key": key_digest})
        if columns is None:
            return Workspace(key_digest=key_digest, seed=drawn_seed())
        names = [field.attname for field in Workspace._meta.concrete_fields]
        return Workspace.from_db(DEFAULT_DB_ALIAS, names, columns)

    def stored(self, key_digest: str) -> "Workspace":
        """Return the workspace that a key opens, stored now if it was not."""
        return self.get_or_create(key_digest=key_digest, defaults={"seed": drawn_seed})[0]

    def mark_evicted(self, responded_at: datetime) -> None:
        """Note that what was answered up to that instant of theirs may be forgotten."""
        is_later = models.Q(evicted_until=None) | models.Q(evicted_until__lt=responded_at)
        self.filter(is_later).update(evicted_until=responded_at)

    def on_their_own_time(self) -> "WorkspaceQuerySet":
        return self.filter(clock__isnull=False)


@cache
def _compiled_of_key() -> CompiledQuery:
    return CompiledQuery(Workspace.objects.filter(key_digest="key"))


class Workspace(models.Model):
    """Everything that belongs to one API key."""

    key_digest = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="SHA-256 of the API key; empty for the default workspace, which needs none.",
    )
    seed = models.BigIntegerField(help_text="What its jobs are drawn from, each by its number.")
    plan_count = models.PositiveBigIntegerField(
        default=0, help_text="How many jobs have been dealt a plan since it was last emptied."
    )
    clock = ValueField(
        SimulatedClock, null=True, help_text="Its own time; empty where that is the server's."
    )
    defaults = models.JSONField(
        null=True, help_text="What the simulation of its jobs goes by, as it came over the wire."
    )
    faults = ValuesField(Rule, null=True, help_text="Rules that all of its requests are held to.")
    rate_limit = ValueField(RateLimit, null=True, help_text="How many requests it admits.")
    counters = models.JSONField(
        null=True, help_text="How often its rules met a request, and when requests were admitted."
    )

    reset_at = models.DateTimeField(
        null=True, help_text="When it was last emptied, by the server's clock."
    )
    evicted_until = models.DateTimeField(
        null=True,
        help_text="Up to which instant, by its own clock, requests are missing in its journal."
        " Empty where it has all since it was last emptied.",
    )

    objects = WorkspaceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"key {self.key_digest[:8]}…" if self.key_digest else "default"

    def now(self, real: datetime) -> datetime:
        """Return what time it is here when the server's clock reads `real`."""
        clock: SimulatedClock | None = self.clock
        return real if clock is None else as_it_runs(clock).read(real)

    @property
    def speed(self) -> float:
        """How many seconds pass here for each of the server's; 0 where time is frozen."""
        return 1.0 if self.clock is None else as_it_runs(self.clock).speed

    @property
    def clock_state(self) -> ClockState:
        return ClockState.REAL if self.clock is None else self.clock.state

    def next_seed(self) -> int:
        """Return the seed of the next job; it is given out once.

        In SQL of its own: to count and to read at once is more than Django's update can say, and
        every creation waits for it.
        """
        table = connections[DEFAULT_DB_ALIAS].ops.quote_name(self._meta.db_table)
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET plan_count = plan_count + 1 WHERE id = %s RETURNING seed, plan_count",  # noqa: S608 (a constant)
                [self.pk],
            )
            self.seed, self.plan_count = cursor.fetchone()
        return seed_of_job(self.seed, self.plan_count)

    def set_defaults(self, **changes: Any) -> None:
        """Change what is given of defaults, rules and rate limit; what changes counts anew."""
        has_new_defaults = "defaults" in changes and changes["defaults"] != self.defaults
        for name, value in changes.items():
            setattr(self, name, value)
        counters = dict(self.counters or {})
        for name in changes.keys() & _COUNTED_AS.keys():
            counters.pop(_COUNTED_AS[name], None)
        if has_new_defaults and "creations" in counters:
            counters["creations"] = {
                name: tried
                for name, tried in counters["creations"].items()
                if name.startswith(_KEY)
            }
        self.counters = counters or None
        self.save(update_fields=[*changes, "counters"])

    def reset(self, clock: Clock, *, seed: int | None) -> None:
        """Empty it and make it as new, on real time, with that seed or one that is drawn."""
        with transaction.atomic():
            self.jobs.all().delete()
            self.idempotency_keys.all().delete()
            self.logged_requests.all().delete()
            self.reset_at = clock()
            self.evicted_until = None
            self.seed = drawn_seed() if seed is None else seed
            self.plan_count = 0
            self.clock = self.defaults = self.faults = self.rate_limit = self.counters = None
            self.save()

    def has_been_reset_since(self, last: datetime | None) -> bool:
        """Tell whether that has happened by now to one that was last emptied then."""
        return not Workspace.objects.filter(pk=self.pk, reset_at=last).exists()

    def advance(self, clock: Clock, *, seconds: float) -> None:
        """Move the time on. Raises ClockRefused past the end of all time."""
        if seconds:
            self._turn(clock, lambda now: now + timedelta(seconds=seconds))

    def advance_to_next_end(self, clock: Clock) -> None:
        """Move the time on to the next end of a job. Raises NothingEnds."""

        def next_end(now: datetime) -> datetime:
            job = self.jobs.filter(finishes_at__gt=now).order_by("finishes_at").first()
            if job is None or job.finishes_at is None:
                raise NothingEnds
            return job.finishes_at

        self._turn(clock, next_end)

    def freeze(self, clock: Clock, *, at: datetime | None = None) -> None:
        """Stop the time, now or at that instant.

        Raises ClockRefused for an instant that is over, unless the workspace is as new: nobody has
        been told yet how a job of it stood at any instant.
        """
        self._turn(
            clock, lambda now: at or now, speed=0.0, may_run_back=lambda: not self.plan_count
        )

    def run(self, clock: Clock, *, speed: float) -> None:
        """Have the time go on from where it is, so many times as fast as the server's."""
        if self.clock is not None or speed != 1:
            self._turn(clock, lambda now: now, speed=speed)

    def _turn(
        self,
        clock: Clock,
        target: Callable[[datetime], datetime],
        *,
        speed: float | None = None,
        may_run_back: Callable[[], bool] = lambda: False,
    ) -> None:
        """Set the clock, read under the write lock, so that no answer given can be contradicted."""
        with transaction.atomic():
            self.refresh_from_db()
            real = clock()
            now = self.now(real)
            try:
                at = target(now)
            except OverflowError:
                at = None
            if at is None or not EARLIEST <= at <= LATEST:
                raise ClockRefused(f"Time here is from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}.")
            if at < now and not may_run_back():
                raise ClockRefused(
                    f"Time here runs only forward, and it is {now:%Y-%m-%dT%H:%M:%SZ} already;"
                    " one without a job so far can be frozen at any instant, so reset it first."
                )
            if at < now and self.counters:
                self.counters = {**self.counters, "admitted": []}
            self.clock = SimulatedClock(
                at=at, since=real, speed=self.speed if speed is None else speed
            )
            self.save(update_fields=["clock", "counters"])

    def count_request(
        self,
        operation: Operation,
        *,
        jobs: "Sequence[Job]",
        now: datetime,
        is_batch: bool = False,
        is_struck: bool = False,
        held_since: datetime | None = None,
    ) -> tuple[dict[int, Rule], Rule | None]:
        """Count a request about these jobs, or about none in particular, by all rules.

        Returns the rules of jobs that strike, by the jobs' numbers, and the workspace's. One that
        strikes the answer as a whole leaves nothing to those after it; where one of the workspace's
        has, the request `is_struck`, for its others. A request that was held has been admitted, and
        counted by the rules about it, at `held_since`. Raises RateLimited, and then nothing is
        counted.
        """
        with transaction.atomic():
            counters = self._admit(now, is_new=held_since is None)
            struck: dict[int, Rule] = {}
            is_readable = False
            for job in jobs:
                if rule := job.count_request(
                    operation, now=now, is_struck=is_readable, held_since=held_since
                ):
                    struck[job.number] = rule
                    is_readable = is_readable or not (is_batch and is_of_one_job(rule.fault))
            ages, counted_at = (
                [job.age(instant) for job in jobs] if instant else None
                for instant in (now, held_since)
            )
            of_all = self._count(
                counters,
                operation,
                ages=ages or (),
                is_struck=is_struck or is_readable,
                counted_at=counted_at,
            )
            self._keep(counters)
        return struck, of_all

    def count_creation(
        self,
        rules: Sequence[Rule],
        *,
        key: str | None,
        body_digest: str,
        is_replay: bool,
        seed: int | None,
        now: datetime,
    ) -> tuple[Rule | None, Rule | None]:
        """Count a request to create a job by the rules that it asks for itself, and by all others.

        The tries of one creation have the same Idempotency-Key, if any, the same body and the same
        rules; it ends with the first that creates a job and that no rule of its own strikes. What
        comes later with its key is the same creation still, and not another, as long as it
        `is_replay`: answered with the job that there is. `seed` is the one that the job asks for.

        Returns the rule of its own that strikes, or the workspace's. Raises RateLimited, and then
        nothing is counted.
        """
        with transaction.atomic():
            counters = self._admit(now)
            tries: dict[str, tuple[int, Counters | None]] = dict(counters.get("creations", {}))
            begun: int = counters.get("begun", 0)
            name = f"{_KEY}{key} " if key else ""
            name += f"{body_digest} {_digest(rules)}"  # what is counted is counted by these rules
            number, counter = tries.pop(name, (begun + 1, None))
            if counter == _OVER and not is_replay:  # its key has lapsed
                number, counter = begun + 1, None
            counters["begun"] = max(begun, number)
            own = None
            if counter or not is_replay:
                own, counter = count_request(
                    [rule if rule.on is Operation.CREATE else None for rule in rules],
                    counter,
                    operation=Operation.CREATE,
                    ages=[0],
                    seed=seed_of_creation(self.seed, number) if seed is None else seed,
                )
            of_all = self._count(counters, Operation.CREATE, ages=[0], is_struck=own is not None)
            is_through = own is None and not (of_all and replaces_request(of_all.fault))
            if key and is_through and counter is not None:
                counter = _OVER
            if counter is not None and (key or not is_through):
                tries[name] = (number, counter)
            counters["creations"] = dict(list(tries.items())[-_MOST_CREATIONS:])
            self._keep(counters)
        return own, of_all

    def _admit(self, now: datetime, *, is_new: bool = True) -> dict[str, Any]:
        """Return the counters as they are under the write lock, with one more request admitted.

        One that is not new has been admitted before.
        """
        self.refresh_from_db()
        counters: dict[str, Any] = dict(self.counters or {})
        limit: RateLimit | None = self.rate_limit
        if limit is not None and is_new:
            admitted = limit.still_counting(
                list(map(datetime.fromisoformat, counters.get("admitted", ()))), now
            )
            if wait := limit.wait(admitted, now):
                raise RateLimited(limit, seconds=wait)
            counters["admitted"] = [each.isoformat() for each in (*admitted, now)]
        return counters

    def _count(
        self,
        counters: dict[str, Any],
        operation: Operation,
        *,
        ages: Sequence[float],
        is_struck: bool,
        counted_at: Sequence[float] | None = None,
    ) -> Rule | None:
        struck, counters["rules"] = count_request(
            self.faults or (),
            counters.get("rules"),
            operation=operation,
            ages=ages,
            seed=self.seed,
            is_struck=is_struck,
            counted_at=counted_at,
        )
        return struck

    def _keep(self, counters: dict[str, Any]) -> None:
        if counters != self.counters:
            self.counters = counters
            self.save(update_fields=["counters"])
