"""Endpoints that control the simulation and report what it saw."""
