"""The project's settings, for a `runserver` that serves the faulty app."""

from heygen_video_translation.settings import *  # noqa: F403 (settings are made to be imported whole)

WSGI_APPLICATION = "tests.servers.faulty_app.application"
