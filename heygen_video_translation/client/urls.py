"""Web addresses: which one can be a server's, and whether two are of the same server."""

from __future__ import annotations

from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return the scheme, host and port of an HTTP address, and `None` for other addresses.

    Raises `ValueError` if the text is not an address.
    """
    parts = urlsplit(url)
    default_port = DEFAULT_PORTS.get(parts.scheme)
    if default_port is None or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, default_port if parts.port is None else parts.port


def is_base_url(url: object) -> bool:
    """Whether requests can be sent to this address with a path appended to it."""
    if not isinstance(url, str):
        return False
    try:
        origin, parts = origin_of(url), urlsplit(url)
    except ValueError:
        return False
    is_reachable = origin is not None and origin[2] > 0
    return is_reachable and not (parts.query or parts.fragment) and url.split() == [url]
