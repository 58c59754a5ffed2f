"""The Django project around the stand-in for a video-translation API."""

__version__ = "0.1.0"
