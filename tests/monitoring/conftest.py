"""The middleware that observes requests, which is not installed by default."""

from typing import Any

import pytest

_NEXT = "vid_trans_api.http.origins.OriginMiddleware"


@pytest.fixture
def observed(settings: Any) -> None:
    """Observe requests, as the settings do if they are logged or counted."""
    position = settings.MIDDLEWARE.index(_NEXT)
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:position],
        "vid_trans_api.monitoring.observation.ObservationMiddleware",
        *settings.MIDDLEWARE[position:],
    ]
