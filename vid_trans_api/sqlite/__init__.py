"""Django's backend for SQLite, with files that only their owner can read."""
