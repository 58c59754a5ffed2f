"""Tools for the tests of programs that use a video-translation API.

The pytest plugin is loaded in every run of pytest, so this package imports its modules only when
their names are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from heygen_video_translation.testing.errors import RefusedError
    from heygen_video_translation.testing.server_process import ServerError, TranslationServer
    from heygen_video_translation.testing.simulator import NeverGaveUp, TranslationSimulator
    from heygen_video_translation.testing.webhooks import (
        ReceivedWebhook,
        WebhookEndpoint,
        WebhookReceiver,
        Webhooks,
    )

__all__ = [
    "NeverGaveUp",
    "ReceivedWebhook",
    "RefusedError",
    "ServerError",
    "TranslationServer",
    "TranslationSimulator",
    "WebhookEndpoint",
    "WebhookReceiver",
    "Webhooks",
]

_MODULES: Final = {
    "NeverGaveUp": "simulator",
    "ReceivedWebhook": "webhooks",
    "RefusedError": "errors",
    "ServerError": "server_process",
    "TranslationServer": "server_process",
    "TranslationSimulator": "simulator",
    "WebhookEndpoint": "webhooks",
    "WebhookReceiver": "webhooks",
    "Webhooks": "webhooks",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
