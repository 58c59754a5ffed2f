#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heygen_video_translation.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 (see below)
    except ImportError as missing:
        raise SystemExit(
            "Django is not installed in this Python. `make run` sets everything up;"
            " without make: pip install -r requirements.txt"
        ) from missing
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
