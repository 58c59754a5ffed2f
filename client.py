"""Re-export the client, so that `import client` works in a checkout."""

from heygen_video_translation.client import *  # noqa: F403
from heygen_video_translation.client import __all__ as __all__  # noqa: PLC0414  # for mypy
