"""Webhook endpoints in v3 and v1: what their requests have in common."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import extend_schema_serializer
from rest_framework.request import Request

from vid_trans_api.dialect_view import key_digest_of
from vid_trans_api.heygen.events import DESCRIPTIONS, OTHER_TYPES
from vid_trans_api.heygen.fields import LenientSerializer
from vid_trans_api.http.documents import instant
from vid_trans_api.http.fields import (
    LONGEST_URL,
    ChoiceField,
    ListField,
    StringField,
    VideoUrlField,
)
from vid_trans_api.models import Endpoint, PayloadFormat
from vid_trans_api.models.endpoints import LONGEST_ENTITY_ID
from vid_trans_api.operations import endpoints as operations
from vid_trans_api.operations.endpoints import EndpointRequest

EVENT_TYPES: Final = (*DESCRIPTIONS, *OTHER_TYPES)
"""All types that a request may name."""

STATUSES: Final = ("enabled", "disabled")
"""The words for endpoints."""


def event_type_field(**options: Any) -> ChoiceField:
    return ChoiceField(choices=[(each, each) for each in EVENT_TYPES], **options)


def events_field(**options: Any) -> ListField:
    return ListField(
        child=event_type_field(), max_length=len(EVENT_TYPES), required=False, **options
    )


@extend_schema_serializer(component_name="WebhookEndpoint")
class EndpointSerializer(LenientSerializer):
    """An endpoint to register."""

    url = VideoUrlField(max_length=LONGEST_URL)
    events = events_field(help_text="The types of events that are sent; all if left out or null.")
    entity_id = StringField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_ENTITY_ID,
        help_text="Any text by which the list of events can be filtered.",
    )


def register(request: Request, fields: Mapping[str, Any]) -> Endpoint:
    """Register an endpoint. Raises what `register_endpoint` does."""
    return operations.register_endpoint(
        key_digest_of(request), PayloadFormat.HEYGEN, EndpointRequest(**fields)
    )


def find(request: Request, endpoint_id: str) -> Endpoint:
    """Return an endpoint of the key. Raises EndpointNotFound."""
    return operations.find_endpoint(key_digest_of(request), PayloadFormat.HEYGEN, endpoint_id)


def endpoint_document(endpoint: Endpoint) -> dict[str, Any]:
    """Write an endpoint without its secret, and with null for all events."""
    return {
        "endpoint_id": endpoint.public_id,
        "url": endpoint.url,
        "events": endpoint.events,
        "status": STATUSES[not endpoint.is_enabled],
        "created_at": instant(endpoint.created_at),
    }
