"""The video that every completed job returns: two seconds of colour bars."""

from pathlib import Path
from typing import Final

CLIP: Final = Path(__file__).with_name("clip.mp4").read_bytes()
