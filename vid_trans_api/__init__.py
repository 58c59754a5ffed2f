"""The REST app: simulated video-translation jobs, their status and its estimate."""
