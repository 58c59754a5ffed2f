"""Queries that store and find jobs."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Self

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Count, Expression, F, Q, Subquery, Value

from vid_trans_api.ids import new_id
from vid_trans_api.models.changes import publish_job_changes
from vid_trans_api.models.compiled import CompiledQuery, CompiledRows, Named, TimedQuery
from vid_trans_api.models.database import EachOf, WorkspaceNow, as_stored, read_time, without_nul
from vid_trans_api.models.facts import JobFacts, JobVersion, WaitingJob
from vid_trans_api.models.workspace_rows import WorkspaceRowQuerySet
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.snapshots import Status

if TYPE_CHECKING:
    from vid_trans_api.models.jobs import Job

_SERVER_TIME: Final = Q(workspace__clock__isnull=True)
_OWN_CLOCK: Final = Q(workspace__clock__isnull=False)

_WORKSPACE_COLUMNS: Final = frozenset(
    {
        "id",
        "clock",
        "is_clock_changing",
        "faults",
        "rate_limit",
        "requests_left",
        "reset_at",
        "written_at",
    }
)
"""The columns that each request about a job needs; the others are deferred."""

_LARGEST_NUMBER: Final = 2**63 - 1

_UNREAD_OF_ONE: Final = frozenset(
    {"asset_id", "proofread_id", "batch_id", "batch_position", "is_reported"}
)
"""The columns of a job that are deferred if it is found by its id: few requests need them."""

_UNREAD_OF_MANY: Final = frozenset(
    {
        "asset_id",
        "canceled_at",
        "counters",
        "details",
        "is_reported",
        "proofread_id",
        "video_duration",
    }
)
"""The columns of jobs that are deferred if several are found by their ids."""

_FACTS: Final = tuple(JobFacts().columns())
"""The columns that store what the engine has decided."""

_RESCHEDULED: Final = ("begins_at", "started_at", "finishes_at", "result_at", "outcome")
"""The columns that depend on when a job's turn comes."""


