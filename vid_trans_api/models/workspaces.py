"""Workspaces: what belongs to one API key, and the clock, seed and defaults of its jobs."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Q

from vid_trans_api.models import webhook_times
from vid_trans_api.models.changes import publish_workspace_change
from vid_trans_api.models.compiled import CompiledUpdate
from vid_trans_api.models.database import as_stored, read_time
from vid_trans_api.models.fields import ValueField, ValuesField
from vid_trans_api.models.locks import lock
from vid_trans_api.models.running_clock import running_clock
from vid_trans_api.models.workspace_queries import WorkspaceQuerySet
from vid_trans_api.simulation.clocks import EARLIEST, LATEST, ClockState, SimulatedClock
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.simulation.rate_limits import RateLimit
from vid_trans_api.simulation.seeds import random_seed, seed_of_job

_COUNTED_AS: Final = {"faults": "rules", "rate_limit": "admitted"}
"""The keys of `counters` that belong to these fields."""


class ClockRefused(Exception):
    """The workspace's clock cannot do that; the message says why."""


class NothingEnds(Exception):
    """No job of the workspace is going to end and no webhook waits, so there is no next time."""


def digest_of(api_key: str) -> str:
    """Return what is stored in place of a key: its SHA-256, or "" for no key."""
    return hashlib.sha256(api_key.encode(errors="surrogateescape")).hexdigest() if api_key else ""


