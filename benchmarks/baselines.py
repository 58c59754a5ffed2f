"""The project's own settings, but for URLs that add what the API is compared with."""

from heygen_video_translation.settings import *  # noqa: F403 (settings are made to be taken whole)

ROOT_URLCONF = "benchmarks.baseline_urls"
