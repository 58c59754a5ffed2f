"""What OpenAPI says about the endpoints of webhooks beyond what the code says."""

from typing import Final

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view

from vid_trans_api.native.schema import BODY_PROBLEMS, NO_KEY, examples, problems
from vid_trans_api.native.webhook_serializers import (
    EndpointChangeSerializer,
    EndpointListSerializer,
    EndpointRequestSerializer,
    EndpointSerializer,
    NewEndpointSerializer,
    RotatedSecretSerializer,
    SecretSerializer,
)

_ID: Final = OpenApiParameter(
    "endpoint_id", str, OpenApiParameter.PATH, description="The `id` of an endpoint."
)
_URL: Final = "https://example.com/hook"
_MISSING: Final = "There is no such endpoint in this workspace."
_EXISTS: Final = "There is already an endpoint with this URL."
_FOREIGN: Final = "The request came from another website."

endpoints = extend_schema_view(
    get=extend_schema(
        operation_id="list_webhook_endpoints",
        summary="List webhook endpoints",
        responses={200: EndpointListSerializer, **problems(_401=NO_KEY)},
    ),
    post=extend_schema(
        operation_id="register_webhook_endpoint",
        summary="Register a webhook endpoint",
        description="It gets the events of jobs that end from now on. The response shows its"
        " secret, which is not shown again.",
        request=EndpointRequestSerializer,
        examples=examples(
            {"All events": {"url": _URL}, "Only errors": {"url": _URL, "events": ["job.error"]}}
        ),
        responses={
            201: NewEndpointSerializer,
            **BODY_PROBLEMS,
            **problems(
                _403=f"There are as many endpoints as there may be. {_FOREIGN}", _409=_EXISTS
            ),
        },
    ),
)
endpoint = extend_schema_view(
    get=extend_schema(
        operation_id="get_webhook_endpoint",
        summary="Get a webhook endpoint",
        parameters=[_ID],
        responses={200: EndpointSerializer, **problems(_401=NO_KEY, _404=_MISSING)},
    ),
    patch=extend_schema(
        operation_id="update_webhook_endpoint",
        summary="Change, enable or disable a webhook endpoint",
        parameters=[_ID],
        request=EndpointChangeSerializer,
        examples=examples({"Enable": {"enabled": True}, "All events": {"events": None}}),
        responses={
            200: EndpointSerializer,
            **BODY_PROBLEMS,
            **problems(_403=_FOREIGN, _404=_MISSING, _409=_EXISTS),
        },
    ),
    delete=extend_schema(
        operation_id="delete_webhook_endpoint",
        summary="Delete a webhook endpoint",
        parameters=[_ID],
        responses={204: None, **problems(_401=NO_KEY, _403=_FOREIGN, _404=_MISSING)},
    ),
)
rotation = extend_schema_view(
    post=extend_schema(
        operation_id="rotate_webhook_secret",
        summary="Give a webhook endpoint a new secret",
        parameters=[_ID],
        request=None,
        responses={
            200: RotatedSecretSerializer,
            **BODY_PROBLEMS,
            **problems(_403=_FOREIGN, _404=_MISSING),
        },
    )
)
secret = extend_schema_view(
    post=extend_schema(
        operation_id="new_webhook_secret",
        summary="Give callbacks a new secret",
        request=None,
        responses={200: SecretSerializer, **BODY_PROBLEMS, **problems(_403=_FOREIGN)},
    )
)
