"""The OpenAPI document of v1."""

from typing import ClassVar

from vid_trans_api.heygen.webhooks import EVENT_TYPES, STATUSES
from vid_trans_api.http.openapi import DocumentGenerator


class V1Generator(DocumentGenerator):
    prefix = "/v1/"
    info: ClassVar = {
        "title": "HeyGen's v1, simulated",
        "description": "The webhook endpoints of HeyGen's API, version 1, as this server simulates"
        " them. HeyGen retired it on 1 November 2026. Requests need a key: type"
        " one after `Authorize`. Any key is valid unless the server's settings list some.",
    }
    enums: ClassVar = {"WebhookEventTypeName": EVENT_TYPES, "WebhookEndpointStatus": STATUSES}
