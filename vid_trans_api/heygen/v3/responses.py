"""What responses of v3 look like; OpenAPI is made from these, and tests compare them."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from vid_trans_api.heygen.errors import CODES
from vid_trans_api.heygen.webhooks import EVENT_TYPES
from vid_trans_api.heygen.webhooks import STATUSES as ENDPOINT_STATUSES
from vid_trans_api.languages import LANGUAGES

STATUSES: Final = ("pending", "running", "completed", "failed")
"""The words for translations."""

WORK_STATUSES: Final = ("processing", "completed", "failed")
"""The words for batches and proofreads."""

ITEM_STATUSES: Final = ("queued", *WORK_STATUSES)
"""The words for items of batches."""

ROW_STATUSES: Final = (*ITEM_STATUSES, "not_found")
"""The words in rows of statuses."""

NEXT_PAGE: Final = "The `token` of the next page; left out on the last one."


def _optional_text(help_text: str = "") -> serializers.CharField:
    return serializers.CharField(required=False, help_text=help_text)


def _optional_url(help_text: str) -> serializers.URLField:
    return serializers.URLField(required=False, help_text=help_text)


@extend_schema_serializer(component_name="Translation")
class TranslationResponse(serializers.Serializer[Any]):
    """A translation at one instant. What is unknown, or does not apply, is left out."""

    id = serializers.CharField(help_text="32 hex digits, a hyphen, and the language's tag.")
    status = serializers.ChoiceField(choices=[(each, each) for each in STATUSES])
    title = _optional_text()
    input_language = _optional_text("As in the request.")
    output_language = serializers.ChoiceField(choices=[(name, name) for name in LANGUAGES])
    duration = serializers.FloatField(
        required=False, min_value=0, help_text="Of the video, in seconds."
    )
    created_at = serializers.IntegerField(help_text="Unix time, in whole seconds.")
    callback_id = _optional_text("As in the request.")
    translate_audio_only = serializers.BooleanField()
    video_url = _optional_url("If completed: the video. It may come up to 30 seconds late.")
    audio_url = _optional_url("If completed: the sound.")
    srt_caption_url = _optional_url("If completed, and captions were enabled.")
    vtt_caption_url = _optional_url("If completed, and captions were enabled.")
    failure_message = _optional_text("If failed: why.")


class CreatedResponse(serializers.Serializer[Any]):
    """The new translations."""

    video_translation_ids = serializers.ListField(
        child=serializers.CharField(), min_length=1, help_text="One for each language."
    )


class DeletedResponse(serializers.Serializer[Any]):
    """The translation that was deleted."""

    id = serializers.CharField()


class BatchCreatedResponse(serializers.Serializer[Any]):
    """The new batch."""

    batch_id = serializers.CharField()


class ItemResponse(serializers.Serializer[Any]):
    """An item of a batch: one translation."""

    item_index = serializers.IntegerField(min_value=0, help_text="Once languages are fanned out.")
    status = serializers.ChoiceField(choices=[(each, each) for each in ITEM_STATUSES])
    video_id = serializers.CharField(help_text="The id of the translation.")
    error = _optional_text("If failed: why.")


@extend_schema_serializer(component_name="Batch")
class BatchResponse(serializers.Serializer[Any]):
    """A batch at one instant, with a page of its items."""

    batch_id = serializers.CharField()
    status = serializers.ChoiceField(
        choices=[(each, each) for each in WORK_STATUSES],
        help_text="`completed` if all items have ended and one of them is completed.",
    )
    title = _optional_text()
    created_at = serializers.IntegerField(help_text="Unix time, in whole seconds.")
    total_items = serializers.IntegerField(min_value=1)
    counts_by_status = serializers.DictField(child=serializers.IntegerField(min_value=0))
    items = ItemResponse(many=True)
    has_more = serializers.BooleanField()
    next_token = _optional_text(NEXT_PAGE)


class RowResponse(serializers.Serializer[Any]):
    """The status of a translation, or of an item of a batch."""

    status = serializers.ChoiceField(choices=[(each, each) for each in ROW_STATUSES])
    video_id = _optional_text("The id of the translation.")
    batch_id = _optional_text("If the request named the batch.")
    item_index = serializers.IntegerField(
        required=False, min_value=0, help_text="If the request named the batch."
    )
    error = _optional_text("If failed: why.")


class LanguagesResponse(serializers.Serializer[Any]):
    """The names of all target languages."""

    languages = serializers.ListField(child=serializers.CharField())


class ProofreadsCreatedResponse(serializers.Serializer[Any]):
    """The new proofreads."""

    proofread_ids = serializers.ListField(
        child=serializers.CharField(), min_length=1, help_text="One for each language."
    )
    status = serializers.ChoiceField(choices=[(each, each) for each in WORK_STATUSES])


@extend_schema_serializer(component_name="Proofread")
class ProofreadResponse(serializers.Serializer[Any]):
    """A proofread at one instant. What is unknown, or does not apply, is left out."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=[(each, each) for each in WORK_STATUSES])
    title = serializers.CharField()
    input_language = _optional_text("As in the request.")
    output_language = serializers.ChoiceField(choices=[(name, name) for name in LANGUAGES])
    created_at = serializers.IntegerField(help_text="Unix time, in whole seconds.")
    failure_message = _optional_text("If failed: why.")
    submitted_for_review = serializers.BooleanField()


