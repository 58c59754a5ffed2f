"""Django's backend for PostgreSQL, with errors that say why there is no connection."""
