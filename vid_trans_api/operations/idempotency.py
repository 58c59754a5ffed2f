"""Idempotency keys: how a repeated request is recognised, and its first response sent again.

Our own API compares the bodies of requests with the same key. HeyGen's API does not; a key of its
requests has a scope, and is in flight until the response is known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from django.db import transaction

from vid_trans_api.models import IdempotencyKey, IdempotencyKeyQuerySet, Workspace
from vid_trans_api.operations.context import RequestContext
from vid_trans_api.operations.errors import IdempotencyKeyReused, RequestInProgress
from vid_trans_api.operations.faults import apply_faults
from vid_trans_api.snapshots import Operation

if TYPE_CHECKING:
    from vid_trans_api.operations.creation import Creation

LONGEST_IN_FLIGHT: Final = timedelta(seconds=60)
"""After which a request that has not been responded to no longer counts: its process has died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """A response that is stored for later requests with the same key."""

    body: str
    headers: Mapping[str, str]
    reported: Mapping[str, Sequence[object] | None]
    """What it reports about jobs, for the journal; None for a job whose status it leaves out."""
    status: int = HTTPStatus.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """How a repeated creation is recognised, and how its response is written."""

    key: str
    """The Idempotency-Key; "" if there is none."""
    request_digest: str
    write: Callable[["Creation"], StoredResponse]
    scope: str = ""
    """Method and path, if the key counts for these only, whatever the body is."""

    @property
    def name(self) -> str:
        """What the attempts of one creation have in common."""
        if not self.key:
            return f"body {self.request_digest}"
        return f"key {self.key} of {self.scope}" if self.scope else f"key {self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInFlight:
    """The key of a request that has no response yet."""

    scope: str
    key: str
    since: datetime
    """By the server's clock."""


def first_use(
    workspace: Workspace, idempotency: Idempotency, now: datetime
) -> IdempotencyKey | None:
    """Return the key of a creation if it has a response from the last 24 hours. Needs the lock."""
    if not idempotency.key:
        return None
    return IdempotencyKey.objects.live(
        now, workspace=workspace, scope=idempotency.scope, key=idempotency.key
    )


def replay(
    first: IdempotencyKey, idempotency: Idempotency
) -> StoredResponse | IdempotencyKeyReused:
    """Return the first response to a creation, or why this one is another."""
    if not first.scope and first.request_digest != idempotency.request_digest:
        return IdempotencyKeyReused(
            "This Idempotency-Key came with another body before; a new request needs a new key."
        )
    return _stored(first)


def remember(
    workspace: Workspace, idempotency: Idempotency, created: "Creation", now: datetime
) -> None:
    """Store the response, as it is without faults, for later requests with the key."""
    if not idempotency.key:
        return
    stored = idempotency.write(created)
    IdempotencyKey.objects.remember(
        workspace=workspace,
        scope=idempotency.scope,
        key=idempotency.key,
        now=now,
        status=stored.status,
        request_digest=idempotency.request_digest,
        response=stored.body,
        headers=stored.headers,
        reported=stored.reported,
    )


def use_key(
    context: RequestContext, *, scope: str, key: str, operation: Operation | None
) -> StoredResponse | KeyInFlight:
    """Return the first response to a key of the last 24 hours, or mark the key as in flight.

    A repeated request counts for the rate limit and for the workspace's fault rules. Raises
    RequestInProgress if the first request is in flight, and what `apply_faults` does.
    """
    with transaction.atomic():
        workspace = Workspace.objects.locked(context.key_digest)
        server_time = workspace.read_at
        now = workspace.now()
        first = IdempotencyKey.objects.filter(workspace=workspace, scope=scope, key=key).first()
        if first is not None and first.is_in_flight(server_time - LONGEST_IN_FLIGHT):
            raise RequestInProgress
        if first is None or not first.is_live(now):
            IdempotencyKey.objects.begin(
                workspace=workspace, scope=scope, key=key, now=now, server_time=server_time
            )
            return KeyInFlight(scope=scope, key=key, since=server_time)
    if operation is not None:
        apply_faults(context, operation, workspace=workspace, jobs=(), now=now)
    return _stored(first)


def finish_key(context: RequestContext, key: KeyInFlight, response: StoredResponse) -> None:
    """Store the response to the request that is in flight with this key."""
    with transaction.atomic():
        workspace = Workspace.objects.locked(context.key_digest)
        _in_flight(workspace, key).update(
            created_at=workspace.now(),
            in_flight_since=None,
            status=response.status,
            response=response.body,
            headers=response.headers,
            reported=response.reported,
        )


def discard_key(context: RequestContext, key: KeyInFlight) -> None:
    """Let a key be used again, as its request has failed."""
    workspace = Workspace.objects.of_key(context.key_digest)
    if workspace.pk is not None:
        _in_flight(workspace, key).delete()


def _in_flight(workspace: Workspace, key: KeyInFlight) -> IdempotencyKeyQuerySet:
    """Return the key, unless it has a response or was taken over by another request."""
    return IdempotencyKey.objects.filter(
        workspace=workspace, scope=key.scope, key=key.key, in_flight_since=key.since
    )


def _stored(first: IdempotencyKey) -> StoredResponse:
    return StoredResponse(
        body=first.response, headers=first.headers, reported=first.reported, status=first.status
    )
