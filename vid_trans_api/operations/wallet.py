"""The wallet of a workspace, from which creations are paid if it has one."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from django.conf import settings

from vid_trans_api.models import NO_DETAILS, JobDetails, JobFacts, Mode, Workspace
from vid_trans_api.operations.errors import InsufficientCredit

DEFAULT_BALANCE: Final = Decimal(100)
"""Dollars that a workspace without a wallet is shown."""

_PRICES: Final = {Mode.SPEED: Decimal("0.0333"), Mode.PRECISION: Decimal("0.0667")}
"""Dollars for a second of video."""

_AUDIO_ONLY: Final = Decimal("0.0167")
SMALLEST_AMOUNT: Final = Decimal("0.0001")
"""Dollars."""


def charge(workspace: Workspace, jobs: Iterable[tuple[JobDetails | None, JobFacts]]) -> None:
    """Take the price of new jobs. Needs the lock. Raises InsufficientCredit."""
    if workspace.wallet is None or not settings.SIMULATION:
        return
    price = sum((_price(details or NO_DETAILS, facts) for details, facts in jobs), Decimal(0))
    if price > workspace.wallet:
        raise InsufficientCredit(price=price, balance=workspace.wallet)
    workspace.wallet -= price
    workspace.save(update_fields=["wallet"])


def balance_of(key_digest: str) -> Decimal:
    """Return the dollars that are left, or DEFAULT_BALANCE without a wallet."""
    balance: Decimal | None = Workspace.objects.of_key(key_digest).wallet
    return DEFAULT_BALANCE if balance is None else balance


def _price(details: JobDetails, facts: JobFacts) -> Decimal:
    rate = _AUDIO_ONLY if details.is_audio_only else _PRICES[details.mode]
    return (rate * Decimal(facts.video_duration or 0)).quantize(SMALLEST_AMOUNT)
