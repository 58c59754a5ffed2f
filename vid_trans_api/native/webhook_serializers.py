"""What requests and responses about webhook endpoints look like; OpenAPI is made from these."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.http.fields import (
    LONGEST_URL,
    BooleanField,
    ChoiceField,
    ListField,
    StrictSerializer,
    VideoUrlField,
)
from vid_trans_api.models import DisabledReason
from vid_trans_api.native.events import StandardEventWriter

_TYPES: Final = [(each, each) for each in StandardEventWriter.types]


class _EventsField(ListField):
    def __init__(self, **options: Any) -> None:
        super().__init__(
            child=ChoiceField(choices=_TYPES),
            max_length=len(_TYPES),
            allow_null=True,
            required=False,
            help_text="The types of events that are sent; null for all.",
            **options,
        )


@extend_schema_serializer(component_name="WebhookEndpoint")
class EndpointRequestSerializer(StrictSerializer):
    """An endpoint to register."""

    url = VideoUrlField(max_length=LONGEST_URL)
    events = _EventsField()


@extend_schema_serializer(component_name="WebhookEndpointChange")
class EndpointChangeSerializer(StrictSerializer):
    """A change of an endpoint; what is left out stays as it is."""

    url = VideoUrlField(max_length=LONGEST_URL, required=False)
    events = _EventsField()
    enabled = BooleanField(required=False)


@extend_schema_serializer(component_name="WebhookEndpoint")
class EndpointSerializer(serializers.Serializer[Mapping[str, Any]]):
    """An endpoint, as `endpoint_document` writes it."""

    id = serializers.CharField()
    url = serializers.URLField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=_TYPES), allow_null=True)
    enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    disabled_reason = serializers.ChoiceField(
        choices=[(each.value, each.value) for each in DisabledReason if each],
        allow_null=True,
        help_text="`gone` after a 410, `failing` after 24 hours without a success, `disabled` by a"
        " request; null if it is enabled.",
    )


@extend_schema_serializer(component_name="NewWebhookEndpoint")
class NewEndpointSerializer(EndpointSerializer):
    """An endpoint, with the secret that signs its events. It is shown once."""

    secret = serializers.CharField()


@extend_schema_serializer(component_name="WebhookEndpoints")
class EndpointListSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The endpoints of a workspace, the oldest first."""

    results = EndpointSerializer(many=True)


@extend_schema_serializer(component_name="RotatedSecret")
class RotatedSecretSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The new secret of an endpoint. It is shown once; the old one signs nothing any more."""

    id = serializers.CharField()
    secret = serializers.CharField()


@extend_schema_serializer(component_name="WebhookSecret")
class SecretSerializer(serializers.Serializer[Mapping[str, Any]]):
    """The new secret that signs the events for callbacks. It is shown once."""

    secret = serializers.CharField()
