"""Endpoints: registered, changed, disabled and deleted; and what was sent to them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.conf import settings
from django.db import transaction

from vid_trans_api.ids import new_id
from vid_trans_api.models import (
    Delivery,
    DeliveryState,
    DisabledReason,
    Endpoint,
    Event,
    PayloadFormat,
    Workspace,
    lock,
    webhook_times,
)
from vid_trans_api.models.database import release_connection
from vid_trans_api.models.endpoints import digest_of_endpoint
from vid_trans_api.operations.errors import (
    DeliveryNotFound,
    EndpointExists,
    EndpointNotFound,
    TooManyEndpoints,
    UnknownEventType,
)
from vid_trans_api.webhooks.formats import writer_of
from vid_trans_api.webhooks.reporting import event_of, report
from vid_trans_api.webhooks.sending import check_url, options
from vid_trans_api.webhooks.signing import new_secret

MOST_ENDPOINTS: Final = 100
"""How many endpoints a workspace may have of each format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRequest:
    """The fields of an endpoint."""

    url: str
    events: Sequence[str] | None = None
    """The types of events that are sent; None for all."""
    entity_id: str = ""


class _Keep(Enum):
    KEEP = "keep"


KEEP: Final = _Keep.KEEP
"""In place of what a change leaves as it is, where None is a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChange:
    """The new fields of an endpoint; those that are left out stay as they are."""

    url: str | None = None
    events: Sequence[str] | _Keep | None = KEEP
    is_enabled: bool | None = None


def register_endpoint(
    key_digest: str, payload_format: PayloadFormat, request: EndpointRequest
) -> Endpoint:
    """Register an endpoint, which gets the events of what ends from now on.

    Raises InvalidURL, UnknownEventType, EndpointExists and TooManyEndpoints.
    """
    _check(payload_format, url=request.url, events=request.events)
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        report(workspace)  # to the others
        _refuse_second(workspace, payload_format, request.url)
        if Endpoint.objects.listed(workspace, payload_format).count() >= MOST_ENDPOINTS:
            raise TooManyEndpoints(MOST_ENDPOINTS)
        now = workspace.now()
        webhook_times.start(workspace, now)
        endpoint = Endpoint.objects.create(
            public_id=new_id(),
            workspace=workspace,
            url=request.url,
            digest=digest_of_endpoint(request.url, payload_format, is_listed=True),
            format=payload_format,
            events=None if request.events is None else list(request.events),
            entity_id=request.entity_id,
            secret=new_secret(),
            created_at=now,
        )
        webhook_times.plan_report(workspace)
    return endpoint


def probe_url(url: str) -> None:
    """Send an OPTIONS request to the URL of an endpoint, as HeyGen's v1 does. It can fail."""
    release_connection()
    options(
        url,
        allow_private=settings.WEBHOOK_PRIVATE_ADDRESSES,
        https_only=not settings.WEBHOOK_PRIVATE_ADDRESSES,
    )


def list_endpoints(
    key_digest: str,
    payload_format: PayloadFormat,
    *,
    after: int | None = None,
    limit: int | None = None,
) -> list[Endpoint]:
    """Return endpoints of a workspace, the oldest first: all, or those after a primary key."""
    workspace = Workspace.objects.of_key(key_digest)
    if workspace.pk is None:
        return []
    found = Endpoint.objects.listed(workspace, payload_format)
    return list((found if after is None else found.filter(pk__gt=after))[:limit])


def find_endpoint(key_digest: str, payload_format: PayloadFormat, public_id: str) -> Endpoint:
    """Return an endpoint of a workspace. Raises EndpointNotFound."""
    workspace = Workspace.objects.of_key(key_digest)
    endpoint = Endpoint.objects.find(public_id, workspace=workspace)
    if endpoint is None or not endpoint.is_listed or endpoint.format != payload_format:
        raise EndpointNotFound(public_id)
    return endpoint


