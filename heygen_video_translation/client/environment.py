"""The server and the key that environment variables name.

A key goes only to the server that is named beside it, so that a program which is pointed at another
server does not send it the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType
from typing import TYPE_CHECKING

from .errors import AuthenticationFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .dialects import DialectName


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """The names of two variables, and the server if there is none in the environment."""

    server: str
    key: str
    default_server: str
    requires_key: bool


OWN = Variables(
    server="TRANSLATION_SERVER",
    key="TRANSLATION_API_KEY",
    default_server="http://127.0.0.1:8000",
    requires_key=False,
)
HEYGEN = Variables(
    server="HEYGEN_API_BASE",
    key="HEYGEN_API_KEY",
    default_server="https://api.heygen.com",
    requires_key=True,
)
VARIABLES: Mapping[DialectName, Variables] = {
    "native": OWN,
    "heygen": HEYGEN,
    "heygen-v2": HEYGEN,
}


def server_and_key(
    dialect: DialectName,
    base_url: str | EllipsisType,
    api_key: str | None,
    *,
    environ: Mapping[str, str],
) -> tuple[str, str | None]:
    """Return the server and the key to use: those given, else those in the environment.

    Only a server that is left out (`...`) is looked up, so that `None` is noticed as a mistake.

    Raises `AuthenticationFailed` if a key is required and there is none.
    """
    variables = VARIABLES[dialect]
    if isinstance(base_url, EllipsisType):
        base_url = environ.get(variables.server) or variables.default_server
        api_key = api_key or environ.get(variables.key) or None
        advice = f"pass one, or set {variables.key}"
    else:
        advice = f"pass one; {variables.key} is only sent to the server of {variables.server}"
    if api_key is None and variables.requires_key:
        raise AuthenticationFailed(f"HeyGen's API needs a key: {advice}")
    return base_url, api_key
