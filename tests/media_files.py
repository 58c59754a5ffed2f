"""Files to upload: a real one of each accepted type, and ones that are refused."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from vid_trans_api.simulation.captions import as_srt, placeholder_cues
from vid_trans_api.simulation.clip import CLIP
from vid_trans_api.simulation.silence import SILENCE

_FOLDER: Final = Path(__file__).parent / "media"

VIDEO: Final = CLIP
"""Two seconds."""
SRT: Final = as_srt(placeholder_cues(10)).encode()
PNG: Final = (_FOLDER / "picture.png").read_bytes()

ACCEPTED: Final = {
    "video/mp4": VIDEO,
    "video/webm": (_FOLDER / "video.webm").read_bytes(),
    "audio/mpeg": (_FOLDER / "sound.mp3").read_bytes(),
    "audio/wav": SILENCE,
    "image/png": PNG,
    "image/jpeg": (_FOLDER / "picture.jpg").read_bytes(),
    "application/pdf": (_FOLDER / "page.pdf").read_bytes(),
    "application/x-subrip": SRT,
}
"""By type."""

DURATIONS: Final = {
    "video/mp4": 2.0,
    "video/webm": 2.0,
    "audio/mpeg": 3.03,
    "audio/wav": 2.0,
}

WITHOUT_MOOV: Final = VIDEO[: VIDEO.index(b"moov") - 4] + VIDEO[VIDEO.index(b"mdat") - 4 :]
DAMAGED: Final = {
    **{
        f"half of {mime_type}": data[: len(data) // 2]
        for mime_type, data in ACCEPTED.items()
        if mime_type.startswith(("video/", "audio/", "image/"))
    },
    "mp4 without its moov": WITHOUT_MOOV,
}
UNKNOWN: Final = {
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "a playlist": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "a manifest": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "GIF": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "AVI": b"RIFF\x00\x00\x00\x00AVI LIST",
    "zeros": bytes(5000),
    "one byte": b"\xff",
}


ENDLESS: Final = (_FOLDER / "endless.mp4").read_bytes()
"""A damaged file that MediaInfo reads for minutes; found by changing bytes at random."""


@contextmanager
def opened(data: bytes) -> Iterator[IO[bytes]]:
    """Open a temporary file with this content, as an upload is one."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file


def form(
    *files: tuple[str, str, bytes], fields: dict[str, str] | None = None, end: bool = True
) -> tuple[bytes, str]:
    """Return the body of a form, and its Content-Type. A file is its field, name and content."""
    parts = [
        b'Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (name.encode(), value.encode())
        for name, value in (fields or {}).items()
    ]
    parts += [
        b'Content-Disposition: form-data; name="%s"; filename="%s"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n%s" % (field.encode(), name.encode(), data)
        for field, name, data in files
    ]
    body = b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts)
    return body + (b"--limit--\r\n" if end else b""), "multipart/form-data; boundary=limit"


def forged(token: str) -> str:
    """Return a token of a signed URL with another signature."""
    return token[:-1] + ("A" if token[-1] != "A" else "B")
