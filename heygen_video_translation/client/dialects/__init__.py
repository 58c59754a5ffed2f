"""The HTTP interfaces that the client can use, by name."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from .base import Dialect
from .heygen_v2 import HeygenV2Dialect
from .heygen_v3 import HeygenV3Dialect
from .native import NativeDialect

DialectName: TypeAlias = Literal["native", "heygen", "heygen-v2"]
"""Our own API; HeyGen's API v3; HeyGen's API v2."""

DIALECTS: Mapping[DialectName, type[Dialect]] = {
    "native": NativeDialect,
    "heygen": HeygenV3Dialect,
    "heygen-v2": HeygenV2Dialect,
}
