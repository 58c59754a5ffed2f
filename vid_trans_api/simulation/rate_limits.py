"""Rate limits: so many requests in any so many seconds."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

WRITTEN: Final = r"[1-9][0-9]{0,2}/([1-9][0-9]{0,3}s|[1-9][0-9]{0,2}m|s|m|h)"
"""How a rate limit is written, as a regular expression."""

_SKEW: Final = timedelta(seconds=1)
"""By which the clocks of two processes may differ."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most `requests` in any `seconds`."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `5/10s`, `100/m` or `500/h`; raises ValueError where it is none of that kind."""
        if re.fullmatch(WRITTEN, text) is None:
            raise ValueError(text)
        requests, window = text.split("/")
        return cls(requests=int(requests), seconds=int(window[:-1] or 1) * _UNITS[window[-1]])

    def __str__(self) -> str:
        count, left = divmod(self.seconds, _UNITS["m"])
        if self.seconds == _UNITS["h"]:
            return f"{self.requests}/h"
        number, unit = (self.seconds, "s") if left else (count, "m")
        return f"{self.requests}/{number if number > 1 else ''}{unit}"

    def wait(self, admitted: list[datetime], now: datetime) -> int:
        """Return the whole seconds until another request is admitted; 0 is at once."""
        in_window = self.still_counting(admitted, now)
        if len(in_window) < self.requests:
            return 0
        free_at = in_window[-self.requests] + timedelta(seconds=self.seconds)
        return max(1, math.ceil((free_at - now).total_seconds()))

    def still_counting(self, admitted: list[datetime], now: datetime) -> list[datetime]:
        """Return those of the admitted requests that count against another one now.

        Those of a time that was set back while they were on their way do not.
        """
        window = timedelta(seconds=self.seconds)
        return [each for each in admitted if -_SKEW < now - each < window]

    def to_json(self) -> dict[str, Any]:
        return {"requests": self.requests, "seconds": self.seconds}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**stored)
