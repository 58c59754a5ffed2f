"""Logged requests: the requests of a workspace's clients, and what the responses reported."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from operator import itemgetter
from typing import Any, Final, NamedTuple

from django.db import connections, models
from django.db.models import ExpressionWrapper, F, Max, Q

from vid_trans_api.models.chunks import ChunkedQuerySet
from vid_trans_api.models.database import HasMember, Member
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.simulation.faults import Fault, is_unreadable
from vid_trans_api.snapshots import Operation

LONGEST_JOB: Final = 32
LONGEST_USER_AGENT: Final = 200

_FIRST_SERVER_ERROR: Final = int(HTTPStatus.INTERNAL_SERVER_ERROR)  # an int compares faster
_WORTH_A_RETRY: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


class RequestOrder(NamedTuple):
    """Which requests are read, in which order."""

    numbers: Sequence[int]
    key_uses: Mapping[str, int]
    """How often each Idempotency-Key is used, by its digest."""


class LoggedRequestQuerySet(ChunkedQuerySet["LoggedRequest"]):
    READ_BATCH: Final = 100
    """How many requests are read at once: each may take 40 kB."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, each a mapping of all columns but the number to their stored values.

        In SQL of its own: every request is a row, and model instances take ten times as long.
        """
        connection = connections[self.db]
        quote = connection.ops.quote_name
        table = quote(LoggedRequest._meta.db_table)
        fields = LoggedRequest._meta.concrete_fields
        columns = [field.attname for field in fields if not field.primary_key]
        names = ", ".join(map(quote, columns))
        values = ", ".join(["%s"] * len(columns))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({values})",  # noqa: S608 (the model's own names)
                list(map(itemgetter(*columns), rows)),
            )

    def evict_past(self, length: int, *, workspace_id: int) -> None:
        """Evict all but the newest requests of a workspace, `length` of them."""
        requests = self.filter(workspace_id=workspace_id)
        newest_first = requests.order_by("-number").values_list("number", flat=True)
        for number in newest_first[length : length + 1]:
            requests.filter(number__lte=number).evict()

    def evict(self) -> int:
        """Delete these requests, and mark in their workspaces until when requests are missing.

        Returns how many there were.
        """
        last_responses = self.values_list("workspace").annotate(Max("responded_at"))
        for workspace_id, responded_at in last_responses:
            Workspace.objects.filter(pk=workspace_id).mark_evicted(responded_at)
        return self.delete_in_chunks()

    def newest(self, length: int) -> list["LoggedRequest"]:
        """Return the newest requests, in the order in which the server received them."""
        return sorted(
            self.order_by("-number")[:length],
            key=lambda request: (request.server_received_at, request.number),
        )

    def newest_in_order(self, length: int) -> RequestOrder:
        """Return which requests are the newest, in the order in which the server received them."""
        newest = sorted(
            self.order_by("-number").values_list(
                "server_received_at", "number", "idempotency_key_digest"
            )[:length]
        )
        return RequestOrder(
            numbers=[number for _, number, _ in newest],
            key_uses=Counter(key for *_, key in newest),
        )

    def in_order(self, numbers: Sequence[int]) -> Iterator["LoggedRequest"]:
        """Yield the requests with these numbers, in this order.

        Those of one batch at most are in memory, unless the caller keeps them.
        """
        for start in range(0, len(numbers), self.READ_BATCH):
            batch = numbers[start : start + self.READ_BATCH]
            requests = {each.number: each for each in self.filter(number__in=batch)}
            for number in batch:
                if request := requests.pop(number, None):  # it may have been evicted
                    yield request

    def newest_about(self, job_id: str, length: int) -> list["LoggedRequest"]:
        """Return the newest requests about a job, and of all creations, to compare its own with.

        Their `reported_by_job` has this job only: reading the others would take most of the time.
        """
        # The index cannot find a request about several jobs. LIKE is fast but ignores case, so
        # the exact test follows.
        is_of_several = Q(job="", reported__contains=job_id) & Q(HasMember(F("reported"), job_id))
        requests = (
            self.filter(Q(job=job_id) | is_of_several | Q(operation=Operation.CREATE))
            .annotate(
                about_job=Member(F("reported"), job_id),
                is_of_several=ExpressionWrapper(is_of_several, models.BooleanField()),
            )
            .defer("reported")
            .newest(length)
        )
        for request in requests:
            is_about_job = request.job == job_id or request.is_of_several  # type: ignore[attr-defined]  # annotated
            if request.operation == Operation.CREATE and not is_about_job:
                request.reported_by_job = {request.job: None} if request.job else {}
            else:
                stored: str | None = request.about_job  # type: ignore[attr-defined]  # annotated
                request.reported_by_job = {job_id: stored and json.loads(stored)}
        return requests

    def received_before(self, instant: datetime) -> "LoggedRequestQuerySet":
        return self.filter(server_received_at__lt=instant)


class LoggedRequest(models.Model):
    """One request and what its client got in response."""

    number = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="logged_requests"
    )
    operation = models.CharField(max_length=8)
    job = models.CharField(
        max_length=LONGEST_JOB, help_text="Empty unless the request is about exactly one job."
    )
    scenario = models.CharField(max_length=32, help_text="The scenario of the job it created.")
    server_received_at = models.DateTimeField(help_text="By the server's clock.")
    server_responded_at = models.DateTimeField(help_text="By the server's clock.")
    received_at = models.DateTimeField(help_text="By the workspace's clock.")
    responded_at = models.DateTimeField(help_text="By the workspace's clock.")
    status = models.PositiveSmallIntegerField(
        null=True, help_text="The response's status code; empty if there was no response."
    )
    retry_after = models.PositiveIntegerField(null=True)
    wait = models.PositiveIntegerField(
        null=True, help_text="Seconds, as the request's `Prefer: wait` says."
    )
    is_long_poll = models.BooleanField(help_text="Whether the server waited for a change.")
    fault = models.CharField(
        max_length=200, help_text="The simulated faults that applied, separated by commas."
    )
    is_readable = models.BooleanField(help_text="Whether the client could read the response.")
    reported = models.TextField(
        help_text="What the client could read about each job, as a JSON object by job id: status,"
        " estimate and end; null for jobs that the request, but not the response, was about."
    )
    content_digest = models.CharField(
        max_length=64, help_text="A digest of a creation's body, or of a list's query."
    )
    idempotency_key_digest = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=LONGEST_USER_AGENT)
    notes = models.TextField(
        blank=True, help_text="Known mistakes that have no effect here, one in a line."
    )

    objects = LoggedRequestQuerySet.as_manager()

    class Meta:
        indexes = (models.Index("workspace", "job", name="requests_about_a_job"),)

    def __str__(self) -> str:
        return f"{self.operation} {self.job[:8]}".rstrip()

    @cached_property
    def reported_by_job(self) -> Mapping[str, Sequence[Any] | None]:
        """The ids of the jobs that the request is about, and what was reported about each."""
        reported: dict[str, Sequence[Any] | None] = json.loads(self.reported)
        return reported

    @property
    def is_doubtful(self) -> bool:
        """Whether the client cannot know if its request was carried out."""
        return self.status is None or not self.is_readable or self.status >= _FIRST_SERVER_ERROR

    @property
    def has_failed(self) -> bool:
        """Whether the client has to repeat the request to learn what it wanted to know."""
        return self.is_doubtful or self.status in _WORTH_A_RETRY

    @property
    def was_abandoned(self) -> bool:
        """Whether the client hung up before it had the response."""
        faults = self.fault.split(", ")
        return not self.is_readable and (
            Fault.HANG in faults or not any(map(is_unreadable, faults))
        )
