"""What a new translation is made of: the video, the languages and the options."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """An uploaded file. `size` is in bytes. What the server did not say is `None`."""

    id: str
    url: str | None = None
    mime_type: str | None = None
    size: int | None = None


class UrlReference(TypedDict):
    """A file at a public address."""

    type: Literal["url"]
    url: str


class AssetReference(TypedDict):
    """An uploaded file."""

    type: Literal["asset_id"]
    asset_id: str


class StockVoices(TypedDict, total=False):
    """Stock voices in place of the speakers' own."""

    use_stock_voice: bool
    preferred_stock_voice_ids: list[str]


class HeygenOptions(TypedDict, total=False):
    """The options of HeyGen's translations, by the names that its API gives them.

    `fast` and `quality` are the modes of v2, which has fewer options than v3.
    """

    mode: Literal["speed", "precision", "fast", "quality"]
    input_language: str
    translate_audio_only: bool
    speaker_num: int
    enable_caption: bool
    enable_dynamic_duration: bool
    enable_video_stretching: bool
    disable_music_track: bool
    enable_speech_enhancement: bool
    enable_watermark: bool
    keep_the_same_format: bool
    start_time: float
    end_time: float
    audio: UrlReference | AssetReference
    srt: UrlReference | AssetReference
    srt_role: Literal["input", "output"]
    fps_mode: Literal["vfr", "cfr", "passthrough"]
    brand_glossary_id: str
    stock_voice_config: StockVoices
    folder_id: str
    callback_id: str
    callback_url: str


class GenerationOptions(TypedDict, total=False):
    """The options of a translation that is made from a proofread."""

    captions: bool
    translate_audio_only: bool
    callback_id: str
    callback_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRequest:
    """A video to translate, into each of `target_languages`.

    The video is at `video_url`, or is an `asset`. `simulation` are options of a simulated job,
    `options` those of HeyGen's API. What is `None` is not sent. `video_duration`, in seconds, is
    never sent: it is for the client's own estimate.
    """

    video_url: str | None = None
    asset: Asset | None = None
    target_languages: Sequence[str] = ()
    title: str | None = None
    simulation: Mapping[str, object] | None = None
    options: HeygenOptions | None = None
    video_duration: float | None = None

    def __post_init__(self) -> None:
        if isinstance(self.target_languages, str):
            raise TypeError(
                f"target_languages must be several languages, not {self.target_languages!r}"
            )
        if self.video_url is not None and self.asset is not None:
            raise ValueError("give a video_url or an asset, not both")
        if self.video_duration is not None and not 0 < self.video_duration < math.inf:
            raise ValueError(
                f"video_duration must be a number of seconds above 0, not {self.video_duration!r}"
            )
