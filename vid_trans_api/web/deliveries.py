"""The page of one delivery, and how all pages describe deliveries."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from vid_trans_api.http.opaque import LARGEST, hide, reveal
from vid_trans_api.http.parsing import refuse_unknown_parameters
from vid_trans_api.models import Delivery, DeliveryAttempt, DeliveryState, Event, Job
from vid_trans_api.operations.clock import read as read_clock
from vid_trans_api.operations.deliveries import find_delivery
from vid_trans_api.operations.endpoints import send_again
from vid_trans_api.operations.errors import DeliveryNotFound
from vid_trans_api.simulation.webhook_faults import DeliveryKind
from vid_trans_api.web.formatting import duration, since
from vid_trans_api.web.links import delivery_path, webhooks_path
from vid_trans_api.web.pages import (
    IDLE_INTERVAL,
    RELOAD_INTERVAL,
    Page,
    describe_clock,
    etag_of,
    render_page,
    unchanged,
)
from vid_trans_api.web.sessions import Session, session_of, visible_workspace

MOST_ATTEMPTS: Final = 50
"""How many attempts are shown: the newest."""

KINDS: Final = {
    DeliveryKind.FORGED: "with a wrong signature",
    DeliveryKind.STALE_TIMESTAMP: "signed an hour ago",
    DeliveryKind.MALFORMED: "cut in half",
}
"""How a copy that a simulated fault adds differs from the genuine event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A delivery in a list; `delivery` is None if all endpoints of the event were deleted."""

    event: Event
    delivery: Delivery | None
    job: Job | None
    """What the event is about, if the page is not about that itself."""
    key: str
    """What tells the rows of a page apart."""
    url: str
    """Of the delivery's page."""
    kind: str
    progress: str
    age: float
    """Seconds since the event, by the workspace's clock."""


def rows_of(events: Sequence[Event], jobs: Mapping[str, Job], *, now: datetime) -> list[Row]:
    """Return the deliveries of events; `jobs` are those that may be linked, by their ids."""
    return [
        Row(
            event=event,
            delivery=delivery,
            job=jobs.get(event.subject),
            key=str(hide(delivery.number)) if delivery else event.public_id,
            url=delivery_path(delivery) if delivery else "",
            kind=KINDS.get(DeliveryKind(delivery.kind), "") if delivery else "",
            progress=describe_progress(delivery, now) if delivery else "",
            age=since(now, event.created_at),
        )
        for event in events
        for delivery in list(event.deliveries.all()) or (None,)
    ]


def facts_of_event(event: Event) -> tuple[object, ...]:
    """Return what a list shows of an event, apart from what follows from the time."""
    deliveries = (
        (each.number, each.state, each.attempt_count, each.due_at, each.endpoint.disabled_reason)
        for each in event.deliveries.all()
    )
    return (event.number, *deliveries)


def refresh_interval(deliveries: Sequence[Delivery | None]) -> int:
    """Return the seconds until a page of deliveries should refresh."""
    is_waiting = any(each and each.state == DeliveryState.PENDING for each in deliveries)
    return RELOAD_INTERVAL if is_waiting else IDLE_INTERVAL


def describe_progress(delivery: Any, now: datetime) -> str:
    """Describe the attempts of a delivery that was read with its last attempt.

    For example `500 · 3 attempts · next try in 2 min`.
    """
    return " · ".join(_progress(delivery, now))


def _progress(delivery: Any, now: datetime) -> Iterator[str]:
    if last := delivery.last_status or delivery.last_error:
        yield str(last).removesuffix(".")
    if delivery.attempt_count:
        yield f"{delivery.attempt_count} attempt{'' if delivery.attempt_count == 1 else 's'}"
    if delivery.state == DeliveryState.FAILED:
        yield "no further try"
    elif delivery.state == DeliveryState.LOST:
        yield "never sent, by a simulated fault"
    elif delivery.due_at is not None:
        yield f"{'next try' if delivery.attempt_count else 'due'} {describe_due(delivery, now)}"


def describe_due(delivery: Delivery, now: datetime) -> str:
    """Describe when a delivery is tried next, if it is: `in 2 min`."""
    if delivery.due_at is None:
        return ""
    if not delivery.endpoint.is_enabled:
        return "once the endpoint is enabled"
    left = since(delivery.due_at, now)
    return f"in {duration(left)}" if left else "now"


def format_payload(event: Event) -> str:
    """Return what is sent as indented JSON."""
    return json.dumps(json.loads(event.body), indent=2, ensure_ascii=False)


class DeliveryPage(Page):
    """One delivery: its payload and its attempts."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]  # type: ignore[misc]

    def get(self, request: HttpRequest, hidden: int) -> HttpResponseBase:
        session = session_of(request)
        refuse_unknown_parameters(request.GET, ())
        delivery = _find(session, hidden)
        attempts = list(delivery.attempts.order_by("-pk")[: MOST_ATTEMPTS + 1])
        facts = (delivery.state, delivery.due_at, delivery.endpoint.disabled_reason)
        etag = etag_of(
            session, delivery.event.workspace, (*facts, *(attempt.pk for attempt in attempts))
        )
        if not_modified := unchanged(request, etag, delivery.event.workspace):
            return not_modified
        return _render(request, session, delivery, attempts, etag=etag)


class SendAgainPage(Page):
    """The button that sends a delivery again."""

    http_method_names: ClassVar[list[str]] = ["post"]  # type: ignore[misc]

    def post(self, request: HttpRequest, hidden: int) -> HttpResponseBase:
        delivery = _find(session_of(request), hidden)
        try:
            send_again(delivery)
        except DeliveryNotFound:
            raise _not_found() from None
        return HttpResponseRedirect(delivery_path(delivery))


def _render(
    request: HttpRequest,
    session: Session,
    delivery: Delivery,
    attempts: Sequence[DeliveryAttempt],
    *,
    etag: str,
) -> HttpResponse:
    event = delivery.event
    workspace, server_time = read_clock(event.workspace.key_digest)
    now = workspace.now(server_time)
    is_waiting = delivery.state == DeliveryState.PENDING
    shown_workspace = visible_workspace(session, workspace)
    return render_page(
        request,
        "delivery",
        session=session,
        workspace=shown_workspace,
        delivery=delivery,
        event=event,
        endpoint=delivery.endpoint,
        job=next(iter(Job.objects.find_many([event.subject], workspace=workspace)), None),
        kind=KINDS.get(DeliveryKind(delivery.kind), ""),
        payload=format_payload(event),
        attempts=[(hide(attempt.pk), attempt) for attempt in attempts[:MOST_ATTEMPTS]],
        most_attempts=MOST_ATTEMPTS if len(attempts) > MOST_ATTEMPTS else None,
        next_try=describe_due(delivery, now),
        age=since(now, event.created_at),
        again_url=reverse("send_again", args=[hide(delivery.number)]),
        webhooks_url=webhooks_path(shown_workspace),
        clock=describe_clock(workspace, now),
        refresh=refresh_interval([delivery]),
        reload=RELOAD_INTERVAL if is_waiting else None,
        etag=etag,
    )


def _find(session: Session, hidden: int) -> Delivery:
    """Return a delivery that the session may see; raise Http404."""
    if hidden > LARGEST:
        raise _not_found()
    key_digest = None if session.is_staff else session.workspace.key_digest
    delivery = find_delivery(reveal(hidden), key_digest=key_digest)
    if delivery is None:
        raise _not_found()
    return delivery


def _not_found() -> Http404:
    return Http404("There is no such delivery in this workspace.")