def update_endpoint(endpoint: Endpoint, change: EndpointChange) -> Endpoint:
    """Replace fields of an endpoint, or enable or disable it.

    What waits for a disabled endpoint is sent once it is enabled. Raises InvalidURL,
    UnknownEventType, EndpointExists and EndpointNotFound.
    """
    payload_format = PayloadFormat(endpoint.format)
    events = None if change.events is KEEP else change.events
    _check(payload_format, url=change.url, events=events)
    with _locked(endpoint) as workspace:
        report(workspace)  # by the old fields
        if change.url is not None and change.url != endpoint.url:
            _refuse_second(workspace, payload_format, change.url)
            endpoint.url = change.url
            endpoint.digest = digest_of_endpoint(change.url, payload_format, is_listed=True)
        if change.events is not KEEP:
            endpoint.events = None if events is None else list(events)
        if change.is_enabled is not None:
            if change.is_enabled and not endpoint.is_enabled:
                # In a workspace with its own clock, they would be sent as of when they were due.
                now = workspace.now()
                endpoint.deliveries.all().waiting().filter(due_at__lt=now).update(due_at=now)
            endpoint.disabled_reason = (
                DisabledReason.NONE if change.is_enabled else endpoint.disabled_reason or "disabled"
            )
            endpoint.failing_since = None
        endpoint.save(update_fields=["url", "digest", "events", "disabled_reason", "failing_since"])
        endpoint.plan_wake(workspace)
    return endpoint


def rotate_secret(endpoint: Endpoint) -> Endpoint:
    """Give an endpoint a new secret, with which all is signed now. Raises EndpointNotFound."""
    with _locked(endpoint):
        endpoint.secret = new_secret()
        endpoint.save(update_fields=["secret"])
    return endpoint


def delete_endpoint(endpoint: Endpoint) -> None:
    """Delete an endpoint, with what waits for it. Raises EndpointNotFound."""
    with _locked(endpoint) as workspace:
        report(workspace)
        endpoint.delete()


def new_webhook_secret(key_digest: str) -> str:
    """Give a workspace a new secret, which signs the events for callbacks, and return it."""
    with transaction.atomic():
        workspace = Workspace.objects.locked(key_digest)
        workspace.webhook_secret = new_secret()
        workspace.save(update_fields=["webhook_secret"])
    return str(workspace.webhook_secret)


def send_test_event(endpoint: Endpoint) -> Delivery:
    """Send an example of an event to an endpoint, whatever types of events it is to receive.

    A disabled endpoint gets it once it is enabled. Raises EndpointNotFound.
    """
    with _locked(endpoint) as workspace:
        now = workspace.now()
        event = event_of(
            writer_of(endpoint.format).example(now),
            workspace=workspace,
            payload_format=PayloadFormat(endpoint.format),
            subject="",
            at=now,
        )
        event.save()
        delivery = Delivery.objects.create(event=event, endpoint=endpoint, seed=0, due_at=now)
        endpoint.plan_wake(workspace)
    return delivery


def send_again(delivery: Delivery) -> Delivery:
    """Send a delivery again now, with the same event id. Raises DeliveryNotFound."""
    try:
        with _locked(delivery.endpoint) as workspace:
            delivery.refresh_from_db()
            delivery.state = DeliveryState.PENDING
            delivery.due_at = workspace.now()
            delivery.attempt_count = 0
            delivery.save(update_fields=["state", "due_at", "attempt_count"])
            delivery.endpoint.plan_wake(workspace)
    except (Delivery.DoesNotExist, EndpointNotFound):
        raise DeliveryNotFound(delivery.pk) from None
    return delivery


def list_events(
    key_digest: str,
    payload_format: PayloadFormat,
    *,
    limit: int,
    before: int | None = None,
    event_type: str = "",
    entity_id: str = "",
) -> list[Event]:
    """Return the newest events that match, older than the event number `before`.

    They are those that were reported to any endpoint or callback, however often they were sent.
    """
    workspace = Workspace.objects.of_key(key_digest)
    if workspace.pk is None:
        return []
    found = Event.objects.history(
        workspace, payload_format, before=before, event_type=event_type, entity_id=entity_id
    )
    return list(found[:limit])


def _check(payload_format: PayloadFormat, *, url: str | None, events: Sequence[str] | None) -> None:
    """Raise InvalidURL or UnknownEventType."""
    if url is not None:
        check_url(url, https_only=not settings.WEBHOOK_PRIVATE_ADDRESSES)
    writer = writer_of(payload_format)
    for each in events or ():
        if each not in {*writer.types, *writer.other_types}:
            raise UnknownEventType(each, known=writer.types)


def _refuse_second(workspace: Workspace, payload_format: PayloadFormat, url: str) -> None:
    if Endpoint.objects.is_registered(url, payload_format, workspace=workspace):
        raise EndpointExists(url)


@contextmanager
def _locked(endpoint: Endpoint) -> Iterator[Workspace]:
    """Lock an endpoint's workspace, and read the endpoint again. Raises EndpointNotFound."""
    workspace = endpoint.workspace
    try:
        with lock(workspace):
            endpoint.refresh_from_db()
            endpoint.workspace = workspace
            yield workspace
    except (Endpoint.DoesNotExist, Workspace.DoesNotExist):
        raise EndpointNotFound(endpoint.public_id) from None