class JobQuerySet(WorkspaceRowQuerySet["Job"]):
    SEARCHED_FIRST: Final = 500
    """How many of the newest jobs are searched before an index on their ends is used."""

    def add(self, *, workspace: Workspace, now: datetime, facts: JobFacts, **fields: Any) -> "Job":
        """Store a new job. `fields` are what its request gave."""
        return self.create(
            public_id=new_id(), workspace=workspace, created_at=now, **facts.columns(), **fields
        )

    def of_key(self, key_digest: str) -> Self:
        return self.filter(workspace__key_digest=key_digest)

    def find(self, public_id: str, *, key_digest: str) -> "Job | None":
        """Return a job of a workspace, with the workspace, which knows when it was read; or None.

        Compiled once, as status requests spend most of their time in building a query.
        """
        query, names = _compiled_find(self.model)
        found = query.first_at({"id": without_nul(public_id), "key": key_digest})
        if found is None:
            return None
        columns, read_at = found
        job = self.model.from_db(DEFAULT_DB_ALIAS, names, columns[: len(names)])
        workspace = Workspace.from_db(DEFAULT_DB_ALIAS, _WORKSPACE_COLUMNS, columns[len(names) :])
        workspace.read_at = read_at
        return _with_workspace([job], workspace)[0]

    def find_anywhere(self, public_id: str) -> "Job | None":
        """Return a job of any workspace, with the workspace as `find` does, or None."""
        read_at = read_time()
        job = self.select_related("workspace").filter(public_id=without_nul(public_id)).first()
        if job is not None:
            job.workspace.read_at = read_at
        return job

    def find_many(self, public_ids: Iterable[str], *, workspace: Workspace) -> list["Job"]:
        """Return the jobs of a workspace with these ids, in any order. Compiled once."""
        if workspace.pk is None:
            return []
        ids = json.dumps([*map(without_nul, public_ids)])
        jobs = _compiled_find_many(self.model).rows({"ids": ids})
        # Not in the query: SQLite would search the index on workspaces instead of that on ids.
        return _with_workspace([job for job in jobs if job.workspace_id == workspace.pk], workspace)

    def values_of(
        self, public_ids: Collection[str], *columns: str | Expression, workspace: Workspace
    ) -> Iterator[tuple[Any, ...]]:
        """Yield columns of the jobs of a workspace with these ids, in any order."""
        if workspace.pk is None:
            return
        # The workspace is not in the query, as in `find_many`.
        found = self.filter(public_id__in=EachOf(public_ids)).values_list("workspace_id", *columns)
        for workspace_id, *values in found.iterator():
            if workspace_id == workspace.pk:
                yield tuple(values)

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
        """Return the newest jobs of a workspace that match, older than the job number `before`."""
        if workspace.pk is None:
            return []
        if status is None and target_language is None:
            return self._newest(workspace, limit=limit, before=before)
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

    def _newest(self, workspace: Workspace, *, limit: int, before: int | None) -> list["Job"]:
        """Return the newest jobs of a workspace. Compiled once for each limit."""
        before = _LARGEST_NUMBER if before is None else before
        found = _compiled_newest(self.model, limit)
        return _with_workspace(found.rows({"workspace": workspace.pk, "before": before}), workspace)

    def of_batches(
        self,
        batches: Iterable[int],
        *,
        workspace: Workspace,
        limit: int | None = None,
        after: int | None = None,
    ) -> list["Job"]:
        """Return the jobs of batches in the order of creation, newer than the job number `after`.

        `batches` are primary keys. The order of creation is that of the items in each batch.
        """
        jobs = self.filter(batch_id__in=list(batches))
        if after is not None:
            jobs = jobs.filter(number__gt=after)
        return _with_workspace(jobs.order_by("number")[:limit], workspace)

    def newest_pending(self, now: datetime, limit: int) -> list["Job"]:
        """Return the newest pending jobs, at a cost that does not grow with those that have ended.

        Most often they are among the newest of all, which are searched first. Otherwise an index
        finds those that end later or never, and these are sorted.
        """
        newest = self.newest_first().values("number")
        newest_few = self.filter(number__gt=Subquery(newest[:1]) - self.SEARCHED_FIRST)
        jobs = list(newest_few.pending(now).newest_first()[:limit])
        if len(jobs) == limit:
            return jobs
        newest_of_few = (F("number") + 0).desc()  # + 0: sort, and do not scan by number
        candidates = [
            self.filter(ends).order_by(newest_of_few).values_list("number", flat=True)[:limit]
            for ends in (Q(finishes_at__gt=now), Q(finishes_at=None))
        ]
        numbers = [*chain(*candidates)]  # no subqueries: PostgreSQL would scan all jobs by number
        # By number alone: with any other condition SQLite scans another index.
        return list(self.model.objects.filter(number__in=numbers).newest_first()[:limit])

    def unreported(self, now: datetime | Named) -> Self:
        """Return those that have ended and are not reported, in the order of their ends."""
        return self.filter(is_reported=False, finishes_at__lte=now).order_by(
            "finishes_at", "number"
        )

    def newest_first(self) -> Self:
        """Order by creation, also if two were created at the same instant."""
        return self.order_by("-number")

    def pending(self, now: datetime) -> Self:
        return self.filter(Q(finishes_at__gt=now) | Q(finishes_at=None))

    def with_status(self, status: Status, now: datetime) -> Self:
        """Return those that have this status at that instant.

        Ended jobs are found by outcome, without those whose end is in the future. By their end,
        SQLite would collect all of them before it sorts.
        """
        if status is Status.PENDING:
            return self.pending(now)
        return self.filter(outcome=status.value).exclude(finishes_at__gt=now)

    def with_status_anywhere(self, status: Status, server_time: datetime) -> Self:
        """Return those of all workspaces with this status, by the server's clock."""
        if Workspace.objects.with_own_clock().exists():
            ended = Q(_SERVER_TIME, finishes_at__lte=server_time) | Q(
                _OWN_CLOCK, finishes_at__lte=WorkspaceNow("workspace__clock", server_time)
            )
            if status is Status.PENDING:
                return self.filter(~ended | Q(finishes_at=None))
            return self.filter(ended, outcome=status.value)
        return self.with_status(status, server_time)

    def pending_by_end(self, server_time: datetime) -> Self:
        """Return the pending ones of all workspaces, selected in a subquery.

        For lists that the admin orders and cuts: in that order, SQLite would scan all ended jobs
        if few or none are pending.
        """
        pending = self.model.objects.with_status_anywhere(Status.PENDING, server_time)
        return self.filter(number__in=pending.values("number"))

    def last_ends(self, now: datetime, limit: int) -> list[datetime | None]:
        """Return when the pending ones end that end last or never, `limit` of them at most."""
        pending = self.order_by().values_list("finishes_at", flat=True)
        endless = list(pending.filter(finishes_at=None)[:limit])
        known = pending.filter(finishes_at__gt=now).order_by("-finishes_at")
        return [*endless, *known[: limit - len(endless)]]

    def next_end(self, now: datetime) -> datetime | None:
        """Return when the first of the pending ones ends; None if that is unknown."""
        ends = self.filter(finishes_at__gt=now).order_by("finishes_at")
        return ends.values_list("finishes_at", flat=True).first()

    def waiting(self, workspace: Workspace, now: datetime) -> list[WaitingJob]:
        """Return the queued jobs of a workspace whose turn has not come, in their order.

        Compiled once: most workspaces have none, and an index of queued jobs by their ends says so.
        """
        rows = _compiled_waiting(self.model).all({"workspace": workspace.pk, "now": as_stored(now)})
        waiting = (
            WaitingJob(
                number=number,
                public_id=public_id,
                begins_at=begins_at,
                facts=JobFacts.from_columns(dict(zip(_FACTS, facts, strict=True))),
            )
            for number, public_id, begins_at, *facts in rows
        )
        return sorted(waiting, key=attrgetter("number"))

    def reschedule(self, changed: Sequence[WaitingJob], *, workspace_id: int) -> None:
        """Store when the turns of queued jobs come, and what follows. Needs the lock.

        In SQL of its own: to save 2,000 models takes most of a second, and other writes wait.
        """
        connection = connections[self.db]
        quote = connection.ops.quote_name
        fields = [field for field in self.model._meta.concrete_fields if field.name in _RESCHEDULED]
        rows = []
        for job in changed:
            columns = {**job.facts.columns(), "begins_at": job.begins_at}
            values = [field.get_db_prep_save(columns[field.name], connection) for field in fields]
            rows.append((*values, job.number))
        names = ", ".join(f"{quote(field.attname)} = %s" for field in fields)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {quote(self.model._meta.db_table)} SET {names} WHERE number = %s",  # noqa: S608 (names of ours)
                rows,
            )
        publish_job_changes((job.public_id for job in changed), workspace_id=workspace_id)

    def versions(self, public_ids: Iterable[str]) -> dict[str, JobVersion]:
        """Return the versions of those jobs with these ids that exist. Compiled once."""
        rows = _compiled_versions(self.model).all({"ids": json.dumps([*public_ids])})
        return {public_id: JobVersion(*version) for public_id, *version in rows}

    def not_waiting(self, now: datetime) -> Self:
        """Return those that are not queued, or whose turn has come."""
        return self.filter(Q(is_queued=False) | Q(begins_at__lte=now))

    def created_within(self, age: timedelta, server_time: datetime) -> Self:
        """Return those of all workspaces that are no older, by the server's clock.

        Numbers rise with time, so these are the ones from the first on, unless a workspace has its
        own clock.
        """
        if Workspace.objects.with_own_clock().exists():
            return self.filter(
                Q(_SERVER_TIME, created_at__gte=server_time - age)
                | Q(
                    _OWN_CLOCK,
                    created_at__gte=WorkspaceNow("workspace__clock", server_time, ago=age),
                )
            )
        first = self.model.objects.filter(created_at__gte=server_time - age).order_by("created_at")
        return self.filter(number__gte=first.values("number")[:1])

    def seen_at(self, server_time: datetime) -> Self:
        """Annotate each job with the server's time, as `server_time`, and load its workspace."""
        return self.select_related("workspace").annotate(
            server_time=Value(server_time, output_field=models.DateTimeField())
        )

    def count_up_to(self, limit: int) -> int:
        """Count the jobs, up to a limit."""
        return self.order_by()[:limit].count()

    def count_with_status(self, status: Status, now: datetime, *, limit: int) -> int:
        """Count the jobs with this status at that instant, up to a limit.

        Unlike `with_status`, this never reads more than twice the limit. If more jobs that will end
        so are found first, some that have ended are not counted.
        """
        if status is Status.PENDING:
            endless, known = self.filter(finishes_at=None), self.filter(finishes_at__gt=now)
            return min(limit, endless.count_up_to(limit) + known.count_up_to(limit))
        found = self.order_by().filter(outcome=status.value)[: 2 * limit]
        ended: int = found.aggregate(ended=Count("pk", filter=Q(finishes_at__lte=now)))["ended"]
        return min(limit, ended)

    def ended_before(self, instant: datetime) -> Self:
        """Return those that ended before and whose end is reported."""
        return self.filter(finishes_at__lt=instant, is_reported=True)

    def stuck_since(self, instant: datetime) -> Self:
        """Return those without an end that were created before that instant."""
        return self.filter(finishes_at=None, created_at__lt=instant)


