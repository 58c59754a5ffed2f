"""Responses to creations that came with an Idempotency-Key, kept for later requests with it."""

from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.db import models

from vid_trans_api.models.batch_queries import BatchQuerySet
from vid_trans_api.models.workspaces import Workspace


class IdempotencyKeyQuerySet(BatchQuerySet["IdempotencyKey"]):
    def live(self, now: datetime, *, workspace: Workspace, key: str) -> "IdempotencyKey | None":
        """Return a workspace's key if it was used in the last 24 hours. Needs the lock."""
        return self.filter(
            workspace=workspace, key=key, created_at__gt=now - IdempotencyKey.LIFETIME
        ).first()

    def remember(
        self, *, workspace: Workspace, key: str, now: datetime, **response: Any
    ) -> "IdempotencyKey":
        """Store the response to a key's first request, in place of one that has expired."""
        remembered, _ = self.update_or_create(
            workspace=workspace, key=key, defaults={"created_at": now, **response}
        )
        return remembered

    def of_server_time(self) -> Self:
        """Return those of workspaces that have the server's time."""
        return self.filter(workspace__clock__isnull=True)

    def expired(self, now: datetime) -> Self:
        return self.filter(created_at__lte=now - IdempotencyKey.LIFETIME)


class IdempotencyKey(models.Model):
    """A client's name for one creation, and the first response to it."""

    LIFETIME: Final = timedelta(hours=24)

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="idempotency_keys"
    )
    scope = models.CharField(
        max_length=255, blank=True, help_text="Method and path, if a key counts for these only."
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
