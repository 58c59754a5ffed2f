"""Jobs: the facts of each, what they mean at an instant, and the verbs that find them."""

import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Self

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import F, Q, Subquery, Value

from vid_trans_api.fields import ValueField
from vid_trans_api.functions import WorkspaceNow
from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.models.batches import BatchQuerySet
from vid_trans_api.models.compiled import CompiledQuery
from vid_trans_api.models.workspaces import Clock, Workspace
from vid_trans_api.simulation.estimates import Estimate, outlook
from vid_trans_api.simulation.faults import Operation, Rule
from vid_trans_api.simulation.plans import (
    CANCELED,
    Failure,
    Odds,
    Outcome,
    Plan,
    Wishes,
    deal,
    steered,
)
from vid_trans_api.simulation.scenarios import resolve
from vid_trans_api.simulation.tallies import count_call
from vid_trans_api.snapshots import Snapshot, Status

_ON_SERVER_TIME: Final = Q(workspace__clock__isnull=True)
_ON_ITS_OWN_TIME: Final = Q(workspace__clock__isnull=False)

_LOOKED_THROUGH: Final = 500
"""How many numbers are looked through, from the newest job, before instants bound the search."""

SETTLING: Final = timedelta(seconds=5)
"""How long after a job's planned end a cancel from before may still be on its way to the disk."""


class JobEnded(Exception):
    """The job had already ended, so it can be neither canceled nor finished."""


class CannotSteer(Exception):
    """The job cannot go on in the way that was asked for; the sentence says why."""