@cache
def _compiled_waiting(jobs: "type[Job]") -> CompiledQuery:
    is_ahead = Q(begins_at=None) | Q(begins_at__gt=Named("now"))
    queued = jobs.objects.filter(is_ahead, workspace=Named("workspace"), is_queued=True)
    columns = queued.values_list("number", "public_id", "begins_at", *_FACTS)
    # Not with an OR: SQLite would read all jobs of the workspace that were ever queued.
    endless, known = columns.filter(finishes_at=None), columns.filter(finishes_at__gt=Named("now"))
    return CompiledQuery(endless.union(known, all=True))


@cache
def _compiled_versions(jobs: "type[Job]") -> CompiledQuery:
    found = jobs.objects.filter(public_id__in=EachOf("ids"))
    return CompiledQuery(found.values_list("public_id", "finishes_at", "workspace__clock"))


def _with_workspace(jobs: Iterable["Job"], workspace: Workspace) -> list["Job"]:
    """Set each job's workspace, so that it is not queried again."""
    known = list(jobs)
    field: Any = None
    for job in known:
        field = field or job._meta.get_field("workspace")
        field.set_cached_value(job, workspace)
    return known


@cache
def _compiled_find(jobs: "type[Job]") -> tuple[TimedQuery, Collection[str]]:
    """Return the query for one job, and the names of the job's columns, which come first."""
    unread = {field.attname for field in Workspace._meta.concrete_fields} - _WORKSPACE_COLUMNS
    found = jobs.objects.of_key("key").filter(public_id="id").select_related("workspace")
    query = TimedQuery(found.defer(*_UNREAD_OF_ONE, *(f"workspace__{name}" for name in unread)))
    names = frozenset(field.attname for field in jobs._meta.concrete_fields)
    return query, names - _UNREAD_OF_ONE


@cache
def _compiled_newest(jobs: "type[Job]", limit: int) -> "CompiledRows[Job]":
    older = jobs.objects.filter(workspace=Named("workspace"), number__lt=Named("before"))
    return CompiledRows(older.newest_first()[:limit])


@cache
def _compiled_find_many(jobs: "type[Job]") -> "CompiledRows[Job]":
    found = jobs.objects.filter(public_id__in=EachOf("ids"))
    return CompiledRows(found.defer(*_UNREAD_OF_MANY))
