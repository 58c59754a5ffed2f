"""What is stored, and the verbs that find it and change it."""

import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Self, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models import F, Q, Subquery, Value

from vid_trans_api.fields import ValueField
from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.simulation.estimates import Estimate, outlook
from vid_trans_api.simulation.plans import CANCELED, Failure, Odds, Plan, Wishes, deal
from vid_trans_api.simulation.scenarios import resolve
from vid_trans_api.snapshots import Snapshot, Status

Clock = Callable[[], datetime]
_Row_co = TypeVar("_Row_co", bound=models.Model, covariant=True)

_LOOKED_THROUGH: Final = 500
"""How many numbers are looked through, from the newest job, before instants bound the search."""

SETTLING: Final = timedelta(seconds=5)
"""How long after a job's planned end a cancel from before may still be on its way to the disk."""


class JobEnded(Exception):
    """The job had already ended, so it can be neither canceled nor finished."""


def digest_of(api_key: str) -> str:
    """Return what is stored in place of a key: its SHA-256, or "" for no key at all."""
    return hashlib.sha256(api_key.encode(errors="surrogateescape")).hexdigest() if api_key else ""


class BatchQuerySet(models.QuerySet[_Row_co]):
    BATCH: Final = 5_000

    def delete_in_batches(self) -> int:
        """Delete all of them, a batch a transaction, so that requests get in between.

        Returns how many there were.
        """
        deleted = 0
        while batch := list(self.values_list("pk", flat=True)[: self.BATCH]):
            deleted += self.filter(pk__in=batch).delete()[0]
        return deleted


