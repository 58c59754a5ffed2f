"""Answers to requests that came with an Idempotency-Key, kept to be given again."""

from datetime import datetime, timedelta
from typing import Any, Final, Self

from django.db import models

from vid_trans_api.models.batches import BatchQuerySet
from vid_trans_api.models.workspaces import Workspace


class IdempotencyKeyQuerySet(BatchQuerySet["IdempotencyKey"]):
    def live(self, now: datetime, *, workspace: Workspace, key: str) -> "IdempotencyKey | None":
        """Return what that workspace's key stands for, or None; the write lock must be held."""
        return self.filter(
            workspace=workspace, key=key, created_at__gt=now - IdempotencyKey.LIFETIME
        ).first()

    def remember(
        self, *, workspace: Workspace, key: str, now: datetime, **answer: Any
    ) -> "IdempotencyKey":
        """Keep the answer to a request of that key, in place of one that has expired."""
        remembered, _ = self.update_or_create(
            workspace=workspace, key=key, defaults={"created_at": now, **answer}
        )
        return remembered

    def of_server_time(self) -> Self:
        """Return those of workspaces whose time is the server's."""
        return self.filter(workspace__clock__isnull=True)

    def expired(self, now: datetime) -> Self:
        return self.filter(created_at__lte=now - IdempotencyKey.LIFETIME)


class IdempotencyKey(models.Model):
    """A client's name for one request to create a job, and the answer that it got."""

    LIFETIME: Final = timedelta(hours=24)

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="idempotency_keys"
    )
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    answer = models.TextField()
    location = models.TextField()
    retry_after = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "key"], name="one_answer_per_key"),
        )

    def __str__(self) -> str:
        return self.key
