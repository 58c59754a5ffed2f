"""The sound that a simulated job has as its result."""

import io
import wave
from typing import Final

_RATE: Final = 8_000  # samples per second
_SECONDS: Final = 2


def _silence() -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(bytes(2 * _RATE * _SECONDS))
    return written.getvalue()


SILENCE: Final = _silence()
"""A WAV file: two seconds, as the clip has."""
