"""What responses of v1 look like; OpenAPI is made from these, and tests compare them."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.heygen.webhooks import EVENT_TYPES, STATUSES


def event_type() -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[(each, each) for each in EVENT_TYPES])


@extend_schema_serializer(component_name="WebhookEndpoint")
class EndpointResponse(serializers.Serializer[Any]):
    """A webhook endpoint."""

    endpoint_id = serializers.CharField()
    url = serializers.URLField()
    events = serializers.ListField(
        child=event_type(), allow_null=True, help_text="Null if all are sent."
    )
    status = serializers.ChoiceField(choices=[(each, each) for each in STATUSES])
    username = serializers.CharField()
    created_at = serializers.DateTimeField()


@extend_schema_serializer(component_name="NewWebhookEndpoint")
class NewEndpointResponse(EndpointResponse):
    """A webhook endpoint, with the secret that signs its events."""

    secret = serializers.CharField()
