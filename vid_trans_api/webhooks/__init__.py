"""Webhooks: what is sent to a program when something has ended, how it is signed, and when."""
