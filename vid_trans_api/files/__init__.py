"""Signed URLs of files, which need no API key."""
