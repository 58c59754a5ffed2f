"""The OpenAPI document of v2."""

from typing import ClassVar

from vid_trans_api.heygen.v2.errors import CODES
from vid_trans_api.heygen.v2.responses import STATUSES
from vid_trans_api.heygen.v2.serializers import CAPTION_TYPES
from vid_trans_api.http.openapi import SIMULATION_ENUMS, DocumentGenerator


class V2Generator(DocumentGenerator):
    prefix = "/v2/"
    info: ClassVar = {
        "title": "HeyGen's v2, simulated",
        "description": "Video translations by HeyGen's API, version 2, as this server simulates it."
        " Nothing is translated. HeyGen retired it on 1 November 2026. Requests need a key: type"
        " one after `Authorize`. Any key is valid unless the server's settings list some.",
    }
    enums: ClassVar = {
        **SIMULATION_ENUMS,
        "TranslationStatus": STATUSES,
        "ErrorCode": CODES,
        "Mode": ("fast", "quality"),
        "CaptionType": CAPTION_TYPES,
        "WrittenBoolean": ("true", "false"),
    }