class JobQuerySet(BatchQuerySet["Job"]):
    def start(
        self,
        *,
        workspace: Workspace,
        now: datetime,
        video_url: str = "",
        title: str = "",
        target_language: str = DEFAULT_LANGUAGE,
        simulation: Sequence[Wishes] = (),
    ) -> "Job":
        """Create a job, at that instant of its workspace, and deal its plan.

        Of the wishes, the first level is the highest.
        """
        odds = Odds(
            duration=(settings.MIN_DELAY, settings.MAX_DELAY),
            error_probability=settings.ERROR_PROBABILITY,
            noise=settings.ESTIMATE_NOISE,
        )
        with transaction.atomic(savepoint=False):
            return self._begin(
                workspace=workspace,
                now=now,
                video_url=video_url,
                title=title,
                target_language=target_language,
                plan=deal(resolve(simulation), odds, seed=workspace.next_seed()),
            )

    def run_again(self, job: "Job", *, now: datetime) -> "Job":
        """Create a job that asks for the same and is dealt the same plan."""
        return self._begin(
            workspace=job.workspace,
            now=now,
            video_url=job.video_url,
            title=job.title,
            target_language=job.target_language,
            plan=job.plan,
        )

    def _begin(self, *, now: datetime, plan: Plan, **fields: Any) -> "Job":
        end = None if plan.ends_after is None else now + timedelta(seconds=plan.ends_after)
        return self.create(
            created_at=now,
            plan=plan,
            finishes_at=end,
            outcome="" if end is None else plan.outcome.value,
            failure=plan.failure,
            **fields,
        )

    def of_key(self, key_digest: str) -> Self:
        return self.filter(workspace__key_digest=key_digest)

    def find(self, public_id: str, *, key_digest: str) -> "Job | None":
        """Return that job of that workspace, and its workspace with it, or None.

        Status requests spend their time here.
        """
        columns = _compiled_find().first({"id": public_id, "key": key_digest})
        if columns is None:
            return None
        job = Job.from_db(DEFAULT_DB_ALIAS, _JOB_COLUMNS, columns[: len(_JOB_COLUMNS)])
        workspace = Workspace.from_db(
            DEFAULT_DB_ALIAS, _WORKSPACE_COLUMNS, columns[len(_JOB_COLUMNS) :]
        )
        _WORKSPACE.set_cached_value(job, workspace)
        return job

    def find_anywhere(self, public_id: str) -> "Job | None":
        """Return that job, whichever workspace it belongs to, or None."""
        return self.select_related("workspace").filter(public_id=public_id).first()

    def find_many(self, public_ids: Iterable[str], *, workspace: Workspace) -> list["Job"]:
        """Return the jobs of that workspace that have one of these ids, in any order."""
        jobs = self.filter(workspace_id=workspace.pk, public_id__in=list(public_ids))
        return _with_workspace(jobs, workspace)

    def page(
        self,
        *,
        workspace: Workspace,
        now: datetime,
        limit: int,
        status: Status | None = None,
        target_language: str | None = None,
        before: int | None = None,
    ) -> list["Job"]:
        """Return the newest jobs of that workspace that fit, from the job `before` downwards."""
        if workspace.pk is None:
            return []
        jobs = self.filter(workspace=workspace)
        if target_language is not None:
            jobs = jobs.filter(target_language=target_language)
        if before is not None:
            jobs = jobs.filter(number__lt=before)
        if status is Status.PENDING:
            return _with_workspace(jobs.newest_pending(now, limit), workspace)
        if status is not None:
            jobs = jobs.with_status(status, now)
        return _with_workspace(jobs.newest_first()[:limit], workspace)

    def newest_pending(self, now: datetime, limit: int) -> list["Job"]:
        """Return the newest pending jobs, at a cost that does not grow with those that have ended.

        Most often they are among the newest of all, which are looked through first. Otherwise an
        index gives those that end later or never, and the newest are picked out of these.
        """
        newest = self.newest_first().values("number")
        looked_through = self.filter(number__gt=Subquery(newest[:1]) - _LOOKED_THROUGH)
        jobs = list(looked_through.pending(now).newest_first()[:limit])
        if len(jobs) == limit:
            return jobs
        newest_of_few = (F("number") + 0).desc()  # + 0: by sorting, not by a walk down the numbers
        candidates = [
            self.filter(ends).order_by(newest_of_few).values("number")[:limit]
            for ends in (Q(finishes_at__gt=now), Q(finishes_at=None))
        ]
        # Asked for by number alone: any other condition tempts SQLite to walk an index of its own.
        found = Q(number__in=candidates[0]) | Q(number__in=candidates[1])
        return list(self.model.objects.filter(found).newest_first()[:limit])

    def newest_first(self) -> Self:
        """Order by creation, also where two instants are equal."""
        return self.order_by("-number")

    def pending(self, now: datetime) -> Self:
        return self.filter(Q(finishes_at__gt=now) | Q(finishes_at=None))

    def with_status(self, status: Status, now: datetime) -> Self:
        """Return those that are that at that instant.

        Jobs that have ended are found by their outcome, leaving out those whose end is to come;
        asked for by their end, SQLite would gather all of them before it sorts.
        """
        if status is Status.PENDING:
            return self.pending(now)
        return self.filter(outcome=status.value).exclude(finishes_at__gt=now)

    def with_status_anywhere(self, status: Status, real: datetime) -> Self:
        """Return those of all workspaces that are that when the server's clock reads `real`."""
        if Workspace.objects.on_their_own_time().exists():
            ended = Q(_ON_SERVER_TIME, finishes_at__lte=real) | Q(
                _ON_ITS_OWN_TIME, finishes_at__lte=WorkspaceNow("workspace__clock", real)
            )
            if status is Status.PENDING:
                return self.filter(~ended | Q(finishes_at=None))
            return self.filter(ended, outcome=status.value)
        return self.with_status(status, real)

    def pending_by_end(self, real: datetime) -> Self:
        """Return the pending ones of all workspaces, found before anything else is asked of them.

        For lists that are ordered and cut by someone else: asked for in order, SQLite would walk
        through all that have ended before it knows that there are few pending, or none.
        """
        pending = self.model.objects.with_status_anywhere(Status.PENDING, real)
        return self.filter(number__in=pending.values("number"))

    def created_within(self, age: timedelta, real: datetime) -> Self:
        """Return those of all workspaces that are no older, when the server's clock reads `real`.

        As numbers rise, they are the ones from the first on; but time may be any in a workspace
        that has a clock of its own.
        """
        if Workspace.objects.on_their_own_time().exists():
            return self.filter(
                Q(_ON_SERVER_TIME, created_at__gte=real - age)
                | Q(
                    _ON_ITS_OWN_TIME,
                    created_at__gte=WorkspaceNow("workspace__clock", real, ago=age),
                )
            )
        first = self.model.objects.filter(created_at__gte=real - age).order_by("created_at")
        return self.filter(number__gte=first.values("number")[:1])

    def seen_at(self, real: datetime) -> Self:
        """Give every job that is read what the server's clock reads then, as `real`."""
        return self.select_related("workspace").annotate(
            real=Value(real, output_field=models.DateTimeField())
        )

    def count_up_to(self, limit: int) -> int:
        """Count the jobs, but no further than that."""
        return self.order_by()[:limit].count()

    def ended_before(self, instant: datetime) -> Self:
        return self.filter(finishes_at__lt=instant)

    def of_server_time(self) -> Self:
        """Return those of workspaces whose time is the server's."""
        return self.filter(_ON_SERVER_TIME)


def _with_workspace(jobs: Iterable["Job"], workspace: Workspace) -> list["Job"]:
    """Give each the workspace that it is known to be of, so that nobody asks for it again."""
    known = list(jobs)
    for job in known:
        _WORKSPACE.set_cached_value(job, workspace)
    return known


