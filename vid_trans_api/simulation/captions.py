"""Captions: placeholder text for a whole video, and the formats SRT and WebVTT."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MOST_CUES: Final = 1_000
"""Placeholder cues of one video: those of a long video are longer."""

LONGEST_SRT: Final = 4 * 1024 * 1024
"""Bytes. A day of captions has about half of it."""

_CUE_LENGTH: Final = 4_000  # milliseconds
_LATEST: Final = 1_000 * 3_600_000  # milliseconds; hours have three digits at most

_SENTENCES: Final = (
    "Welcome, and thank you for watching.",
    "Today we look at how it works.",
    "Let us start with a short example.",
    "Here you can see the first step.",
    "Each part is explained as we go.",
    "Take a moment to look at this.",
    "Now we come to the next step.",
    "This is what most people ask about.",
    "You can try it yourself later on.",
    "Let us look at that once more.",
)

_TIME: Final = r"(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)[,.](\d{1,3})"
_TIMES: Final = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?", re.ASCII)
_NUMBER: Final = re.compile(r"[ \t]*\d{1,9}[ \t]*", re.ASCII)
_VTT_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SRT_TAG: Final = re.compile(r"</?(b|i|u|font)\b[^<>\n]*>|\{\\[^{}\n]*\}", re.IGNORECASE)


class InvalidCaptions(ValueError):
    """The text is not SRT; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A text, and when it is shown: milliseconds from the beginning of the video."""

    start: int
    end: int
    text: str
    """One or more lines, none of them blank."""


def placeholder_cues(duration: float, *, language: str = "") -> tuple[Cue, ...]:
    """Return cues without gaps from the beginning of a video to its end.

    `duration` is the video's, in seconds. `language` is named in the first line of each text.
    """
    end = min(max(1, round(duration * 1000)), _LATEST - 1)
    count = min(MOST_CUES, -(-end // _CUE_LENGTH))
    bounds = [end * index // count for index in range(count + 1)]
    prefix = f"[{language}]\n" if language else ""
    return tuple(
        Cue(start=start, end=stop, text=prefix + _SENTENCES[index % len(_SENTENCES)])
        for index, (start, stop) in enumerate(pairwise(bounds))
    )


def as_srt(cues: Iterable[Cue]) -> str:
    """Write cues as SRT."""
    return "\n".join(
        f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{cue.text}\n"
        for number, cue in enumerate(cues, start=1)
    )


def as_vtt(cues: Iterable[Cue]) -> str:
    """Write cues as WebVTT. Formatting of SRT is left out."""
    return "WEBVTT\n\n" + "\n".join(
        f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{_vtt_text(cue.text)}\n"
        for cue in cues
    )


def parse_srt(text: str) -> tuple[Cue, ...]:
    """Read SRT, as editors write it: with any line ends, and with or without numbers.

    Raises InvalidCaptions if there is no cue, or anything that is no part of one.
    """
    blocks = tuple(_cue(first, lines) for first, lines in _blocks(text))
    if not blocks:
        raise InvalidCaptions("There is no cue in it.")
    return blocks


def decode_srt(data: bytes) -> str:
    """Return the text of a file that may be SRT. Raises InvalidCaptions."""
    if len(data) > LONGEST_SRT:
        raise InvalidCaptions(f"It is longer than {LONGEST_SRT // 1024 // 1024} MiB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidCaptions("It is not UTF-8.") from None
    if "\0" in text:
        raise InvalidCaptions("It contains a NUL.")
    return text


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines between blank lines, with the number of the first, counted from 1."""
    lines: list[str] = []
    normal = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    number = 0
    for number, line in enumerate(normal.split("\n"), start=1):
        if line.strip(" \t"):
            lines.append(line)
        elif lines:
            yield number - len(lines), lines
            lines = []
    if lines:
        yield number - len(lines) + 1, lines


def _cue(first: int, lines: Sequence[str]) -> Cue:
    has_number = _NUMBER.fullmatch(lines[0]) is not None and len(lines) > 1
    times = _TIMES.fullmatch(lines[has_number])
    if times is None:
        raise InvalidCaptions(
            f"Line {first + has_number} has no times, such as 00:00:01,000 --> 00:00:04,000."
        )
    start, end = _milliseconds(times.groups()[:4]), _milliseconds(times.groups()[4:])
    if start > end:
        raise InvalidCaptions(f"The cue of line {first + has_number} ends before it starts.")
    return Cue(start=start, end=end, text="\n".join(lines[has_number + 1 :]))


def _milliseconds(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, fraction = parts
    whole = (int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
    return whole * 1000 + int((fraction or "").ljust(3, "0"))


def _time(milliseconds: int, separator: str) -> str:
    seconds, fraction = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{fraction:03}"


def _vtt_text(text: str) -> str:
    return _SRT_TAG.sub("", text).translate(_VTT_ESCAPES)
