"""Responses to creations that came with an Idempotency-Key, kept for later requests with it."""

from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.db import models

from vid_trans_api.models.workspace_rows import WorkspaceRowQuerySet
from vid_trans_api.models.workspaces import Workspace

LONGEST_SCOPE: Final = 255


class IdempotencyKeyQuerySet(WorkspaceRowQuerySet["IdempotencyKey"]):
    def live(
        self, now: datetime, *, workspace: Workspace, key: str, scope: str = ""
    ) -> "IdempotencyKey | None":
        """Return a workspace's key if it has a response from the last 24 hours. Needs the lock."""
        return self.filter(
            workspace=workspace,
            scope=scope,
            key=key,
            in_flight_since=None,
            created_at__gt=now - IdempotencyKey.LIFETIME,
        ).first()

    def begin(
        self, *, workspace: Workspace, scope: str, key: str, now: datetime, server_time: datetime
    ) -> None:
        """Mark a key as in flight."""
        self.update_or_create(
            workspace=workspace,
            scope=scope,
            key=key,
            defaults={"created_at": now, "in_flight_since": server_time, "response": ""},
        )

    def remember(
        self, *, workspace: Workspace, key: str, now: datetime, scope: str = "", **response: Any
    ) -> "IdempotencyKey":
        """Store the response to a key's first request, in place of one that has expired."""
        remembered, _ = self.update_or_create(
            workspace=workspace,
            scope=scope,
            key=key,
            defaults={"created_at": now, "in_flight_since": None, **response},
        )
        return remembered

    def expired(self, now: datetime) -> Self:
        return self.filter(created_at__lte=now - IdempotencyKey.LIFETIME)


class IdempotencyKey(models.Model):
    """A client's name for one creation, and the first response to it."""

    LIFETIME: Final = timedelta(hours=24)

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="idempotency_keys"
    )
    scope = models.CharField(
        max_length=LONGEST_SCOPE,
        blank=True,
        help_text="Method and path, if a key counts for these only.",
    )
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    in_flight_since = models.DateTimeField(
        null=True,
        help_text="When the request was received, by the server's clock, until it is done.",
    )
    status = models.PositiveSmallIntegerField(default=202, help_text="The response's status code.")
    response = models.TextField(help_text="The body.")
    headers = models.JSONField(default=dict)
    reported = models.JSONField(
        default=dict, help_text="What the response reports about jobs, by their ids."
    )
    created_at = models.DateTimeField(db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "scope", "key"], name="one_response_per_key"
            ),
        )

    def __str__(self) -> str:
        return self.key

    def is_in_flight(self, since: datetime) -> bool:
        """Return whether its request came after `since`, and has had no response."""
        return self.in_flight_since is not None and self.in_flight_since > since

    def is_live(self, now: datetime) -> bool:
        """Return whether it has a response from the last 24 hours."""
        return self.in_flight_since is None and self.created_at > now - self.LIFETIME