@cache
def _compiled_find() -> CompiledQuery:
    unread = {field.attname for field in Workspace._meta.concrete_fields} - {*_WORKSPACE_COLUMNS}
    jobs = Job.objects.of_key("key").filter(public_id="id").select_related("workspace")
    return CompiledQuery(jobs.defer(*(f"workspace__{name}" for name in unread)))


def new_id() -> str:
    return uuid.uuid4().hex


class Job(models.Model):
    """One video to translate into one language: the facts, from which its status follows."""

    number = models.BigAutoField(primary_key=True, help_text="Order of creation.")
    public_id = models.CharField("id", max_length=32, unique=True, default=new_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="jobs")
    title = models.CharField(max_length=200, blank=True)
    video_url = models.CharField("video URL", max_length=2000, blank=True)
    target_language = models.CharField(max_length=64, default=DEFAULT_LANGUAGE)
    created_at = models.DateTimeField("created")
    finishes_at = models.DateTimeField(
        "ends", null=True, help_text="The instant it ends; empty while nobody knows."
    )
    outcome = models.CharField(
        max_length=9,
        blank=True,
        choices=[(status.value, status.label) for status in Status if status.is_terminal],
        help_text="What it is once it has ended; empty while nobody knows.",
    )
    failure = ValueField(
        Failure, null=True, help_text="Why it ends in error, where that is its outcome."
    )
    plan = ValueField(Plan, help_text="What the simulation dealt it.")
    # Text that only rules read: as JSON, every read of a job would take longer.
    tallies = models.TextField(blank=True, help_text="How often its rules met a request, as JSON.")

    objects = JobQuerySet.as_manager()

    class Meta:
        # Each list of jobs, newest first, is read off one of these: the order is in the index, and
        # what the instants rule out is seen without a look at the job itself.
        indexes = (
            models.Index("workspace", "target_language", name="newest_by_language"),
            models.Index("workspace", "outcome", "number", "finishes_at", name="newest_by_outcome"),
            models.Index(
                "workspace", "target_language", "outcome", name="newest_by_language_outcome"
            ),
            models.Index("workspace", "finishes_at", "target_language", name="pending"),
            # The admin looks at all workspaces at once.
            models.Index("outcome", "number", "finishes_at", name="newest_by_outcome_of_all"),
            models.Index("finishes_at", name="pending_of_all"),
            models.Index("created_at", name="created"),
        )

    def __str__(self) -> str:
        return self.title or self.short_id

    @property
    def short_id(self) -> str:
        return self.public_id[:8]

    def seen(self, real: datetime) -> Snapshot:
        """Return what this job is when the server's clock reads `real`."""
        return self.at(self.workspace.now(real))

    def at(self, now: datetime) -> Snapshot:
        """Return what this job's facts mean at that instant of its workspace."""
        end = self.finishes_at
        if end is not None and end > now:
            end = None
        status = Status.PENDING if end is None else Status(self.outcome)
        age = _seconds(self.created_at, now)
        guess = self._estimate_after(age if end is None else _seconds(self.created_at, end))
        return Snapshot(
            status=status,
            age=age,
            progress=1.0 if status is Status.COMPLETED else guess and guess[1],
            estimate=guess and guess[0] if end is None else None,
            finished_at=end,
            failure=self.failure if status is Status.ERROR else None,
            is_silent=self.plan.is_silent,
        )

    def _estimate_after(self, elapsed: float) -> tuple[Estimate, float] | None:
        guesswork, duration = self.plan.guesswork, self.plan.duration
        if guesswork is None or duration is None:
            return None
        return outlook(guesswork, duration=duration, elapsed=min(elapsed, duration))

    def count_call(self, operation: Operation, *, now: datetime) -> Rule | None:
        """Count a request by this job's rules, under the write lock; return what strikes."""
        if not self.plan.faults:
            return None
        try:
            self.refresh_from_db(fields=["tallies"])
        except Job.DoesNotExist:  # deleted since it was found
            return None
        known = json.loads(self.tallies) if self.tallies else None
        struck, tallies = count_call(
            self.plan.faults,
            known,
            operation=operation,
            age=_seconds(self.created_at, now),
            seed=self.plan.seed,
        )
        if tallies != known:
            self.tallies = json.dumps(tallies)
            self.save(update_fields=["tallies"])
        return struck

    def cancel(self, clock: Clock) -> None:
        """End this job now, as canceled; nothing changes where it was canceled before.

        Raises JobEnded where it had already ended. The clock is read once the write lock is held,
        so that no answer given before can be contradicted.
        """
        with transaction.atomic():
            self.refresh_from_db()
            now = self.workspace.now(clock())
            if self.at(now).status.is_terminal:
                if self._was_canceled():
                    return
                raise JobEnded
            self._end(now, outcome=Status.ERROR, failure=CANCELED)

    def _was_canceled(self) -> bool:
        """Tell a canceled job from one that was asked to fail with the very words of a cancel."""
        seconds = self.plan.ends_after
        has_run_out = seconds is not None and self.finishes_at == self.created_at + timedelta(
            seconds=seconds
        )
        return self.failure == CANCELED and not has_run_out

    def finish(self, clock: Clock) -> None:
        """End this job now, with the outcome it was dealt; a stuck one completes.

        Raises JobEnded where it had already ended.
        """
        self.steer(clock, is_finished=True)

    def steer(
        self,
        clock: Clock,
        *,
        outcome: Outcome | None = None,
        failure: Failure | None = None,
        duration: float | None = None,
        is_finished: bool = False,
    ) -> None:
        """Have this job go on in another way than it was dealt; what is None stays.

        `duration` is in seconds from its creation; a job that is to be finished ends now instead.
        Raises JobEnded where it had already ended, and CannotSteer for what makes no sense.
        """
        with transaction.atomic():
            self.refresh_from_db()
            now = self.workspace.now(clock())
            if self.at(now).status.is_terminal:
                raise JobEnded
            self.plan = steered(self.plan, outcome=outcome, failure=failure, duration=duration)
            is_stuck = self.plan.outcome is Outcome.STUCK
            after = self.plan.ends_after
            end = None if after is None else self.created_at + timedelta(seconds=after)
            if is_finished:
                end = now
            elif end is not None and end <= now:
                raise CannotSteer(
                    f"It has run for {_seconds(self.created_at, now):g} s, so it is too late to end"
                    f" after {after:g} s."
                )
            elif (end is None) is not is_stuck:
                raise CannotSteer("It is stuck: say with what outcome and after what duration.")
            outcome_then = Status.COMPLETED if is_stuck else Status(self.plan.outcome)
            self._end(end, outcome=None if end is None else outcome_then, failure=self.plan.failure)

    def _end(
        self, end: datetime | None, *, outcome: Status | None, failure: Failure | None
    ) -> None:
        """Write down when and how this job ends, None while nobody knows, and its plan."""
        self.finishes_at, self.outcome, self.failure = end, outcome or "", failure
        self.save(update_fields=["finishes_at", "outcome", "failure", "plan"])


