"""Rate limits: a number of requests within a sliding window of seconds."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

PATTERN: Final = r"[1-9][0-9]{0,2}/([1-9][0-9]{0,3}s|[1-9][0-9]{0,2}m|s|m|h)"
"""The text form of a rate limit, as a regular expression."""

_SKEW: Final = timedelta(seconds=1)
"""The most by which the clocks of two processes are expected to differ."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most `requests` in any window of `seconds`."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `5/10s`, `100/m` or `500/h`; raise ValueError for anything else."""
        if re.fullmatch(PATTERN, text) is None:
            raise ValueError(text)
        requests, window = text.split("/")
        return cls(requests=int(requests), seconds=int(window[:-1] or 1) * _UNITS[window[-1]])

    def __str__(self) -> str:
        minutes, rest = divmod(self.seconds, _UNITS["m"])
        if self.seconds == _UNITS["h"]:
            return f"{self.requests}/h"
        number, unit = (self.seconds, "s") if rest else (minutes, "m")
        return f"{self.requests}/{number if number > 1 else ''}{unit}"

    def wait(self, admitted: list[datetime], now: datetime) -> int:
        """Return the whole seconds until the next request is admitted; 0 if it is admitted now."""
        in_window = self.in_window(admitted, now)
        if len(in_window) < self.requests:
            return 0
        free_at = in_window[-self.requests] + timedelta(seconds=self.seconds)
        return max(1, math.ceil((free_at - now).total_seconds()))

    def in_window(self, admitted: list[datetime], now: datetime) -> list[datetime]:
        """Return the admitted requests that count against the limit now.

        Requests from the future do not count: the clock has been set back since.
        """
        window = timedelta(seconds=self.seconds)
        return [each for each in admitted if -_SKEW < now - each < window]

    def to_json(self) -> dict[str, Any]:
        return {"requests": self.requests, "seconds": self.seconds}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**stored)