class Workspace(models.Model):
    """Everything that belongs to one API key."""

    key_digest = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="SHA-256 of the API key; empty for the default workspace, which needs none.",
    )

    def __str__(self) -> str:
        return f"key {self.key_digest[:8]}…" if self.key_digest else "default"


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
        """Create a job and deal its plan; of the wishes, the first level is the highest."""
        odds = Odds(
            duration=(settings.MIN_DELAY, settings.MAX_DELAY),
            error_probability=settings.ERROR_PROBABILITY,
            noise=settings.ESTIMATE_NOISE,
        )
        return self._begin(
            workspace=workspace,
            now=now,
            video_url=video_url,
            title=title,
            target_language=target_language,
            plan=deal(resolve(simulation), odds, seed=secrets.randbits(32)),
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
        """Return that job of that workspace, or None.

        Status requests spend their time here, and most of what a query costs is building it: so
        this one is compiled once.
        """
        sql, parameters, names, convert = _compiled_find()
        values = {"id": public_id, "key": key_digest}
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            row = cursor.execute(sql, [values[name] for name in parameters]).fetchone()
        if row is None:
            return None
        return Job.from_db(DEFAULT_DB_ALIAS, names, convert(row))

    def find_anywhere(self, public_id: str) -> "Job | None":
        """Return that job, whichever workspace it belongs to, or None."""
        return self.filter(public_id=public_id).first()

    def find_many(self, public_ids: Iterable[str], *, key_digest: str) -> list["Job"]:
        """Return the jobs of that workspace that have one of these ids, in any order."""
        return list(self.of_key(key_digest).filter(public_id__in=list(public_ids)))

    def page(
        self,
        *,
        key_digest: str,
        now: datetime,
        limit: int,
        status: Status | None = None,
        target_language: str | None = None,
        before: int | None = None,
    ) -> list["Job"]:
        """Return the newest jobs of that workspace that fit, from the job `before` downwards."""
        workspace = Workspace.objects.filter(key_digest=key_digest).first()
        if workspace is None:
            return []
        jobs = self.filter(workspace=workspace)
        if target_language is not None:
            jobs = jobs.filter(target_language=target_language)
        if before is not None:
            jobs = jobs.filter(number__lt=before)
        if status is Status.PENDING:
            return jobs.newest_pending(now, limit)
        if status is not None:
            jobs = jobs.with_status(status, now)
        return list(jobs.newest_first()[:limit])

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

    def pending_by_end(self, now: datetime) -> Self:
        """Return the pending ones, found by their ends before anything else is asked of them.

        For lists that are ordered and cut by someone else: asked for in order, SQLite would walk
        through all that have ended before it knows that there are few pending, or none.
        """
        return self.filter(number__in=self.model.objects.pending(now).values("number"))

    def with_status(self, status: Status, now: datetime) -> Self:
        """Return those that are that at that instant.

        Jobs that have ended are found by their outcome, leaving out those whose end is to come;
        asked for by their end, SQLite would gather all of them before it sorts.
        """
        if status is Status.PENDING:
            return self.pending(now)
        return self.filter(outcome=status.value).exclude(finishes_at__gt=now)

    def created_since(self, instant: datetime) -> Self:
        """Return those from the first one created since that instant on, as numbers rise."""
        first = self.model.objects.filter(created_at__gte=instant).order_by("created_at")
        return self.filter(number__gte=first.values("number")[:1])

    def seen_at(self, now: datetime) -> Self:
        """Give every job that is read the instant of the look at it, as `now`."""
        return self.annotate(now=Value(now, output_field=models.DateTimeField()))

    def count_up_to(self, limit: int) -> int:
        """Count the jobs, but no further than that."""
        return self.order_by()[:limit].count()

    def ended_before(self, instant: datetime) -> Self:
        return self.filter(finishes_at__lt=instant)


@cache
def _compiled_find() -> tuple[str, list[str], list[str], Callable[[Sequence[Any]], Sequence[Any]]]:
    """Compile the search for one job: its SQL, parameters, columns, and a converter of a row."""
    query = Job.objects.of_key("key").filter(public_id="id").query
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    sql, parameters = compiler.as_sql()
    converters = compiler.get_converters([column for column, _, _ in compiler.select])

    def convert(row: Sequence[Any]) -> Sequence[Any]:
        return next(iter(compiler.apply_converters([row], converters)))

    names = [field.attname for field in Job._meta.concrete_fields]
    return sql, list(parameters), names, convert


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

    def at(self, now: datetime) -> Snapshot:
        """Return what this job's facts mean at that instant."""
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

    def cancel(self, clock: Clock) -> None:
        """End this job now, as canceled; nothing changes where it was canceled before.

        Raises JobEnded where it had already ended. The clock is read once the write lock is held,
        so that no answer given before can be contradicted.
        """
        with transaction.atomic():
            self.refresh_from_db()
            now = clock()
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
        with transaction.atomic():
            self.refresh_from_db()
            now = clock()
            if self.at(now).status.is_terminal:
                raise JobEnded
            self._end(now, outcome=Status(self.outcome or Status.COMPLETED), failure=self.failure)

    def _end(self, now: datetime, *, outcome: Status, failure: Failure | None) -> None:
        self.finishes_at, self.outcome, self.failure = now, outcome.value, failure
        self.save(update_fields=["finishes_at", "outcome", "failure"])


def _seconds(start: datetime, end: datetime) -> float:
    """Return the seconds between two instants, 0 where the clock was set back between them."""
    return max(0.0, (end - start).total_seconds())


def read_settled(read: Callable[[], Sequence[Job]], now: datetime) -> Sequence[Job]:
    """Read jobs such that no cancel still on its way to the disk can overtake what is told.

    A cancel reads the clock under the write lock and becomes visible a moment later. An answer in
    between could call the job completed, and then it would turn out to have been canceled. So where
    a job's end is that fresh, the jobs are read again once the write lock has been free.
    """
    jobs = read()
    if any(job.finishes_at and now - SETTLING < job.finishes_at <= now for job in jobs):
        with transaction.atomic():
            jobs = read()
    return jobs


class IdempotencyKeyQuerySet(BatchQuerySet["IdempotencyKey"]):
    def live(self, now: datetime, *, workspace: Workspace, key: str) -> "IdempotencyKey | None":
        """Return what that workspace's key stands for, or None; the write lock must be held."""
        return self.filter(
            workspace=workspace, key=key, created_at__gt=now - IdempotencyKey.LIFETIME
        ).first()

    def remember(
        self, *, workspace: Workspace, key: str, now: datetime, **answer: Any
    ) -> "IdempotencyKey":
        """Keep the answer to a request of that key, in place of one that has expired."""
        remembered, _ = self.update_or_create(
            workspace=workspace, key=key, defaults={"created_at": now, **answer}
        )
        return remembered

    def expired(self, now: datetime) -> Self:
        return self.filter(created_at__lte=now - IdempotencyKey.LIFETIME)


class IdempotencyKey(models.Model):
    """A client's name for one request to create a job, and the answer that it got."""

    LIFETIME: Final = timedelta(hours=24)

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    answer = models.TextField()
    location = models.TextField()
    retry_after = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "key"], name="one_answer_per_key"),
        )

    def __str__(self) -> str:
        return self.key
