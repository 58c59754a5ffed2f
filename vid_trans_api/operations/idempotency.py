"""Idempotency keys of any mutation, by HeyGen's rule: the body does not matter."""

from datetime import timedelta
from typing import Final

from django.db import transaction

from vid_trans_api import clock
from vid_trans_api.models import IdempotencyKey, Workspace
from vid_trans_api.operations.context import RequestContext
from vid_trans_api.operations.creation import StoredResponse
from vid_trans_api.operations.errors import RequestInProgress
from vid_trans_api.operations.faults import apply_faults
from vid_trans_api.snapshots import Operation

LONGEST_IN_FLIGHT: Final = timedelta(seconds=60)
"""After which a request that has not been responded to no longer counts: its process has died."""


def use_key(
    context: RequestContext, *, scope: str, key: str, operation: Operation | None
) -> StoredResponse | None:
    """Return the first response to a key of the last 24 hours. None marks the key as in flight.

    A repeated request counts for the rate limit and for the workspace's fault rules. Raises
    RequestInProgress if the first request is in flight, and what `apply_faults` does.
    """
    with transaction.atomic():
        workspace = Workspace.objects.locked(context.key_digest)
        server_time = clock.now()
        now = workspace.now(server_time)
        first = IdempotencyKey.objects.filter(workspace=workspace, scope=scope, key=key).first()
        if first is not None and first.is_in_flight(server_time - LONGEST_IN_FLIGHT):
            raise RequestInProgress
        if first is None or not first.is_live(now):
            IdempotencyKey.objects.begin(
                workspace=workspace, scope=scope, key=key, now=now, server_time=server_time
            )
            return None
    if operation is not None:
        apply_faults(context, operation, workspace=workspace, jobs=(), now=now)
    return StoredResponse(
        body=first.response, headers=first.headers, reported=first.reported, status=first.status
    )


def finish_key(context: RequestContext, *, scope: str, key: str, response: StoredResponse) -> None:
    """Store the response to the request that is in flight with this key."""
    with transaction.atomic():
        workspace = Workspace.objects.locked(context.key_digest)
        IdempotencyKey.objects.remember(
            workspace=workspace,
            scope=scope,
            key=key,
            now=workspace.now(clock.now()),
            status=response.status,
            response=response.body,
            headers=response.headers,
            reported=response.reported,
        )


def discard_key(context: RequestContext, *, scope: str, key: str) -> None:
    """Let a key be used again, as its request has failed."""
    workspace = Workspace.objects.of_key(context.key_digest)
    if workspace.pk is not None:
        IdempotencyKey.objects.filter(
            workspace=workspace, scope=scope, key=key, in_flight_since__isnull=False
        ).delete()
