"""Events: what has happened in a workspace, and its delivery to endpoints."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple, Self

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery

from vid_trans_api.models.chunks import ChunkedQuerySet
from vid_trans_api.models.compiled import CompiledRows, CompiledUpdate, Constant, Named
from vid_trans_api.models.database import without_nul
from vid_trans_api.models.endpoints import Endpoint
from vid_trans_api.models.payload_formats import PayloadFormat
from vid_trans_api.models.workspace_rows import PublicRowQuerySet
from vid_trans_api.models.workspaces import Workspace
from vid_trans_api.simulation.webhook_faults import DeliveryKind

LONGEST_ERROR: Final = 500
"""Characters."""


class EventQuerySet(PublicRowQuerySet["Event"]):
    def about(self, subject: str, *, workspace: Workspace) -> Self:
        """Return the events about a job, batch or proofread, the newest first."""
        return self.filter(workspace=workspace, subject=without_nul(subject)).order_by("-number")

    def history(
        self,
        workspace: Workspace,
        format_: PayloadFormat,
        *,
        before: int | None = None,
        event_type: str = "",
        entity_id: str = "",
    ) -> Self:
        """Return the events of a format that match, older than the event `before`, newest first.

        An entity's events are those with a delivery to one of its endpoints.
        """
        found = self.filter(workspace=workspace, format=format_).order_by("-number")
        if before is not None:
            found = found.filter(number__lt=before)
        if event_type:
            found = found.filter(type=event_type)
        if entity_id:
            sent = Delivery.objects.filter(event=OuterRef("pk"), endpoint__entity_id=entity_id)
            found = found.filter(Exists(sent))
        return found

    def settled_since(self, instant: datetime) -> Self:
        """Return those from before that nothing is going to send any more."""
        waiting = Delivery.objects.waiting().filter(event=OuterRef("pk"))
        return self.filter(~Exists(waiting), created_at__lt=instant)

    def newest(
        self, workspace: Workspace, *, limit: int, before: int | None = None
    ) -> Sequence["Event"]:
        """Return the newest events of a workspace, older than the event number `before`.

        One query for each format, as its index has the order.
        """
        rows = self.filter(workspace=workspace).order_by("-number")
        if before is not None:
            rows = rows.filter(number__lt=before)
        found = [event for each in PayloadFormat for event in rows.filter(format=each)[:limit]]
        return sorted(found, key=lambda event: -event.number)[:limit]

    def with_deliveries(self) -> Self:
        """Return them with their deliveries, which have `last_status` and `last_error`."""
        deliveries = Delivery.objects.select_related("endpoint").with_last_attempt()
        return self.prefetch_related(Prefetch("deliveries", deliveries.order_by("number")))


class Event(models.Model):
    """Something that happened, as one format describes it."""

    number = models.BigAutoField(primary_key=True, help_text="Order of events.")
    public_id = models.CharField("id", max_length=40, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="events")
    format = models.CharField(
        max_length=8, choices=[(each.value, each.value) for each in PayloadFormat]
    )
    type = models.CharField(max_length=64)
    subject = models.CharField(
        max_length=32, help_text="The id of the job, batch or proofread; it may have been deleted."
    )
    body = models.TextField(help_text="What is sent, as JSON.")
    created_at = models.DateTimeField("created", help_text="By the workspace's clock.")

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index("workspace", "format", "number", name="newest_events"),
            models.Index("workspace", "subject", name="events_of_subject"),
        )

    def __str__(self) -> str:
        return f"{self.type} of {self.subject[:8]}"


class DeliveryState(StrEnum):
    """Whether an endpoint has an event."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    LOST = "lost"
    """It is never sent, as its job asked for."""


class SentAttempt(NamedTuple):
    """An attempt to send an event, or, with nothing from `at` on, a delivery that was not tried."""

    event: int
    """The number."""
    event_id: str
    event_type: str
    format: str
    subject: str
    is_about_job: bool
    """Whether the subject is a job that still exists."""
    endpoint: int
    """The primary key."""
    url: str
    disabled_reason: str
    """Of the endpoint."""
    delivery: int
    """The number."""
    kind: str
    state: str
    slow_seconds: float
    at: datetime | None
    status: int | None
    milliseconds: int | None
    timed_out: bool | None


