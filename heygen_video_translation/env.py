"""Typed readers of the environment, for the settings."""

import os
import re
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})
_ORIGIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?"
)


def text(name: str, default: str) -> str:
    return os.environ.get(name, default)


def words(name: str) -> list[str]:
    """Read a comma-separated list; blanks around and between the commas do not count."""
    return [word for part in os.environ.get(name, "").split(",") if (word := part.strip())]


def origins(name: str) -> list[str]:
    """Read a comma-separated list of origins, such as `https://app.example.com`.

    Raises ImproperlyConfigured for anything else.
    """
    listed = words(name)
    for word in listed:
        if not _ORIGIN.fullmatch(word):
            raise ImproperlyConfigured(
                f"{name} lists {word!r}, which is no origin; set it to origins without a path, such"
                " as https://app.example.com,http://localhost:3000."
            )
    return listed


def boolean(name: str, *, default: bool) -> bool:
    """Read a yes or no, as `1 true yes on` or `0 false no off`, in any case.

    Raises ImproperlyConfigured for any other word.
    """
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither true nor false; set it to 1 or 0.")


def choice(name: str, choices: Sequence[str]) -> str:
    """Read one of a few words, of which the first is the default.

    Raises ImproperlyConfigured for any other word.
    """
    value = os.environ.get(name, choices[0])
    if value not in choices:
        listed = " or ".join(choices)
        raise ImproperlyConfigured(f"{name}={value!r} is not valid; set it to {listed}.")
    return value


def number(name: str, default: float) -> float:
    """Read a number; raises ImproperlyConfigured where there is none."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return float(value)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a number; set it to one. The default is {default}."
        ) from None


def whole_number(name: str, default: int) -> int:
    """Read a whole number; raises ImproperlyConfigured where there is none."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a whole number; set it to one. The default is {default}."
        ) from None


def override(name: str, value: str) -> None:
    """Set a variable for this process and those that it starts."""
    os.environ[name] = value
