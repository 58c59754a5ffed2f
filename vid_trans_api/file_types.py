"""The types of the files that this server accepts and serves."""

from typing import Final

SRT: Final = "application/x-subrip"
VTT: Final = "text/vtt"

UPLOADED: Final = {
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "image/png": "png",
    "image/jpeg": "jpg",
    "application/pdf": "pdf",
    SRT: "srt",
}
"""The types that clients may upload, and how the names of their files end."""

SERVED: Final = {**UPLOADED, VTT: "vtt"}
"""The types that are served, and how the names of their files end."""