class CaptionsResponse(serializers.Serializer[Any]):
    """Where the captions of a proofread are."""

    srt_url = serializers.URLField(help_text="The translated ones, as corrected.")
    original_srt_url = serializers.URLField(help_text="Those in the language of the video.")


class GeneratedResponse(serializers.Serializer[Any]):
    """The translation that is made from a proofread."""

    video_translation_id = serializers.CharField()
    status = serializers.ChoiceField(choices=[(each, each) for each in WORK_STATUSES])


class WalletResponse(serializers.Serializer[Any]):
    """The money of an account."""

    currency = serializers.CharField()
    remaining_balance = serializers.FloatField()


@extend_schema_serializer(component_name="User")
class UserResponse(serializers.Serializer[Any]):
    """The account of a key."""

    username = serializers.CharField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    billing_type = serializers.CharField()
    wallet = WalletResponse()


@extend_schema_serializer(component_name="ErrorDetails")
class ErrorDetailsResponse(serializers.Serializer[Any]):
    """What went wrong."""

    code = serializers.ChoiceField(choices=[(code, code) for code in CODES])
    message = serializers.CharField()
    param = _optional_text("The field or parameter, by its path with dots.")
    doc_url = serializers.URLField()


@extend_schema_serializer(component_name="Error")
class ErrorResponse(serializers.Serializer[Any]):
    error = ErrorDetailsResponse()


class AssetResponse(serializers.Serializer[Any]):
    """An uploaded file."""

    asset_id = serializers.CharField()
    url = serializers.URLField(help_text="Signed; it expires.")
    mime_type = serializers.CharField(help_text="What its bytes are.")
    size_bytes = serializers.IntegerField(min_value=1)


def _event_type() -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[(each, each) for each in EVENT_TYPES])


@extend_schema_serializer(component_name="WebhookEndpoint")
class EndpointResponse(serializers.Serializer[Any]):
    """A webhook endpoint."""

    endpoint_id = serializers.CharField()
    url = serializers.URLField()
    events = serializers.ListField(
        child=_event_type(), required=False, help_text="Left out if all are sent."
    )
    status = serializers.ChoiceField(choices=[(each, each) for each in ENDPOINT_STATUSES])
    created_at = serializers.DateTimeField()


@extend_schema_serializer(component_name="NewWebhookEndpoint")
class NewEndpointResponse(EndpointResponse):
    """A webhook endpoint, with the secret that signs its events."""

    secret = serializers.CharField()


@extend_schema_serializer(component_name="WebhookSecret")
class SecretResponse(serializers.Serializer[Any]):
    """The new secret of a webhook endpoint."""

    endpoint_id = serializers.CharField()
    secret = serializers.CharField()


@extend_schema_serializer(component_name="WebhookEventType")
class EventTypeResponse(serializers.Serializer[Any]):
    """A type of events."""

    event_type = _event_type()
    description = serializers.CharField()


@extend_schema_serializer(component_name="WebhookEvent")
class EventResponse(serializers.Serializer[Any]):
    """Something that has happened."""

    event_id = serializers.CharField(help_text="The same in each request that sends it.")
    event_type = _event_type()
    event_data = serializers.DictField(help_text="As it was sent.")
    created_at = serializers.DateTimeField()
