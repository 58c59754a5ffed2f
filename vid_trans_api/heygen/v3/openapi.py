"""The OpenAPI document of v3."""

from typing import ClassVar

from vid_trans_api.heygen.errors import CODES
from vid_trans_api.heygen.v3.responses import ITEM_STATUSES, ROW_STATUSES, STATUSES, WORK_STATUSES
from vid_trans_api.heygen.webhooks import EVENT_TYPES
from vid_trans_api.heygen.webhooks import STATUSES as ENDPOINT_STATUSES
from vid_trans_api.http.openapi import SIMULATION_ENUMS, DocumentGenerator
from vid_trans_api.models import Mode


class V3Generator(DocumentGenerator):
    prefix = "/v3/"
    info: ClassVar = {
        "title": "HeyGen's v3, simulated",
        "description": "Video translations by HeyGen's API, version 3, as this server simulates it."
        " Nothing is translated. Requests need a key: type one after"
        " `Authorize`. Any key is valid unless the server's settings list some.",
    }
    enums: ClassVar = {
        **SIMULATION_ENUMS,
        "TranslationStatus": STATUSES,
        "WorkStatus": WORK_STATUSES,
        "ItemStatus": ITEM_STATUSES,
        "RowStatus": ROW_STATUSES,
        "ErrorCode": CODES,
        "Mode": Mode,
        "SrtRole": ("input", "output"),
        "FpsMode": ("vfr", "cfr", "passthrough"),
        "WebhookEventTypeName": EVENT_TYPES,
        "WebhookEndpointStatus": ENDPOINT_STATUSES,
        "Url": ("url",),
        "AssetId": ("asset_id",),
    }
