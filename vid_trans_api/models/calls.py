"""Calls: the requests that a workspace's clients sent, and what they were told."""

import json
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connections, models

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
    body_digest: str
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
        """Delete all but the newest of a workspace's calls."""
        of_it = self.filter(workspace_id=workspace_id)
        last = of_it.order_by("-number").values_list("number", flat=True)[length : length + 1]
        for number in last:
            of_it.filter(number__lte=number).delete()

    def about(self, job_id: str) -> "CallQuerySet":
        """Return those that may be about that job, and all creations, to compare its own with."""
        of_several = models.Q(job="", told__icontains=job_id)
        return self.filter(models.Q(job=job_id) | of_several | models.Q(operation=Operation.CREATE))

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
    body_digest = models.CharField(max_length=64)
    idempotency_key_digest = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT)

    objects = CallQuerySet.as_manager()

    class Meta:
        indexes = (models.Index("workspace", "job", name="calls_about_a_job"),)

    def __str__(self) -> str:
        return f"{self.operation} {self.job[:8]}".rstrip()

    def exchange(self) -> Exchange:
        """Return what a verdict is made from."""
        told = json.loads(self.told)
        return Exchange(
            operation=Operation(self.operation),
            arrived=self.arrived,
            answered=self.answered,
            arrived_at=self.arrived_at,
            answered_at=self.answered_at,
            jobs=tuple(told),
            told={job: _told(facts) for job, facts in told.items() if facts is not None},
            status=self.status,
            retry_after=self.retry_after,
            fault=self.fault,
            is_whole=self.is_whole,
            asked_wait=self.asked_wait,
            is_held=self.is_held,
            body=self.body_digest,
            idempotency_key=self.idempotency_key_digest,
            user_agent=self.user_agent,
        )


def _told(facts: list[str | float | None]) -> Told:
    status, estimate, finished_at = facts
    return Told(
        status=str(status),
        estimate=None if estimate is None else float(estimate),
        finished_at=None if finished_at is None else datetime.fromisoformat(str(finished_at)),
    )