_JOB_COLUMNS: Final = [field.attname for field in Job._meta.concrete_fields]
_WORKSPACE_COLUMNS: Final = ("id", "clock", "faults", "rate_limit")
"""Those that every request for a job goes by; the others are read where they are asked for."""
_WORKSPACE: Final = Job._meta.get_field("workspace")


def _seconds(start: datetime, end: datetime) -> float:
    """Return the seconds between two instants, 0 where the clock was set back between them."""
    return max(0.0, (end - start).total_seconds())


def read_settled(read: Callable[[], Sequence[Job]], real: datetime) -> Sequence[Job]:
    """Read jobs such that no cancel still on its way to the disk can overtake what is told.

    A cancel reads the clock under the write lock and becomes visible a moment later. An answer in
    between could call the job completed, and then it would turn out to have been canceled. So where
    a job's end is that fresh when the server's clock reads `real`, the jobs are read again once the
    write lock has been free. A change of a workspace's clock takes the lock as well, so that only
    what has passed by itself counts, as fast as it passes there.
    """
    jobs = read()
    if any(_is_settling(job, real) for job in jobs):
        with transaction.atomic():
            jobs = read()
    return jobs


def read_settled_in(
    workspace: Workspace, read: Callable[[datetime], Sequence[Job]], real: datetime
) -> tuple[Sequence[Job], datetime]:
    """Read jobs of one workspace as `read_settled` does; return the instant there as well.

    `read` is given that instant. Where the jobs are read again, so is the workspace's time, which
    may have been stopped or slowed down in between.
    """
    now = workspace.now(real)
    jobs = read(now)
    if any(_is_settling(job, real) for job in jobs):
        with transaction.atomic():
            workspace.refresh_from_db()
            now = workspace.now(real)
            jobs = read(now)
    return jobs, now


def _is_settling(job: Job, real: datetime) -> bool:
    end, workspace = job.finishes_at, job.workspace
    if end is None:
        return False
    if workspace.clock is None:
        return end <= real < end + SETTLING
    now = workspace.now(real)
    return now - SETTLING * workspace.speed < end <= now
