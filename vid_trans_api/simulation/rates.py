"""Rate limits: so many requests in any so many seconds."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

MOST_REQUESTS: Final = 1000
LONGEST_WINDOW: Final = 86_400  # seconds

_WRITTEN: Final = re.compile(r"([0-9]{1,4})/([0-9]{0,5})([smh])")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most `requests` in any `seconds`."""

    requests: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `5/10s`, `100/m` or `1000/24h`; raises ValueError where it is none of that kind."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(text)
        limit = cls(requests=int(match[1]), seconds=int(match[2] or 1) * _UNITS[match[3]])
        if not (1 <= limit.requests <= MOST_REQUESTS and 1 <= limit.seconds <= LONGEST_WINDOW):
            raise ValueError(text)
        return limit

    def __str__(self) -> str:
        return f"{self.requests}/{self.seconds}s"

    def wait(self, admitted: list[datetime], now: datetime) -> int:
        """Return the whole seconds until another request is admitted; 0 is at once."""
        in_window = self.still_counting(admitted, now)
        if len(in_window) < self.requests:
            return 0
        free_at = in_window[-self.requests] + timedelta(seconds=self.seconds)
        return max(1, math.ceil((free_at - now).total_seconds()))

    def still_counting(self, admitted: list[datetime], now: datetime) -> list[datetime]:
        """Return those of the admitted requests that count against another one now."""
        return [each for each in admitted if now - each < timedelta(seconds=self.seconds)]

    def to_json(self) -> dict[str, Any]:
        return {"requests": self.requests, "seconds": self.seconds}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**stored)
