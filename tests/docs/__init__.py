"""Tests of the documentation: its tables equal the code, and its examples work."""
