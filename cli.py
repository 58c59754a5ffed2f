#!/usr/bin/env python3
"""`python cli.py` runs the command line from a checkout."""

from heygen_video_translation.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
