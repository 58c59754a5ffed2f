"""What MediaInfo says about the file on standard input, as JSON: a program of its own.

MediaInfo is written in C++ and reads files of strangers. Some damaged ones of a few kilobytes keep
it busy for minutes, and it opens the files and URLs that a playlist names. So it runs in a process
with little time and memory, that can open nothing.

It exits with _DAMAGED, or is killed by a signal, if it cannot read the file. Any other exit code
means that it could not do its work, and standard error says why.
"""

import json
import resource
import sys
from xml.etree.ElementTree import ParseError

from pymediainfo import MediaInfo

_DAMAGED = 3
"""The exit code for a file of which MediaInfo says nothing."""

_SECONDS = 2
"""Of the processor. A large file takes a tenth of it."""

_MEMORY = 1024 * 1024 * 1024  # bytes
_OPEN_FILES = 3  # the standard ones


def main() -> None:
    if not MediaInfo.can_parse():  # loads the library
        sys.exit("MediaInfo cannot be loaded.")
    for limit, value in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    # The lower limit has a signal of its own, SIGXCPU. SIGKILL could also come from the system.
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
    try:
        found = MediaInfo.parse(sys.stdin.buffer, encoding_errors="replace")
        general = found.general_tracks[0]
    except (IndexError, ParseError):
        sys.exit(_DAMAGED)
    report = {
        "format": general.format or "",
        "tracks": [track.track_type for track in found.tracks if track is not general],
        "seconds": float(general.duration or 0) / 1000,
        "is_cut_off": general.istruncated == "Yes",
        "has_errors": bool(general.conformance_errors),
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
