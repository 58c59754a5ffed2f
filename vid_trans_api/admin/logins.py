"""Log-ins of staff: throttled by address and name, and logged."""

import logging
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.cache import cache
from django.http import HttpRequest

from vid_trans_api.models import digest_of

WINDOW: Final = 15 * 60
"""Seconds from the first failure until the count starts anew."""

MOST_BY_NAME: Final = 5
"""Failures of one name from one address."""

MOST_BY_ADDRESS: Final = 20
"""Failures of one address, whatever the name."""

_log: Final = logging.getLogger(__name__)


def is_throttled(request: HttpRequest, name: str) -> bool:
    """Return whether too many log-ins have failed, so that the password is not even checked.

    Each process of a server counts for itself.
    """
    limits = zip(_counters(request, name), (MOST_BY_NAME, MOST_BY_ADDRESS), strict=True)
    return any(int(cache.get(counter, 0)) >= limit for counter, limit in limits)


def subscribe() -> None:
    """Count and log what happens to log-ins from now on."""
    user_login_failed.connect(_count_failure)
    user_logged_in.connect(_note_login)
    user_logged_out.connect(_note_logout)


def log_refusal(request: HttpRequest, name: str) -> None:
    _log.warning("Log-in of %r from %s refused: too many failures.", name, _address(request))


def _count_failure(
    *, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    name = str(credentials.get("username", ""))
    if request is None:  # a test or a program, not a browser
        return
    for counter in _counters(request, name):
        cache.add(counter, 0, WINDOW)
        cache.incr(counter)
    _log.warning("Log-in of %r from %s failed.", name[:150], _address(request))


def _note_login(*, request: HttpRequest, user: Any, **_: Any) -> None:
    cache.delete(_counters(request, user.get_username())[0])
    _log.info("%r logged in from %s.", user.get_username(), _address(request))


def _note_logout(*, request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        _log.info("%r logged out from %s.", user.get_username(), _address(request))


def _counters(request: HttpRequest, name: str) -> tuple[str, str]:
    """Return the cache keys that count the failures of the name, and of the address."""
    address = _address(request)
    return (
        f"login:{digest_of(f'{address} {name.casefold()}')}",
        f"login:{digest_of(address)}",
    )


def _address(request: HttpRequest) -> str:
    """Return the client's address; behind a proxy, the one that the proxy has appended."""
    if settings.USE_X_FORWARDED_HOST:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:100]
    return str(request.META.get("REMOTE_ADDR", ""))
