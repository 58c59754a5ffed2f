"""What requests of v1 look like; OpenAPI is made from these."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer

from vid_trans_api.heygen.fields import LONGEST_ID, LenientSerializer
from vid_trans_api.heygen.webhooks import events_field
from vid_trans_api.http.fields import LONGEST_URL, StringField, VideoUrlField


class EndpointIdSerializer(LenientSerializer):
    """The query of a request that deletes an endpoint."""

    endpoint_id = StringField(max_length=LONGEST_ID)


@extend_schema_serializer(component_name="WebhookEndpointChange")
class EndpointChangeSerializer(EndpointIdSerializer):
    """A change of a webhook endpoint; what is left out stays as it is."""

    url = VideoUrlField(required=False, max_length=LONGEST_URL)
    events = events_field(help_text="They replace those before; null for all.")

    def to_internal_value(self, data: Any) -> Any:
        fields = super().to_internal_value(data)
        is_for_all = "events" in data and data["events"] is None
        return {**fields, "events": None} if is_for_all else fields
