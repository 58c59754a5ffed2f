"""What can be wrong with a database as a whole."""

from django.db import OperationalError


class UnusableDatabase(OperationalError):
    """There is no connection to the database, or no access to its file; the message says why."""