class DeliveryQuerySet(ChunkedQuerySet["Delivery"]):
    def attempts(self) -> Iterator[SentAttempt]:
        """Yield all attempts of these and the deliveries without any, event by event."""
        jobs: Any = Workspace._meta.get_field("jobs").related_model
        is_about_job = Exists(jobs.objects.filter(public_id=OuterRef("event__subject")))
        rows = self.order_by("-event_id", "number", "attempts__pk").values_list(
            "event_id",
            "event__public_id",
            "event__type",
            "event__format",
            "event__subject",
            is_about_job,
            "endpoint_id",
            "endpoint__url",
            "endpoint__disabled_reason",
            "number",
            "kind",
            "state",
            "slow_seconds",
            "attempts__at",
            "attempts__status",
            "attempts__milliseconds",
            "attempts__timed_out",
        )
        return (SentAttempt(*row) for row in rows.iterator())

    def waiting(self) -> Self:
        return self.filter(state=Constant(DeliveryState.PENDING))

    def in_state(self, state: DeliveryState) -> Self:
        """Return those in a state; an index has the order of the pending and of the failed ones.

        The condition for pending ones is not that of `waiting`, so that PostgreSQL cannot choose
        this index for what runs with each attempt.
        """
        if state is DeliveryState.PENDING:
            return self.filter(due_at__isnull=False)
        return self.filter(state=Constant(state))

    def first_waiting(self, endpoint: Endpoint) -> "Delivery | None":
        """Return the first to be sent to an endpoint, with its event. Compiled once."""
        return _compiled_first_waiting().first_row({"endpoint": endpoint.pk})

    def sent(self, number: int) -> "Delivery | None":
        """Return one with its endpoint; None if it was deleted. Compiled once."""
        return _compiled_sent().first_row({"number": number})

    def next_due(self) -> datetime | None:
        """Return when the first of these is due."""
        return self.order_by("due_at").values_list("due_at", flat=True).first()

    def with_last_attempt(self) -> Self:
        """Return them with `last_status` and `last_error`, None if there was no attempt."""
        last = DeliveryAttempt.objects.filter(delivery=OuterRef("pk")).order_by("-pk")
        return self.annotate(
            last_status=Subquery(last.values("status")[:1]),
            last_error=Subquery(last.values("error")[:1]),
        )

    def in_order(self) -> Self:
        """Order by the time they are due: first attempts are in the order of the events."""
        return self.order_by("due_at", "number")


class Delivery(models.Model):
    """An event on its way to an endpoint."""

    number = models.BigAutoField(primary_key=True, help_text="Order of creation.")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, db_index=False, related_name="deliveries"
    )
    kind = models.CharField(
        max_length=16,
        default=DeliveryKind.GENUINE.value,
        choices=[(each.value, each.value) for each in DeliveryKind],
    )
    seed = models.BigIntegerField(help_text="What the pauses between attempts are drawn from.")
    slow_seconds = models.FloatField(default=0, help_text="How long its body takes to be sent.")
    state = models.CharField(
        max_length=9,
        default=DeliveryState.PENDING.value,
        choices=[(each.value, each.value) for each in DeliveryState],
    )
    due_at = models.DateTimeField(
        null=True, help_text="The next attempt, by the workspace's clock; empty if there is none."
    )
    attempt_count = models.PositiveIntegerField(
        default=0, help_text="Since it was created, or sent again."
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = (
            models.Index("endpoint", "number", name="newest_deliveries"),
            models.Index(
                "endpoint",
                "due_at",
                "number",
                name="waiting_deliveries",
                condition=Q(state=DeliveryState.PENDING.value),
            ),
            models.Index("number", name="pending_deliveries", condition=Q(due_at__isnull=False)),
            models.Index(
                "number",
                name="failed_deliveries",
                condition=Q(state=DeliveryState.FAILED.value),
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"

    def store_progress(self) -> None:
        """Store what an attempt changes. Needs the lock."""
        _compiled_progress().store(self)


@cache
def _compiled_first_waiting() -> CompiledRows[Delivery]:
    waiting = Delivery.objects.filter(endpoint=Named("endpoint")).waiting()
    return CompiledRows(waiting.in_order().select_related("event")[:1])


@cache
def _compiled_sent() -> CompiledRows[Delivery]:
    return CompiledRows(Delivery.objects.filter(pk=Named("number")).select_related("endpoint"))


@cache
def _compiled_progress() -> CompiledUpdate[Delivery]:
    return CompiledUpdate(Delivery, "state", "due_at", "attempt_count")


class DeliveryAttempt(models.Model):
    """One request that sent a delivery."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField(help_text="By the workspace's clock.")
    headers = models.JSONField(help_text="Names and values, as they were sent.")
    status = models.PositiveIntegerField(null=True, help_text="Empty if there was no response.")
    error = models.CharField(
        max_length=LONGEST_ERROR, blank=True, help_text="Why there was no response."
    )
    response = models.TextField(blank=True, help_text="The beginning of its body.")
    milliseconds = models.PositiveIntegerField()
    timed_out = models.BooleanField(
        default=False,
        help_text="Whether the receiver was connected to, and did not respond in time.",
    )

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return str(self.status or self.error)
