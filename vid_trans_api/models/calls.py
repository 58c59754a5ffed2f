"""Calls: the requests that a workspace's clients sent, and what they were told."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from django.db import connections, models
from django.db.models import F, Func, Max, Q, Value
from django.db.models.lookups import IsNull

from vid_trans_api.models.batches import BatchQuerySet
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.simulation.faults import Operation
from vid_trans_api.simulation.verdicts import Exchange, Told

LONGEST_JOB: Final = 32
LONGEST_USER_AGENT: Final = 200


class CallRow(NamedTuple):
    """A call as it is stored: its columns, in their order, but for its number."""

    workspace_id: int
    operation: str
    job: str
    scenario: str
    arrived: str
    answered: str
    arrived_at: str
    answered_at: str
    status: int | None
    retry_after: int | None
    asked_wait: int | None
    is_held: bool
    fault: str
    is_whole: bool
    told: str
    asked_digest: str
    idempotency_key_digest: str
    user_agent: str


_COLUMNS: Final = tuple(CallRow.__annotations__)


class CallQuerySet(BatchQuerySet["Call"]):
    def write(self, rows: list[CallRow]) -> None:
        """Store calls; by hand, as models take ten times as long, and every request is one."""
        connection = connections[self.db]
        quote = connection.ops.quote_name
        columns = ", ".join(map(quote, _COLUMNS))
        places = ", ".join(["%s"] * len(_COLUMNS))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {quote(Call._meta.db_table)} ({columns}) VALUES ({places})",  # noqa: S608 (names of ours)
                rows,
            )

    def forget_past(self, length: int, *, workspace_id: int) -> None:
        """Forget all but the newest of a workspace's calls."""
        of_it = self.filter(workspace_id=workspace_id)
        last = of_it.order_by("-number").values_list("number", flat=True)[length : length + 1]
        for number in last:
            of_it.filter(number__lte=number).forget()

    def forget(self) -> int:
        """Delete them, having their workspaces know until when; return how many there were."""
        for workspace_id, answered_at in self.values_list("workspace").annotate(Max("answered_at")):
            Workspace.objects.filter(pk=workspace_id).have_forgotten(answered_at)
        return self.delete_in_batches()

    def about(self, job_id: str) -> "CallQuerySet":
        """Return those that are about that job, and all creations, to compare its own with.

        They have what was told of that job alone, as most of the time would go into the others'.
        """
        path = Value(f'$."{job_id}"')
        text = models.TextField()
        # What is fast to find by its text may be another id, as case makes no difference there.
        is_among = IsNull(Func(F("told"), path, function="json_type", output_field=text), False)
        of_several = Q(job="", told__contains=job_id) & Q(is_among)
        of_it = Func(F("told"), path, function="json_extract", output_field=text)
        return (
            self.filter(Q(job=job_id) | of_several | Q(operation=Operation.CREATE))
            .annotate(told_of_it=of_it)  # type: ignore[no-redef]  # declared for its readers
            .defer("told")
        )

    def newest(self, length: int) -> list["Call"]:
        """Return the newest, in the order in which they arrived."""
        return sorted(
            self.order_by("-number")[:length], key=lambda call: (call.arrived, call.number)
        )

    def arrived_before(self, instant: datetime) -> "CallQuerySet":
        return self.filter(arrived__lt=instant)


class Call(models.Model):
    """One request, as its workspace's journal keeps it. `CallRow` has the same columns."""

    number = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="calls")
    operation = models.CharField(max_length=8)
    job = models.CharField(max_length=LONGEST_JOB, help_text="Empty where it is about no one job.")
    scenario = models.CharField(max_length=32, help_text="Of the job that it created.")
    arrived = models.DateTimeField(help_text="By the server's clock.")
    answered = models.DateTimeField(help_text="By the server's clock.")
    arrived_at = models.DateTimeField(help_text="By the workspace's clock.")
    answered_at = models.DateTimeField(help_text="By the workspace's clock.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty where no answer came.")
    retry_after = models.PositiveIntegerField(null=True)
    asked_wait = models.PositiveIntegerField(null=True, help_text="Seconds that it was to be held.")
    is_held = models.BooleanField(help_text="Whether it was.")
    fault = models.CharField(max_length=200, help_text="The simulated faults that struck it.")
    is_whole = models.BooleanField(help_text="Whether the client could read its answer.")
    told = models.TextField(
        help_text="What the client could read of jobs, as JSON: by their ids, status, estimate and"
        " end; null for those that the request was about and the answer was not."
    )
    asked_digest = models.CharField(
        max_length=64, help_text="Of a creation's body, or of a list's query."
    )
    idempotency_key_digest = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT)

    told_of_it: str | None
    """What was told of one job, where calls were found as about it."""

    objects = CallQuerySet.as_manager()

    class Meta:
        indexes = (models.Index("workspace", "job", name="calls_about_a_job"),)

    def __str__(self) -> str:
        return f"{self.operation} {self.job[:8]}".rstrip()

    def exchange(self, *, only: str = "") -> Exchange:
        """Return what a verdict is made from; on one job `only`, where it was found as about it."""
        if not only:
            told = json.loads(self.told)
        elif self.operation == Operation.CREATE and not self.job:
            told = {}
        else:
            told = {self.job or only: self.told_of_it and json.loads(self.told_of_it)}
        return Exchange(
            number=self.number,
            operation=Operation(self.operation),
            arrived=self.arrived,
            answered=self.answered,
            arrived_at=self.arrived_at,
            answered_at=self.answered_at,
            jobs=tuple(told),
            told={job: _told(*facts) for job, facts in told.items() if facts is not None},
            status=self.status,
            retry_after=self.retry_after,
            fault=self.fault,
            is_whole=self.is_whole,
            asked_wait=self.asked_wait,
            is_held=self.is_held,
            asked=self.asked_digest,
            idempotency_key=self.idempotency_key_digest,
            user_agent=self.user_agent,
        )


# A client that asks for many jobs is told the same of most, over and over.
@lru_cache(maxsize=1_000)
def _told(status: str, estimate: float | None, finished_at: str | None) -> Told:
    return Told(
        status=status,
        estimate=None if estimate is None else float(estimate),
        finished_at=None if finished_at is None else datetime.fromisoformat(finished_at),
    )
