"""Recorded requests, and what they say about the client that sent them."""
