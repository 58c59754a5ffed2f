"""Deliveries: one process at a time sends to an endpoint, and stores what came of each attempt.

A lease says which process that is. It has a number, so that a process whose lease has run out, for
instance because it was suspended, stores nothing but a success. A delivery is marked as delivered
after its response, so a process that is killed in between has it sent again: at least once.

The workspace's lock guards leases, too. What is sent is read in the transaction that takes a lease
or stores the attempt before, so there are two transactions for an end: the one that reports it and
takes the lease, and the one that stores the attempt and releases the lease.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, Protocol

from django.conf import settings
from django.db import transaction

from vid_trans_api.models import (
    LONGEST_ERROR,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    DisabledReason,
    Endpoint,
    PayloadFormat,
    Workspace,
    lock,
)
from vid_trans_api.models.database import release_connection
from vid_trans_api.models.workspace_queries import lock_and_read_again
from vid_trans_api.simulation.webhook_faults import DeliveryKind
from vid_trans_api.webhooks import sending
from vid_trans_api.webhooks.schedule import next_attempt
from vid_trans_api.webhooks.signing import heygen_headers, new_secret, standard_headers

LEASE: Final = timedelta(seconds=25)
"""How long a lease lasts after it was taken or renewed: longer than an attempt and storing it."""

_TURN: Final = 2.0
"""Seconds after which other endpoints get a turn."""

_LONGEST_FAILURE: Final = timedelta(hours=24)
"""After how long without a success an endpoint is disabled."""

_STALE: Final = timedelta(hours=1)
"""How old the signature of a copy with a stale timestamp is."""


class Send(Protocol):
    """Sends a request, as `sending.send` does."""

    def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        allow_private: bool,
        https_only: bool,
        trickle: float | None,
    ) -> sending.Attempt: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What an attempt sends, read under the lock."""

    delivery: int
    """The primary key."""
    at: datetime
    """When it is made, by the workspace's clock."""
    url: str
    headers: Mapping[str, str]
    body: bytes
    slow_seconds: float

    def send(self, send: Send) -> sending.Attempt:
        return send(
            self.url,
            headers=self.headers,
            body=self.body,
            allow_private=settings.WEBHOOK_PRIVATE_ADDRESSES,
            https_only=not settings.WEBHOOK_PRIVATE_ADDRESSES,
            trickle=self.slow_seconds or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to send to an endpoint, for a while."""

    endpoint: int
    """The primary key."""
    workspace: int
    """The primary key."""
    number: int
    is_failing: bool
    """Whether its latest attempt failed."""
    first: Prepared
    """What is sent first."""


def lease_endpoint(
    server_time: datetime,
    *,
    is_failing_excluded: bool = False,
    excluded_workspaces: Collection[int] = (),
) -> Lease | None:
    """Lease the endpoint that has waited longest, or return None if none is due."""
    due = Endpoint.objects.due(server_time)
    if excluded_workspaces:
        due = due.exclude(workspace__in=excluded_workspaces)
    if is_failing_excluded:
        due = due.filter(failing_since=None)
    if not due.exists():  # without the write lock of SQLite
        return None
    with transaction.atomic():
        # Both rows: another process may have leased the endpoint since the query began.
        rows = due.select_related("workspace").select_for_update(
            skip_locked=True, of=("self", "workspace")
        )
        endpoint = rows.order_by("wake_at").first()
        if endpoint is None:
            return None
        lock_and_read_again(endpoint.workspace)
        endpoint.lease += 1
        first = _next(endpoint)
        endpoint.store_progress()
        return None if first is None else _lease(endpoint, first)


def lease_for(endpoint: Endpoint, delivery: Delivery) -> Lease | None:
    """Lease an endpoint for a delivery that is new, and before all others that wait for it.

    Needs the lock, and `store_progress` of the endpoint after it. Returns None if another process
    has the lease, or nothing is due.
    """
    workspace = endpoint.workspace
    is_leased = endpoint.leased_until is not None and endpoint.leased_until > workspace.read_at
    if is_leased or delivery.due_at is None or delivery.due_at > workspace.now():
        return None
    endpoint.lease += 1
    return _lease(endpoint, _begin(endpoint, delivery))


def _lease(endpoint: Endpoint, first: Prepared) -> Lease:
    return Lease(
        endpoint=endpoint.pk,
        workspace=endpoint.workspace_id,
        number=endpoint.lease,
        is_failing=endpoint.failing_since is not None,
        first=first,
    )


def deliver(
    lease: Lease, *, send: Send = sending.send, is_stopping: Callable[[], bool] = lambda: False
) -> None:
    """Send what is due to a leased endpoint, in order, and release it.

    Ends early if the lease is lost, or after two seconds, so that other endpoints get a turn.
    """
    deadline = time.monotonic() + _TURN
    prepared: Prepared | None = lease.first
    while prepared is not None:
        release_connection()
        attempt = prepared.send(send)
        is_over = is_stopping() or time.monotonic() > deadline
        prepared = _record(lease, prepared, attempt, is_over=is_over)


def _record(
    lease: Lease, sent: Prepared, attempt: sending.Attempt, *, is_over: bool
) -> Prepared | None:
    """Store what came of an attempt; return what is sent next, or release the lease."""
    workspace = Workspace(pk=lease.workspace)
    try:
        with lock(workspace):
            delivery = Delivery.objects.sent(sent.delivery)
            found = Endpoint.objects.filter(pk=lease.endpoint)
            endpoint = found.first() if delivery is None else delivery.endpoint
            if endpoint is None:
                return None
            endpoint.workspace = workspace
            is_leased = endpoint.lease == lease.number
            if delivery is not None and (is_leased or attempt.is_success):
                _store(delivery, endpoint, sent, attempt)
            following = _next(endpoint, is_over=is_over) if is_leased else None
            endpoint.store_progress()
            return following
    except Workspace.DoesNotExist:
        return None


def _next(endpoint: Endpoint, *, is_over: bool = False) -> Prepared | None:
    """Return what is sent next to a leased endpoint; if there is nothing, release it.

    Needs `store_progress` of the endpoint after it.
    """
    delivery = Delivery.objects.first_waiting(endpoint) if endpoint.is_enabled else None
    due_at = None if delivery is None else delivery.due_at
    if delivery is None or due_at is None or due_at > endpoint.workspace.now() or is_over:
        endpoint.leased_until = None
        endpoint.set_due(due_at, endpoint.workspace)
        return None
    return _begin(endpoint, delivery)


def _begin(endpoint: Endpoint, delivery: Delivery) -> Prepared:
    """Return what is sent of a delivery that is due, and have the lease last until it is stored."""
    workspace = endpoint.workspace
    endpoint.leased_until = workspace.read_at + LEASE
    endpoint.set_due(delivery.due_at, workspace)
    # The workspace's own clock may have been advanced by days: then each attempt is made when it
    # was due. By the server's time it is made now.
    at = workspace.now() if workspace.clock is None else delivery.due_at
    assert at is not None  # noqa: S101 (it is due)
    return _prepare(delivery, endpoint, at=at)


def _prepare(delivery: Delivery, endpoint: Endpoint, *, at: datetime) -> Prepared:
    body = delivery.event.body.encode()
    signed_at = at if endpoint.workspace.signs_own_time else endpoint.workspace.read_at
    secret = endpoint.secret or endpoint.workspace.webhook_secret
    match delivery.kind:
        case DeliveryKind.MALFORMED:
            body = body[: len(body) // 2]
        case DeliveryKind.FORGED:
            secret = new_secret()
        case DeliveryKind.STALE_TIMESTAMP:
            signed_at -= _STALE
    sign = heygen_headers if endpoint.format == PayloadFormat.HEYGEN else standard_headers
    headers = sign(
        event_id=delivery.event.public_id,
        timestamp=int(signed_at.timestamp()),
        body=body,
        secret=secret,
    )
    return Prepared(
        delivery=delivery.pk,
        at=at,
        url=endpoint.url,
        headers={
            "Content-Type": "application/json",
            "User-Agent": f"heygen-video-translation/{settings.VERSION}",
            **headers,
        },
        body=body,
        slow_seconds=delivery.slow_seconds,
    )


def _store(
    delivery: Delivery, endpoint: Endpoint, sent: Prepared, attempt: sending.Attempt
) -> None:
    """Store an attempt, and when the next one is."""
    DeliveryAttempt.objects.create(
        delivery=delivery,
        at=sent.at,
        headers=[*attempt.sent_headers.items()],
        status=attempt.status,
        error=attempt.error[:LONGEST_ERROR],
        response=attempt.response,
        milliseconds=attempt.milliseconds,
        timed_out=attempt.timed_out,
    )
    delivery.attempt_count += 1
    if attempt.is_success:
        delivery.state, delivery.due_at = DeliveryState.DELIVERED, None
    else:
        _plan_retry(delivery, endpoint, sent.at, attempt)
    delivery.store_progress()
    if delivery.kind == DeliveryKind.GENUINE:
        _note_health(endpoint, delivery, sent.at, attempt)


def _plan_retry(
    delivery: Delivery, endpoint: Endpoint, at: datetime, attempt: sending.Attempt
) -> None:
    is_gone, pause = attempt.status == HTTPStatus.GONE, None
    if delivery.kind == DeliveryKind.GENUINE and is_gone and endpoint.is_listed:
        delivery.due_at = at  # the endpoint is disabled: it is sent once that is enabled
        return
    if delivery.kind == DeliveryKind.GENUINE and not is_gone:
        pause = next_attempt(
            attempts=delivery.attempt_count, seed=delivery.seed, retry_after=attempt.retry_after
        )
    if pause is None:
        delivery.state, delivery.due_at = DeliveryState.FAILED, None
    else:
        delivery.due_at = at + timedelta(seconds=pause)


def _note_health(
    endpoint: Endpoint, delivery: Delivery, at: datetime, attempt: sending.Attempt
) -> None:
    """Disable an endpoint that is gone or has failed for too long. Callbacks are never disabled."""
    if attempt.is_success:
        endpoint.failing_since = None
        return
    endpoint.failing_since = endpoint.failing_since or at
    if endpoint.is_listed:
        endpoint.disabled_reason = _reason_to_disable(endpoint, delivery, at, attempt)


def _reason_to_disable(
    endpoint: Endpoint, delivery: Delivery, at: datetime, attempt: sending.Attempt
) -> str:
    if attempt.status == HTTPStatus.GONE:
        return DisabledReason.GONE
    assert endpoint.failing_since is not None  # noqa: S101 (this attempt failed)
    if at - endpoint.failing_since >= _LONGEST_FAILURE:
        return DisabledReason.FAILING
    if delivery.state == DeliveryState.FAILED:
        # All its attempts have failed. Has anything been accepted meanwhile?
        first = delivery.attempts.order_by("pk").first()
        if first is not None and endpoint.failing_since <= first.at:
            return DisabledReason.FAILING
    return endpoint.disabled_reason
