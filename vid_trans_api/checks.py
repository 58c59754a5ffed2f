"""System checks of the simulation's settings, and of a library that uploads need."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning

from vid_trans_api.http.fields import LARGEST_NOISE
from vid_trans_api.journal.recorder import LONGEST_JOURNAL
from vid_trans_api.simulation.options import LONGEST_DURATION

_LONGEST_SIGNED_URL = 10 * 365 * 24 * 60 * 60  # seconds
_LARGEST_PORT = 65535
_SHORTEST_TOKEN = 16  # characters


@register()
def check_simulation(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """Report settings with which jobs could not be simulated or requests not be served."""
    checks = [
        (
            0 <= settings.MIN_DELAY <= settings.MAX_DELAY <= LONGEST_DURATION,
            f"MIN_DELAY={settings.MIN_DELAY} and MAX_DELAY={settings.MAX_DELAY} are not a range.",
            f"Set both, in seconds, to 0 <= MIN_DELAY <= MAX_DELAY <= {LONGEST_DURATION:g}.",
        ),
        (
            0 <= settings.ERROR_PROBABILITY <= 1,
            f"ERROR_PROBABILITY={settings.ERROR_PROBABILITY} is not a probability.",
            "Set it to a number from 0 (never) to 1 (always).",
        ),
        (
            0 <= settings.ESTIMATE_NOISE <= LARGEST_NOISE,
            f"ESTIMATE_NOISE={settings.ESTIMATE_NOISE} is not a valid standard deviation.",
            f"Set it to a number from 0 (exact) to {LARGEST_NOISE:g}.",
        ),
        (
            0 <= settings.LONG_POLL_LIMIT <= LONGEST_DURATION,
            f"LONG_POLL_LIMIT={settings.LONG_POLL_LIMIT} is not a valid duration.",
            f"Set it to a number of seconds from 0 (no long polls) to {LONGEST_DURATION:g}.",
        ),
        (
            settings.MAX_LONG_POLLS >= 0,
            f"MAX_LONG_POLLS={settings.MAX_LONG_POLLS} is not a number of requests.",
            "Set it to the number of long polls a process may have at once; 0 allows none.",
        ),
        (
            0 <= settings.JOURNAL_LENGTH <= LONGEST_JOURNAL,
            f"JOURNAL_LENGTH={settings.JOURNAL_LENGTH} is not a number of requests.",
            f"Set it to the number of requests to keep, from 0 (no journal) to {LONGEST_JOURNAL}.",
        ),
        (
            settings.MAX_JOBS >= 0 and settings.MAX_WORKSPACES >= 0,
            f"MAX_JOBS={settings.MAX_JOBS}, MAX_WORKSPACES={settings.MAX_WORKSPACES}: not caps.",
            "Set each to the most that the database may hold; 0 is any number.",
        ),
        (
            0
            < settings.MAX_UPLOAD_BYTES
            <= settings.MAX_WORKSPACE_UPLOAD_BYTES
            <= settings.MAX_ALL_UPLOADS_BYTES,
            "MAX_UPLOAD_BYTES, MAX_WORKSPACE_UPLOAD_BYTES, MAX_ALL_UPLOADS_BYTES: not in order.",
            "Set a file's to 1 or more, a workspace's to no less, and that of all to no less.",
        ),
        (
            0 < settings.SIGNED_URL_SECONDS <= _LONGEST_SIGNED_URL,
            f"SIGNED_URL_SECONDS={settings.SIGNED_URL_SECONDS} is not a valid duration.",
            f"Set it to a number of seconds from 1 to {_LONGEST_SIGNED_URL}.",
        ),
        (
            0 <= settings.METRICS_PORT <= _LARGEST_PORT,
            f"METRICS_PORT={settings.METRICS_PORT} is not a port.",
            f"Set it to a number from 1 to {_LARGEST_PORT}; 0 is none.",
        ),
        (
            not 0 < len(settings.METRICS_TOKEN) < _SHORTEST_TOKEN,
            "METRICS_TOKEN is so short that it can be guessed.",
            f"Set it to {_SHORTEST_TOKEN} or more random characters.",
        ),
    ]
    return [
        Error(message, hint=hint, id=f"vid_trans_api.E{number:03}")
        for number, (is_valid, message, hint) in enumerate(checks, start=1)
        if not is_valid
    ]


@register(Tags.compatibility, deploy=True)
def check_media_library(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """Report if MediaInfo cannot be loaded. Only on request, as it takes 0.2 s."""
    try:
        from pymediainfo import MediaInfo  # noqa: PLC0415

        is_loaded = MediaInfo.can_parse()
    except ImportError:
        is_loaded = False
    if is_loaded:
        return []
    return [
        CheckWarning(
            "MediaInfo cannot be loaded, so every upload of video, sound or an image is a 503.",
            hint="Install pymediainfo as a wheel for this platform, which has the library within.",
            id="vid_trans_api.W001",
        )
    ]