class Workspace(models.Model):
    """Everything that belongs to one API key."""

    key_digest = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="SHA-256 of the API key; empty for the default workspace, which needs none.",
    )
    seed = models.BigIntegerField(help_text="What the plans of its jobs are drawn from.")
    plan_count = models.PositiveBigIntegerField(
        default=0, help_text="How many plans have been drawn since the last reset."
    )
    clock = ValueField(
        SimulatedClock, null=True, help_text="Its own clock; empty if it has the server's time."
    )
    is_clock_changing = models.BooleanField(
        default=False,
        help_text="Whether its clock is being slowed down: its time is then read under the lock.",
    )
    defaults = models.JSONField(
        null=True, help_text="Simulation options of jobs that do not give them."
    )
    faults = ValuesField(Rule, null=True, help_text="Fault rules that apply to all its requests.")
    rate_limit = ValueField(RateLimit, null=True, help_text="How many requests are admitted.")
    requests_left = models.PositiveIntegerField(
        null=True, help_text="How many more requests are not a 410; empty if there is no limit."
    )
    max_concurrent_jobs = models.PositiveIntegerField(
        null=True,
        help_text="How many jobs of HeyGen's API run at once; 0 for no limit, empty for the"
        " server's setting.",
    )
    wallet = models.DecimalField(
        null=True,
        max_digits=14,
        decimal_places=4,
        help_text="Dollars that are left; empty if creations cost nothing.",
    )
    counters = models.JSONField(
        null=True,
        help_text="How many requests each rule matched, and when requests were admitted.",
    )
    has_webhooks = models.BooleanField(
        default=False, help_text="Whether it has endpoints, or had callbacks."
    )
    webhook_secret = models.CharField(
        max_length=100, blank=True, help_text="What signs the events for callbacks."
    )
    signs_own_time = models.BooleanField(
        default=False,
        help_text="Whether the signatures of events have the time of this workspace, not the real"
        " time.",
    )
    report_at = models.DateTimeField(
        null=True,
        help_text="When the next end is to be reported to endpoints, by the server's clock; empty"
        " if none is, or time is frozen.",
    )
    reset_at = models.DateTimeField(
        null=True, help_text="When it was last reset, by the server's clock."
    )
    evicted_until = models.DateTimeField(
        null=True,
        help_text="Requests responded to until then, by its own clock, may be missing in its"
        " journal. Empty if none is missing since the last reset.",
    )

    written_at = models.DateTimeField(
        null=True, help_text="The latest write in it whose time matters, by the server's clock."
    )

    read_at: datetime
    """The server's time when it was read by its key or with a job; if it was locked, after that."""

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        indexes = (
            # Lists of the admin ask whether there are any.
            models.Index("id", name="with_own_clock", condition=models.Q(clock__isnull=False)),
            models.Index("report_at", name="ends_to_report", condition=Q(report_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"key {self.key_digest[:8]}…" if self.key_digest else "default"

    def now(self, server_time: datetime | None = None) -> datetime:
        """Return the time here when the server's clock reads `server_time`, or at `read_at`."""
        server_time = server_time or self.read_at
        clock: SimulatedClock | None = self.clock
        return server_time if clock is None else running_clock(clock).read(server_time)

    def note_write(self) -> None:
        """Let no later time be before this write's, even if the clock is set back."""
        self.written_at = self.read_at
        self.save(update_fields=["written_at"])

    def note_report(self, next_report: datetime | None) -> None:
        """Note a write that has reported ends, and when the next report is due."""
        self.written_at, self.report_at = self.read_at, next_report
        _compiled_report().store(self)

    def server_time_of(self, instant: datetime) -> datetime | None:
        """Return what the server's clock reads when that time comes here.

        That is `read_at` if it has come already; None if it does not come, as time is frozen.
        """
        now = self.now()
        if instant <= now:
            return self.read_at
        if not self.speed:
            return None
        try:
            return self.read_at + (instant - now) / self.speed
        except OverflowError:
            return None

    @property
    def speed(self) -> float:
        """Seconds that pass here for each of the server's; 0 if time is frozen."""
        return 1.0 if self.clock is None else running_clock(self.clock).speed

    @property
    def clock_state(self) -> ClockState:
        return ClockState.REAL if self.clock is None else self.clock.state

    def next_seed(self) -> int:
        """Return the seed of the next plan. Needs the lock.

        In SQL, as each creation needs it, and building the query takes longer than running it.
        """
        self.plan_count += 1
        self.written_at = self.read_at
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            table = self._meta.db_table
            cursor.execute(
                f"UPDATE {table} SET plan_count = %s, written_at = %s WHERE id = %s",  # noqa: S608 (the table's name is a constant)
                [self.plan_count, as_stored(self.written_at), self.pk],
            )
        return seed_of_job(self.seed, self.plan_count)

    def count_request(self) -> None:
        """Count a request for `requests_left`, in SQL: others are counted at the same time."""
        if self.requests_left:
            stored = Workspace.objects.filter(pk=self.pk, requests_left__gt=0)
            stored.update(requests_left=models.F("requests_left") - 1)

    def set_defaults(self, **changes: Any) -> None:
        """Change defaults, fault rules and limits. Counters of what changes start anew."""
        counters = dict(self.counters or {})
        for name in changes.keys() & _COUNTED_AS.keys():
            counters.pop(_COUNTED_AS[name], None)
        if "defaults" in changes and changes["defaults"] != self.defaults:
            counters.pop("creations", None)
        for name, value in changes.items():
            setattr(self, name, value)
        self.counters = counters or None
        self.save(update_fields=[*changes, "counters"])

    def reset(self, *, seed: int | None) -> None:
        """Delete everything in it and start anew, on real time, with this seed or a drawn one."""
        with lock(self):
            for related in (self.jobs, self.batches, self.proofreads, self.assets):
                related.all().delete()
            self.endpoints.all().delete()
            self.events.all().delete()
            self.idempotency_keys.all().delete()
            self.logged_requests.all().delete()
            self.reset_at, self.written_at = read_time(), None
            self.evicted_until = None
            self.seed = random_seed() if seed is None else seed
            self.plan_count = 0
            self.clock = self.defaults = self.faults = self.rate_limit = self.counters = None
            self.requests_left = self.max_concurrent_jobs = self.wallet = None
            self.is_clock_changing = self.has_webhooks = False
            self.signs_own_time = False
            self.webhook_secret, self.report_at = "", None
            self.save()
            publish_workspace_change(self.pk)

    def read_evicted_until(self) -> datetime | None:
        """Return `evicted_until` as it is stored now; None also if the workspace was deleted."""
        stored = Workspace.objects.filter(pk=self.pk)
        return stored.values_list("evicted_until", flat=True).first()

    def has_been_reset_since(self, last: datetime | None) -> bool:
        """Return whether it has been reset since `last`, the last reset that the caller knows."""
        return not Workspace.objects.filter(pk=self.pk, reset_at=last).exists()

    def mark_clock_changing(self, *, is_changing: bool) -> None:
        """Tell readers of the time whether to take the lock, from the next commit on."""
        self.is_clock_changing = is_changing
        self.save(update_fields=["is_clock_changing"])

    def advance(self, *, seconds: float) -> None:
        """Advance the time. Raises ClockRefused beyond the latest time there is."""
        if seconds:
            self._set_clock(lambda now: now + timedelta(seconds=seconds))

    def advance_to_next_end(self) -> None:
        """Advance the time to the next end of a job or proofread, or the next attempt to send.

        Raises NothingEnds.
        """

        def next_end(now: datetime) -> datetime:
            ends = (
                self.jobs.all().next_end(now),
                self.proofreads.all().next_end(now),
                webhook_times.next_attempt(self, now),
            )
            known = [end for end in ends if end is not None]
            if not known:
                raise NothingEnds
            return min(known)

        self._set_clock(next_end)

    def freeze(self, *, at: datetime | None = None) -> None:
        """Stop the time, now or at an instant.

        Raises ClockRefused for an instant in the past, unless no plan has been drawn here: then no
        response can have reported anything about a job.
        """
        self._set_clock(lambda now: at or now, speed=0.0, may_go_back=lambda: not self.plan_count)

    def resume(self, *, speed: float) -> None:
        """Let the clock run from its current time, at `speed` times the speed of the server's."""
        if self.clock is not None or speed != 1:
            self._set_clock(lambda now: now, speed=speed)

    def _set_clock(
        self,
        target: Callable[[datetime], datetime],
        *,
        speed: float | None = None,
        may_go_back: Callable[[], bool] = lambda: False,
    ) -> None:
        """Set the clock. Needs the lock, under which the server's clock was read."""
        server_time = self.read_at
        now = self.now()
        try:
            at = target(now)
        except OverflowError:
            at = None
        if at is None or not EARLIEST <= at <= LATEST:
            raise ClockRefused(f"The time must be from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}.")
        if at < now and not may_go_back():
            raise ClockRefused(
                f"Time only runs forward, and it is {now:%Y-%m-%dT%H:%M:%SZ} already. Only"
                " before its first job can a workspace be frozen in the past: reset it first."
            )
        if at < now and self.counters:
            self.counters = {**self.counters, "admitted": []}
        self.clock = SimulatedClock(
            at=at, since=server_time, speed=self.speed if speed is None else speed
        )
        self.written_at = server_time
        self.save(update_fields=["clock", "counters", "written_at"])
        webhook_times.plan_all(self)
        publish_workspace_change(self.pk)


@cache
def _compiled_report() -> CompiledUpdate[Workspace]:
    return CompiledUpdate(Workspace, "written_at", "report_at")
