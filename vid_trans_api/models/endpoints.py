"""Endpoints: the URLs to which a workspace's events are sent."""

import hashlib
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final, Self

from django.db import models
from django.db.models import Q

from vid_trans_api.ids import new_id
from vid_trans_api.models.compiled import CompiledRows, CompiledUpdate, Constant, Named
from vid_trans_api.models.payload_formats import PayloadFormat
from vid_trans_api.models.workspace_rows import PublicRowQuerySet
from vid_trans_api.models.workspaces import Workspace

LONGEST_ENTITY_ID: Final = 200


class DisabledReason(StrEnum):
    """Why an endpoint receives nothing."""

    NONE = ""
    BY_USER = "disabled"
    GONE = "gone"
    """It responded with 410."""
    FAILING = "failing"
    """It has accepted nothing for 24 hours, or since the first of all attempts to send an event."""


class EndpointQuerySet(PublicRowQuerySet["Endpoint"]):
    def listed(self, workspace: Workspace, format_: PayloadFormat | None = None) -> Self:
        """Return those that were registered, the oldest first; callbacks are not."""
        found = self.filter(workspace=workspace, is_listed=True).order_by("pk")
        return found if format_ is None else found.filter(format=format_)

    def is_registered(self, url: str, format_: PayloadFormat, *, workspace: Workspace) -> bool:
        """Return whether a listed one has this URL."""
        digest = digest_of_endpoint(url, format_, is_listed=True)
        return self.filter(workspace=workspace, digest=digest).exists()

    def enabled_in(self, workspace: Workspace) -> list["Endpoint"]:
        """Return those that were registered and are enabled, the oldest first. Compiled once."""
        return _compiled_enabled().rows({"workspace": workspace.pk})

    def callback(
        self, url: str, format_: PayloadFormat, *, workspace: Workspace, now: datetime
    ) -> "Endpoint":
        """Return the endpoint of a callback. Store it if it is not stored. Needs the lock."""
        digest = digest_of_endpoint(url, format_, is_listed=False)
        found = _compiled_callback().first_row({"workspace": workspace.pk, "digest": digest})
        return found or self.create(
            workspace=workspace,
            digest=digest,
            public_id=new_id(),
            url=url,
            format=format_,
            is_listed=False,
            created_at=now,
        )

    def unused_callbacks_since(self, instant: datetime) -> Self:
        """Return the unlisted ones from before without any delivery."""
        return self.filter(is_listed=False, created_at__lt=instant, deliveries=None)

    def waiting(self) -> Self:
        """Return those for which something is waiting."""
        return self.filter(due_at__isnull=False)

    def due(self, server_time: datetime) -> Self:
        """Return those that have something to send and that no process is sending to."""
        return self.not_leased(server_time).filter(wake_at__lte=server_time)

    def not_leased(self, server_time: datetime) -> Self:
        """Return those that no process is sending to."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=server_time))


def digest_of_endpoint(url: str, format_: str, *, is_listed: bool) -> str:
    """Return what tells the endpoints of a workspace apart: URLs are too long for an index."""
    return hashlib.sha256(f"{format_} {is_listed} {url}".encode()).hexdigest()


class Endpoint(models.Model):
    """A URL, what is sent to it, and who is sending to it."""

    public_id = models.CharField("id", max_length=32, unique=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="endpoints")
    url = models.CharField("URL", max_length=2000)
    digest = models.CharField(
        max_length=64, help_text="Of its URL, its format, and whether it is listed."
    )
    format = models.CharField(
        max_length=8, choices=[(each.value, each.value) for each in PayloadFormat]
    )
    events = models.JSONField(null=True, help_text="The types that are sent; empty for all.")
    entity_id = models.CharField(
        max_length=LONGEST_ENTITY_ID, blank=True, help_text="As HeyGen's requests give."
    )
    is_listed = models.BooleanField(
        default=True, help_text="Whether it was registered; else it is the callback of a request."
    )
    secret = models.CharField(
        max_length=100, blank=True, help_text="Empty for callbacks: the workspace has theirs."
    )
    created_at = models.DateTimeField("created")
    disabled_reason = models.CharField(
        max_length=8,
        blank=True,
        choices=[(each.value, each.value) for each in DisabledReason if each],
        help_text="Why nothing is sent; empty if it is enabled.",
    )
    failing_since = models.DateTimeField(
        null=True, help_text="When the first of its latest failures was; empty after a success."
    )
    due_at = models.DateTimeField(
        null=True,
        help_text="When the first of its waiting deliveries is due, by the workspace's clock; empty"
        " if none is waiting, or it is disabled.",
    )
    wake_at = models.DateTimeField(
        null=True,
        help_text="When something is to be sent, by the server's clock; empty if nothing is.",
    )
    leased_until = models.DateTimeField(
        null=True, help_text="Until when one process sends to it, by the server's clock."
    )
    lease = models.PositiveBigIntegerField(
        default=0, help_text="How often it was leased, which tells an old lease from the current."
    )

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("workspace", "digest", name="one_endpoint_for_each_url"),
        )
        indexes = (
            models.Index("wake_at", name="due_endpoints", condition=Q(wake_at__isnull=False)),
            models.Index(
                "workspace", name="endpoints_that_wait", condition=Q(due_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.url

    @property
    def is_enabled(self) -> bool:
        return not self.disabled_reason

    def accepts(self, event_type: str) -> bool:
        return self.events is None or event_type in self.events

    def plan_wake(self, workspace: Workspace) -> None:
        """Plan when it is sent to next. Needs the lock, and the workspace as it is then."""
        first = self.deliveries.all().waiting().next_due() if self.is_enabled else None
        self.set_due(first, workspace)
        self.store_progress()

    def set_due(self, due_at: datetime | None, workspace: Workspace) -> None:
        """Set when the first of its waiting deliveries is due, and when that wakes a dispatcher.

        It wakes none while a process has the lease.
        """
        self.due_at = due_at
        self.wake_at = due_at and workspace.server_time_of(due_at)
        if self.wake_at is not None and self.leased_until is not None:
            self.wake_at = max(self.wake_at, self.leased_until)

    def store_progress(self) -> None:
        """Store what sending to it changes. Needs the lock."""
        _compiled_progress().store(self)


@cache
def _compiled_enabled() -> CompiledRows[Endpoint]:
    rows = Endpoint.objects.filter(
        workspace=Named("workspace"), is_listed=True, disabled_reason=Constant(DisabledReason.NONE)
    )
    return CompiledRows(rows.order_by("pk"))


@cache
def _compiled_callback() -> CompiledRows[Endpoint]:
    rows = Endpoint.objects.filter(workspace=Named("workspace"), digest=Named("digest"))
    return CompiledRows(rows)


@cache
def _compiled_progress() -> CompiledUpdate[Endpoint]:
    return CompiledUpdate(
        Endpoint,
        "due_at",
        "wake_at",
        "leased_until",
        "lease",
        "failing_since",
        "disabled_reason",
    )
