"""What OpenAPI says about each endpoint of v1 beyond what the code says."""

from typing import Any, Final

from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers

from vid_trans_api.heygen.schema import (
    ENDPOINT_EXISTS,
    IDEMPOTENCY_KEY,
    IN_PROGRESS,
    NO_ENDPOINT,
    RESPONSE_HEADERS,
    TOO_MANY_ENDPOINTS,
    ErrorResponses,
    bodies,
    enveloped,
)
from vid_trans_api.heygen.v1.responses import EndpointResponse, NewEndpointResponse, event_type
from vid_trans_api.heygen.v1.serializers import EndpointChangeSerializer
from vid_trans_api.heygen.webhooks import EndpointSerializer

errors: Final = ErrorResponses(
    inline_serializer(
        "Error",
        {
            "code": serializers.IntegerField(min_value=400_000, max_value=400_999),
            "data": serializers.JSONField(allow_null=True, help_text="Null."),
            "message": serializers.CharField(),
        },
    )
)


def _success(name: str, data: serializers.Field[Any, Any, Any, Any]) -> Any:
    return enveloped(
        name,
        data,
        code=serializers.IntegerField(min_value=100, max_value=100),
        message=serializers.CharField(allow_null=True, help_text="Null."),
    )


_TAGS: Final = ["webhooks"]
_NOTHING: Final = serializers.JSONField(allow_null=True, help_text="Null.")

registration = extend_schema_view(
    post=extend_schema(
        operation_id="add_webhook_endpoint",
        summary="Register a webhook endpoint",
        description="The URL is sent an `OPTIONS` request, whose failure does not matter. The"
        " response shows the secret of the endpoint, which no other response does.",
        tags=_TAGS,
        parameters=[IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=EndpointSerializer,
        examples=bodies(
            {
                "All events": {"url": "https://example.com/webhooks"},
                "Some events": {
                    "url": "https://example.com/translations",
                    "events": ["video_translate.success", "video_translate.fail"],
                },
            }
        ),
        responses={
            200: _success("NewWebhookEndpointEnvelope", NewEndpointResponse()),
            **errors.of_body(_400=TOO_MANY_ENDPOINTS, _409=f"{ENDPOINT_EXISTS} {IN_PROGRESS}"),
        },
    )
)
endpoints = extend_schema_view(
    get=extend_schema(
        operation_id="list_webhook_endpoints",
        summary="List all webhook endpoints, oldest first",
        tags=_TAGS,
        parameters=[*RESPONSE_HEADERS],
        responses={
            200: _success("WebhookEndpointsEnvelope", EndpointResponse(many=True)),
            **errors.of_key(),
        },
    )
)
change = extend_schema_view(
    patch=extend_schema(
        operation_id="update_webhook_endpoint",
        summary="Change the URL or the events of a webhook endpoint",
        tags=_TAGS,
        parameters=[IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=EndpointChangeSerializer,
        responses={
            200: _success("WebhookEndpointEnvelope", EndpointResponse()),
            **errors.of_body(_404=NO_ENDPOINT, _409=f"{ENDPOINT_EXISTS} {IN_PROGRESS}"),
        },
    )
)
deletion = extend_schema_view(
    delete=extend_schema(
        operation_id="delete_webhook_endpoint",
        summary="Delete a webhook endpoint, with what has not been sent yet",
        tags=_TAGS,
        parameters=[
            OpenApiParameter(
                "endpoint_id",
                {"type": "string", "minLength": 1},
                required=True,
                description="The id of a webhook endpoint.",
            ),
            IDEMPOTENCY_KEY,
            *RESPONSE_HEADERS,
        ],
        responses={
            200: _success("WebhookEndpointDeletedEnvelope", _NOTHING),
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
            200: _success("WebhookEventTypesEnvelope", serializers.ListField(child=event_type())),
            **errors.of_key(),
        },
    )
)
