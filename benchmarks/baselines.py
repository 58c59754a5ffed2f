"""The project's settings, with further URLs that the API is compared with."""

from heygen_video_translation.settings import *  # noqa: F403 (settings are made to be imported whole)

ROOT_URLCONF = "benchmarks.baseline_urls"
