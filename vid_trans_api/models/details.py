"""Fields of requests that have no effect on how a job is simulated."""

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final, Self

from vid_trans_api.models.payload_formats import PayloadFormat


class Mode(StrEnum):
    """How carefully a video is translated, which sets the price."""

    SPEED = "speed"
    PRECISION = "precision"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetails:
    """What HeyGen's API reports, and the job's own callback."""

    input_language: str = ""
    mode: Mode = Mode.SPEED
    is_audio_only: bool = False
    """Whether the result is only sound: there is no translated video."""
    has_captions: bool = False
    callback_id: str = ""
    callback_url: str = ""
    callback_format: PayloadFormat = PayloadFormat.HEYGEN
    address: str = ""
    """The URL of this server in the request, without a slash at its end; only if an event may need
    it."""

    def to_json(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults."""
        return {name: value for name, value in asdict(self).items() if value != _DEFAULTS[name]}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(
            **{
                **stored,
                "mode": Mode(stored.get("mode", Mode.SPEED)),
                "callback_format": PayloadFormat(
                    stored.get("callback_format", PayloadFormat.HEYGEN)
                ),
            }
        )


_DEFAULTS: Final = {field.name: field.default for field in fields(JobDetails)}

NO_DETAILS: Final = JobDetails()
