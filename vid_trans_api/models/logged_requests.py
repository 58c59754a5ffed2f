"""Calls: the requests that a workspace's clients sent, and what they were told."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from django.db import connections, models
from django.db.models import F, Func, Max, Q, Value
from django.db.models.lookups import IsNull

from vid_trans_api.journal.verdicts import Exchange, Reported
from vid_trans_api.models.batches import BatchQuerySet
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.snapshots import Operation

LONGEST_JOB: Final = 32
LONGEST_USER_AGENT: Final = 200


class LoggedRequestRow(NamedTuple):
    """A call as it is stored: its columns, in their order, but for its number."""

    workspace_id: int
    operation: str
    job: str
    scenario: str
    server_received_at: str
    server_responded_at: str
    received_at: str
    responded_at: str
    status: int | None
    retry_after: int | None
    wait: int | None
    is_long_poll: bool
    fault: str
    is_readable: bool
    reported: str
    content_digest: str
    idempotency_key_digest: str
    user_agent: str


_COLUMNS: Final = tuple(LoggedRequestRow.__annotations__)


class LoggedRequestQuerySet(BatchQuerySet["LoggedRequest"]):
    def write(self, rows: list[LoggedRequestRow]) -> None:
        """Store logged_requests; by hand, as models take ten times as long, and every request is one."""
        connection = connections[self.db]
        quote = connection.ops.quote_name
        columns = ", ".join(map(quote, _COLUMNS))
        places = ", ".join(["%s"] * len(_COLUMNS))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {quote(LoggedRequest._meta.db_table)} ({columns}) VALUES ({places})",  # noqa: S608 (names of ours)
                rows,
            )

    def forget_past(self, length: int, *, workspace_id: int) -> None:
        """Forget all but the newest of a workspace's logged_requests."""
        of_it = self.filter(workspace_id=workspace_id)
        last = of_it.order_by("-number").values_list("number", flat=True)[length : length + 1]
        for number in last:
            of_it.filter(number__lte=number).forget()

    def forget(self) -> int:
        """Delete them, having their workspaces know until when; return how many there were."""
        for workspace_id, responded_at in self.values_list("workspace").annotate(
            Max("responded_at")
        ):
            Workspace.objects.filter(pk=workspace_id).mark_evicted(responded_at)
        return self.delete_in_batches()

    def about(self, job_id: str) -> "LoggedRequestQuerySet":
        """Return those that are about that job, and all creations, to compare its own with.

        They have what was told of that job alone, as most of the time would go into the others'.
        """
        path = Value(f'$."{job_id}"')
        text = models.TextField()
        # What is fast to find by its text may be another id, as case makes no difference there.
        is_among = IsNull(Func(F("reported"), path, function="json_type", output_field=text), False)
        of_several = Q(job="", reported__contains=job_id) & Q(is_among)
        of_it = Func(F("reported"), path, function="json_extract", output_field=text)
        return (
            self.filter(Q(job=job_id) | of_several | Q(operation=Operation.CREATE))
            .annotate(told_of_it=of_it)  # type: ignore[no-redef]  # declared for its readers
            .defer("reported")
        )

    def newest(self, length: int) -> list["LoggedRequest"]:
        """Return the newest, in the order in which they server_received_at."""
        return sorted(
            self.order_by("-number")[:length],
            key=lambda request: (request.server_received_at, request.number),
        )

    def received_before(self, instant: datetime) -> "LoggedRequestQuerySet":
        return self.filter(server_received_at__lt=instant)


class LoggedRequest(models.Model):
    """One request, as its workspace's journal keeps it. `LoggedRequestRow` has the same columns."""

    number = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="logged_requests"
    )
    operation = models.CharField(max_length=8)
    job = models.CharField(max_length=LONGEST_JOB, help_text="Empty where it is about no one job.")
    scenario = models.CharField(max_length=32, help_text="Of the job that it created.")
    server_received_at = models.DateTimeField(help_text="By the server's clock.")
    server_responded_at = models.DateTimeField(help_text="By the server's clock.")
    received_at = models.DateTimeField(help_text="By the workspace's clock.")
    responded_at = models.DateTimeField(help_text="By the workspace's clock.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Empty where no answer came.")
    retry_after = models.PositiveIntegerField(null=True)
    wait = models.PositiveIntegerField(null=True, help_text="Seconds that it was to be held.")
    is_long_poll = models.BooleanField(help_text="Whether it was.")
    fault = models.CharField(max_length=200, help_text="The simulated faults that struck it.")
    is_readable = models.BooleanField(help_text="Whether the client could read its answer.")
    reported = models.TextField(
        help_text="What the client could read of jobs, as JSON: by their ids, status, estimate and"
        " end; null for those that the request was about and the answer was not."
    )
    content_digest = models.CharField(
        max_length=64, help_text="Of a creation's body, or of a list's query."
    )
    idempotency_key_digest = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT)

    told_of_it: str | None
    """What was told of one job, where logged_requests were found as about it."""

    objects = LoggedRequestQuerySet.as_manager()

    class Meta:
        indexes = (models.Index("workspace", "job", name="requests_about_a_job"),)

    def __str__(self) -> str:
        return f"{self.operation} {self.job[:8]}".rstrip()

    def exchange(self, *, only: str = "") -> Exchange:
        """Return what a verdict is made from; on one job `only`, where it was found as about it."""
        if not only:
            reported = json.loads(self.reported)
        elif self.operation == Operation.CREATE and not self.job:
            reported = {}
        else:
            reported = {self.job or only: self.told_of_it and json.loads(self.told_of_it)}
        return Exchange(
            number=self.number,
            operation=Operation(self.operation),
            server_received_at=self.server_received_at,
            server_responded_at=self.server_responded_at,
            received_at=self.received_at,
            responded_at=self.responded_at,
            jobs=tuple(reported),
            reported={job: _told(*facts) for job, facts in reported.items() if facts is not None},
            status=self.status,
            retry_after=self.retry_after,
            fault=self.fault,
            is_readable=self.is_readable,
            wait=self.wait,
            is_long_poll=self.is_long_poll,
            asked=self.content_digest,
            idempotency_key=self.idempotency_key_digest,
            user_agent=self.user_agent,
        )


# A client that asks for many jobs is told the same of most, over and over.
@lru_cache(maxsize=1_000)
def _told(status: str, estimate: float | None, finished_at: str | None) -> Reported:
    return Reported(
        status=status,
        estimate=None if estimate is None else float(estimate),
        finished_at=None if finished_at is None else datetime.fromisoformat(finished_at),
    )
