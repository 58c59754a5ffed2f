"""Captions: placeholder cues, SRT and WebVTT."""

import html
import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vid_trans_api.simulation.captions import (
    LONGEST_SRT,
    MOST_CUES,
    Cue,
    InvalidCaptions,
    as_srt,
    as_vtt,
    decode_srt,
    parse_srt,
    placeholder_cues,
)

DAY = 24 * 60 * 60

durations = st.floats(min_value=0, max_value=30 * DAY)
lines = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).filter(
    str.strip
)
texts = st.lists(lines, max_size=3).map("\n".join)


@st.composite
def cues(draw):
    start, length = draw(st.integers(0, DAY * 1000)), draw(st.integers(0, 60_000))
    return Cue(start=start, end=start + length, text=draw(texts))


@given(durations)
def test_placeholder_cues_cover_the_whole_video_without_gaps(duration):
    made = placeholder_cues(duration)

    assert 1 <= len(made) <= MOST_CUES
    assert (made[0].start, made[-1].end) == (0, max(1, round(duration * 1000)))
    assert [cue.end for cue in made[:-1]] == [cue.start for cue in made[1:]]
    assert all(cue.start < cue.end for cue in made)


def test_placeholder_cues_name_their_language():
    [cue] = placeholder_cues(2, language="Spanish (Spain)")

    assert cue.text.startswith("[Spanish (Spain)]\n")


@given(st.lists(cues(), min_size=1, max_size=5))
def test_srt_reads_back_as_it_was_written(written):
    assert parse_srt(as_srt(written)) == tuple(written)


@given(st.lists(cues(), min_size=1, max_size=5))
def test_vtt_has_the_times_and_texts_of_the_cues(written):
    read = _read_vtt(as_vtt(written))

    assert [(cue.start, cue.end) for cue in read] == [(cue.start, cue.end) for cue in written]
    # A reader of SRT takes `-->` in a text as text; WebVTT must not have it there.
    assert as_vtt(written).count("-->") == len(written)


@given(durations, st.sampled_from(["\n", "\r\n", "\r"]))
def test_placeholder_captions_read_back_with_any_line_ends(duration, line_end):
    made = placeholder_cues(duration, language="French")

    assert parse_srt(as_srt(made).replace("\n", line_end)) == made
    assert _read_vtt(as_vtt(made)) == list(made)


@given(st.text())
def test_any_text_is_either_read_or_refused(text):
    with suppress(InvalidCaptions):
        assert parse_srt(text)


def test_srt_of_an_editor_is_read():
    text = (
        "\ufeff1\r\n00:00:01,5 --> 00:00:02,25  X1:40 X2:600\r\n<i>One</i>\r\nand two\r\n\r\n\r\n"
        "00:03.000 --> 1:00:04.000\r\nThree"
    )

    assert parse_srt(text) == (
        Cue(start=1500, end=2250, text="<i>One</i>\nand two"),
        Cue(start=3000, end=3_604_000, text="Three"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There is no cue"),
        ("\n \n", "There is no cue"),
        ("<html><body>Hello</body></html>", "Line 1 has no times"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHi\n\n<script>", "Line 5 has no times"),
        ("\n\n1\nHi\n", "Line 4 has no times"),
        ("1\n00:00:02,000 --> 00:00:01,000\nHi\n", "The cue of line 2 ends before it starts"),
        ("1\n00:00:61,000 --> 00:00:62,000\nHi\n", "Line 2 has no times"),
        ("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHi\n", "Line 1 has no times"),
    ],
)
def test_other_text_is_refused_with_its_line(text, message):
    with pytest.raises(InvalidCaptions, match=message):
        parse_srt(text)


@pytest.mark.parametrize("data", [b"\xff\xfe1\0", b"1\0", b"a" * (LONGEST_SRT + 1)])
def test_other_bytes_are_refused(data):
    with pytest.raises(InvalidCaptions):
        decode_srt(data)


def test_vtt_has_no_formatting_of_srt():
    cue = Cue(start=0, end=1000, text='{\\an8}<b>A</b> & <font color="red">B</font> < C')

    assert "\nA &amp; B &lt; C\n" in as_vtt([cue])


def _read_vtt(text: str) -> list[Cue]:
    """Read WebVTT as a browser does, as far as it is used here."""
    header, *blocks = re.split(r"\n\n+", text.rstrip("\n"))
    assert header == "WEBVTT"
    read = []
    for block in blocks:
        times, *rest = block.split("\n")
        start, _, end = times.partition(" --> ")
        unescaped = html.unescape("\n".join(rest))
        read.append(Cue(start=_milliseconds(start), end=_milliseconds(end), text=unescaped))
    return read


def _milliseconds(time: str) -> int:
    hours, minutes, seconds = time.split(":")
    return int(hours) * 3_600_000 + int(minutes) * 60_000 + round(float(seconds) * 1000)
