"""The verbs that start and find jobs."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import F, Q, Subquery, Value

from vid_trans_api.languages import DEFAULT_LANGUAGE
from vid_trans_api.models.batches import BatchQuerySet
from vid_trans_api.models.compiled import CompiledQuery
from vid_trans_api.models.database import WorkspaceNow
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.simulation.plans import Plan, SimulationDefaults, SimulationOptions, draw_plan
from vid_trans_api.simulation.scenarios import resolve
from vid_trans_api.snapshots import Status

if TYPE_CHECKING:
    from vid_trans_api.models.jobs import Job

_ON_SERVER_TIME: Final = Q(workspace__clock__isnull=True)
_ON_ITS_OWN_TIME: Final = Q(workspace__clock__isnull=False)

_LOOKED_THROUGH: Final = 500
"""How many numbers are looked through, from the newest job, before instants bound the search."""

_WORKSPACE_COLUMNS: Final = ("id", "clock", "faults", "rate_limit")
"""Those that every request for a job goes by; the others are read where they are asked for."""


class JobQuerySet(BatchQuerySet["Job"]):
    def start(
        self,
        *,
        workspace: Workspace,
        now: datetime,
        video_url: str = "",
        title: str = "",
        target_language: str = DEFAULT_LANGUAGE,
        simulation: Iterable[SimulationOptions] = (),
    ) -> "Job":
        """Create a job, at that instant of its workspace, and deal its plan.

        Of the options, the first level is the highest.
        """
        defaults = SimulationDefaults(
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
                plan=draw_plan(resolve(simulation), defaults, seed=workspace.next_seed()),
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
            public_id=uuid.uuid4().hex,
            created_at=now,
            started_at=now,
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
        query, names = _compiled_find(self.model)
        columns = query.first({"id": public_id, "key": key_digest})
        if columns is None:
            return None
        job = self.model.from_db(DEFAULT_DB_ALIAS, names, columns[: len(names)])
        workspace = Workspace.from_db(DEFAULT_DB_ALIAS, _WORKSPACE_COLUMNS, columns[len(names) :])
        return _with_workspace([job], workspace)[0]

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
        job._meta.get_field("workspace").set_cached_value(job, workspace)
    return known


@cache
def _compiled_find(jobs: "type[Job]") -> tuple[CompiledQuery, list[str]]:
    """Return the search for one job, and the names of the job's columns, which come first."""
    unread = {field.attname for field in Workspace._meta.concrete_fields} - {*_WORKSPACE_COLUMNS}
    found = jobs.objects.of_key("key").filter(public_id="id").select_related("workspace")
    query = CompiledQuery(found.defer(*(f"workspace__{name}" for name in unread)))
    return query, [field.attname for field in jobs._meta.concrete_fields]
