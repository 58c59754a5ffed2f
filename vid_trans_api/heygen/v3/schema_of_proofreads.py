"""What OpenAPI says about v3's proofreads beyond what the code says."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from vid_trans_api.heygen.schema import (
    BAD,
    BUSY,
    IDEMPOTENCY_KEY,
    IN_PROGRESS,
    NO_CREDIT,
    REFUSED,
    RESPONSE_HEADERS,
    bodies,
    enveloped,
    path_parameter,
)
from vid_trans_api.heygen.v3.responses import (
    CaptionsResponse,
    GeneratedResponse,
    ProofreadResponse,
    ProofreadsCreatedResponse,
)
from vid_trans_api.heygen.v3.schema import NO_ASSET, VIDEO, errors
from vid_trans_api.heygen.v3.serializers import (
    CorrectionSerializer,
    GenerationSerializer,
    ProofreadSerializer,
)

_ID: Final = path_parameter("proofread_id", "The id of a proofread.")
_NONE: Final = "There is no such proofread in this workspace."
_EARLY: Final = "The proofread is not completed (`conflict`)."
_PROOFREAD: Final = enveloped("ProofreadEnvelope", ProofreadResponse())


class CaptionsForm(serializers.Serializer[Any]):
    """A form with the corrected captions."""

    srt = serializers.FileField()


proofreads = extend_schema_view(
    post=extend_schema(
        operation_id="create_proofreads",
        summary="Translate the text of a video, to correct it before the video is made",
        description="A proofread takes a third of a job's time and costs nothing.",
        tags=["proofreads"],
        parameters=[IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=ProofreadSerializer,
        examples=bodies(
            {"Into Spanish": {"video": VIDEO, "output_languages": ["Spanish"], "title": "A talk"}}
        ),
        responses={
            200: enveloped("ProofreadsCreatedEnvelope", ProofreadsCreatedResponse()),
            **errors.of_body(_400=REFUSED, _402=NO_CREDIT, _404=NO_ASSET, _429=BUSY),
        },
    )
)
proofread = extend_schema_view(
    get=extend_schema(
        operation_id="get_proofread",
        summary="Get a proofread",
        tags=["proofreads"],
        parameters=[_ID, *RESPONSE_HEADERS],
        responses={
            200: _PROOFREAD,
            **errors.of_read(_404=_NONE),
        },
    )
)
captions = extend_schema_view(
    get=extend_schema(
        operation_id="get_proofread_captions",
        summary="Get the URLs of a proofread's captions",
        tags=["proofreads"],
        parameters=[_ID, *RESPONSE_HEADERS],
        responses={
            200: enveloped("CaptionsEnvelope", CaptionsResponse()),
            **errors.of_read(_404=_NONE, _409=_EARLY),
        },
    ),
    put=extend_schema(
        operation_id="correct_proofread",
        summary="Replace the captions of a proofread",
        description="By a file that was uploaded before, or in a form.",
        tags=["proofreads"],
        parameters=[_ID, IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request={"application/json": CorrectionSerializer, "multipart/form-data": CaptionsForm},
        responses={
            200: _PROOFREAD,
            **errors.of_body(
                _400=f"{BAD} Or the file is not SRT, or not one of this workspace.",
                _404=f"{_NONE} Or {NO_ASSET[0].lower()}{NO_ASSET[1:]}",
                _409=f"{_EARLY} {IN_PROGRESS}",
            ),
        },
    ),
)
generation = extend_schema_view(
    post=extend_schema(
        operation_id="generate_translation",
        summary="Make the translation of a proofread",
        tags=["proofreads"],
        parameters=[_ID, IDEMPOTENCY_KEY, *RESPONSE_HEADERS],
        request=GenerationSerializer,
        examples=bodies({"Defaults": {}, "With captions": {"captions": True}}),
        responses={
            200: enveloped("GeneratedEnvelope", GeneratedResponse()),
            **errors.of_body(
                _400=REFUSED,
                _402=NO_CREDIT,
                _404=_NONE,
                _409=f"{_EARLY} {IN_PROGRESS}",
                _429=BUSY,
            ),
        },
    )
)
