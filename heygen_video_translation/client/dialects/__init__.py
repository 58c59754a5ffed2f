"""Dialects: one module per HTTP interface that the client can talk to."""
