"""Logged requests, and what they show about the client that sent them."""
