"""The project's settings, for a `runserver` that serves the faulty app."""

from heygen_video_translation.settings import *  # noqa: F403 (all of them, as Django has it)

WSGI_APPLICATION = "tests.survival.faulty_app.application"
