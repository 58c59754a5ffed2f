"""Tools for the tests of programs that use a video-translation API.

The pytest plugin is loaded in every run of pytest, so this package imports its modules only when
their names are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from heygen_video_translation.testing.server_process import ServerError, TranslationServer
    from heygen_video_translation.testing.simulator import (
        NeverGaveUp,
        RefusedError,
        TranslationSimulator,
    )

__all__ = [
    "NeverGaveUp",
    "RefusedError",
    "ServerError",
    "TranslationServer",
    "TranslationSimulator",
]

_MODULES: Final = {
    "NeverGaveUp": "simulator",
    "RefusedError": "simulator",
    "ServerError": "server_process",
    "TranslationServer": "server_process",
    "TranslationSimulator": "simulator",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
