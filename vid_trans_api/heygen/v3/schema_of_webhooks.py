"""What OpenAPI says about webhooks in v3."""

from typing import Final

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from vid_trans_api.heygen.fields import DEFAULT_LIMIT
from vid_trans_api.heygen.schema import (
    ENDPOINT_EXISTS,
    IDEMPOTENCY_KEY,
    IN_PROGRESS,
    NO_ENDPOINT,
    RESPONSE_HEADERS,
    TOO_MANY_ENDPOINTS,
    bodies,
    enveloped,
    path_parameter,
)
from vid_trans_api.heygen.v3.responses import (
    EndpointResponse,
    EventResponse,
    EventTypeResponse,
    NewEndpointResponse,
    SecretResponse,
)
from vid_trans_api.heygen.v3.schema import TOKEN, errors, limit_parameter, page
from vid_trans_api.heygen.v3.serializers import EndpointChangeSerializer
from vid_trans_api.heygen.webhooks import EVENT_TYPES, EndpointSerializer

_TAGS: Final = ["webhooks"]
_ID: Final = path_parameter("endpoint_id", "The id of a webhook endpoint.")

endpoints = extend_schema_view(
    get=extend_schema(
        operation_id="list_webhook_endpoints",
        summary="List webhook endpoints, oldest first",
        tags=_TAGS,
        parameters=[limit_parameter(DEFAULT_LIMIT), TOKEN, *RESPONSE_HEADERS],
        responses={200: page("WebhookEndpointPage", EndpointResponse), **errors.of_read()},
    ),
    post=extend_schema(
        operation_id="create_webhook_endpoint",
        summary="Register a webhook endpoint",
        description="It receives the events of what ends from now on. The response shows its"
        " secret, which no other response does.",
        tags=_TAGS,
        parameters=[IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=EndpointSerializer,
        examples=bodies(
            {
                "All events": {"url": "https://example.com/webhooks"},
                "Some events": {
                    "url": "https://example.com/translations",
                    "events": ["video_translate.success", "video_translate.fail"],
                    "entity_id": "talks",
                },
            }
        ),
        responses={
            200: enveloped("NewWebhookEndpointEnvelope", NewEndpointResponse()),
            **errors.of_body(_400=TOO_MANY_ENDPOINTS, _409=f"{ENDPOINT_EXISTS} {IN_PROGRESS}"),
        },
    ),
)
endpoint = extend_schema_view(
    patch=extend_schema(
        operation_id="update_webhook_endpoint",
        summary="Change the URL or the events of a webhook endpoint",
        tags=_TAGS,
        parameters=[_ID, IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=EndpointChangeSerializer,
        examples=bodies({"Other events": {"events": ["batch.finished"]}}),
        responses={
            200: enveloped("WebhookEndpointEnvelope", EndpointResponse()),
            **errors.of_body(_404=NO_ENDPOINT, _409=f"{ENDPOINT_EXISTS} {IN_PROGRESS}"),
        },
    ),
    delete=extend_schema(
        operation_id="delete_webhook_endpoint",
        summary="Delete a webhook endpoint, with what has not been sent yet",
        tags=_TAGS,
        parameters=[_ID, IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        responses={
            200: enveloped("WebhookEndpointDeletedEnvelope", serializers.DictField()),
            **errors.of_change(_404=NO_ENDPOINT),
        },
    ),
)
rotation = extend_schema_view(
    post=extend_schema(
        operation_id="rotate_webhook_secret",
        summary="Give a webhook endpoint a new secret",
        description="The response shows it, which no other response does. The old secret signs"
        " nothing any more.",
        tags=_TAGS,
        parameters=[_ID, IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=None,
        responses={
            200: enveloped("WebhookSecretEnvelope", SecretResponse()),
            **errors.of_change(_404=NO_ENDPOINT),
        },
    )
)
event_types = extend_schema_view(
    get=extend_schema(
        operation_id="list_webhook_event_types",
        summary="List the types of events that are sent",
        tags=_TAGS,
        parameters=[*RESPONSE_HEADERS],
        responses={
            200: enveloped("WebhookEventTypesEnvelope", EventTypeResponse(many=True)),
            **errors.of_key(),
        },
    )
)
events = extend_schema_view(
    get=extend_schema(
        operation_id="list_webhook_events",
        summary="List the events that were reported, newest first",
        description="To endpoints or to callbacks, each once, however often it was sent.",
        tags=_TAGS,
        parameters=[
            OpenApiParameter(
                "event_type", {"type": "string", "enum": [*EVENT_TYPES]}, description="Only these."
            ),
            OpenApiParameter(
                "entity_id",
                {"type": "string"},
                description="Only those of endpoints with this `entity_id`.",
            ),
            limit_parameter(DEFAULT_LIMIT),
            TOKEN,
            *RESPONSE_HEADERS,
        ],
        responses={200: page("WebhookEventPage", EventResponse), **errors.of_read()},
    )
)
