"""What an uploaded file is, by its bytes: its type, and how long it plays."""

import io
import json
import logging
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from vid_trans_api.file_types import SRT, UPLOADED
from vid_trans_api.operations.errors import CannotReadFiles, DamagedFile, UnknownMediaType
from vid_trans_api.simulation.captions import LONGEST_SRT, InvalidCaptions, decode_srt, parse_srt

_HEAD: Final = 12
"""Bytes."""

_BEGINNING: Final = re.compile(
    rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|%PDF-|RIFF....WAVE|....(ftyp|moov|mdat|free|skip|wide)"
    rb"|\x1aE\xdf\xa3"  # EBML: WebM
    rb"|ID3|\xff[\xe2\xe3\xea\xeb\xf2\xf3\xfa\xfb]",  # MPEG sound, layer 3
    re.DOTALL,
)
"""How files of the accepted types begin, except captions.

Others are not given to MediaInfo, as most uploads of other files are mistakes.
"""

_TYPES: Final = {
    "PNG": ("image/png", "Image"),
    "JPEG": ("image/jpeg", "Image"),
    "PDF": ("application/pdf", "Text"),
    "Wave": ("audio/wav", "Audio"),
    "MPEG Audio": ("audio/mpeg", "Audio"),
    "WebM": ("video/webm", "Video"),
    "MPEG-4": ("video/mp4", "Video"),
}
"""The types by MediaInfo's names of formats, and the track that each must have."""


_PROBE: Final = Path(__file__).with_name("media_probe.py")
_PROBE_TIMEOUT: Final = 20.0
"""Seconds. It has two of the processor."""

_FAULTS_OF_FILES: Final = {
    3,  # as the probe exits itself
    -signal.SIGXCPU,  # it took too long
    -signal.SIGABRT,
    -signal.SIGBUS,
    -signal.SIGFPE,
    -signal.SIGILL,
    -signal.SIGSEGV,
}
"""The exit codes of the probe for a file that is damaged; negative if a signal killed it."""

_log: Final = logging.getLogger(__name__)

_probes: Final = threading.BoundedSemaphore(4)
"""How many files are read at a time, so that many uploads do not take all memory."""

_PLAYED: Final = ("video/", "audio/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What a file is."""

    mime_type: str
    duration: float | None
    """Seconds of video or sound; None for other files."""


def recognise(file: IO[bytes]) -> Media:
    """Return what the bytes of a file are; it must be one that the system has opened.

    Raises UnknownMediaType and DamagedFile, and CannotReadFiles if that is not due to the file.
    """
    file.seek(0)
    if not _BEGINNING.match(file.read(_HEAD)):
        return _captions(file)
    report = _report(file)
    mime_type, track = _TYPES.get(report["format"], ("", ""))
    has_nothing = not report["tracks"]  # such as an mp4 without its index
    if not mime_type or not (track in report["tracks"] or report["is_cut_off"] or has_nothing):
        raise _unknown()
    is_image, is_played = mime_type.startswith("image/"), mime_type.startswith(_PLAYED)
    if report["is_cut_off"] or has_nothing or (is_image and report["has_errors"]):
        raise DamagedFile(f"The file begins as {mime_type}, but is damaged or cut off.")
    duration: float = report["seconds"]
    if is_played and not duration:
        raise DamagedFile(f"The file is {mime_type}, but does not say how long it plays.")
    return Media(mime_type=mime_type, duration=duration if is_played else None)


def _report(file: IO[bytes]) -> Any:
    """Return what MediaInfo says about a file.

    Raises DamagedFile if it cannot read this file, and CannotReadFiles if it reads none.
    """
    file.flush()
    file.seek(0)
    try:
        with _probes:
            probe = subprocess.run(  # noqa: S603 (a program of this project)
                [sys.executable, "-I", str(_PROBE)],
                stdin=file,
                capture_output=True,
                timeout=_PROBE_TIMEOUT,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.error("Uploaded files cannot be read: %s", error)
        raise CannotReadFiles from None
    finally:
        # The other process has moved the position. Only a seek from the end ignores the buffer.
        file.seek(0, io.SEEK_END)
        file.seek(0)
    if probe.returncode in _FAULTS_OF_FILES:
        raise DamagedFile("The file is damaged: it cannot be read.")
    if probe.returncode:
        reason = probe.stderr.decode(errors="replace").strip()
        _log.error("Uploaded files cannot be read: exit code %d. %s", probe.returncode, reason)
        raise CannotReadFiles
    return json.loads(probe.stdout)


def _unknown() -> UnknownMediaType:
    known = ", ".join(UPLOADED.values())
    return UnknownMediaType(f"The bytes of the file are none of these: {known}.")


def _captions(file: IO[bytes]) -> Media:
    file.seek(0)
    data = file.read(LONGEST_SRT + 1)
    file.seek(0)
    try:
        parse_srt(decode_srt(data))
    except InvalidCaptions:
        raise _unknown() from None
    return Media(mime_type=SRT, duration=None)
