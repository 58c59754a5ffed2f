"""A simulated video-translation API, a client for it, a command line and pytest fixtures."""

__version__ = "0.3.0"
