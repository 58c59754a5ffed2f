#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heygen_video_translation.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (see below)
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ImportError as missing:
        raise SystemExit(
            "Django is not installed in this Python. `make run` sets everything up;"
            " without make: pip install -r requirements.txt"
        ) from missing
    from vid_trans_api.database_errors import UnusableDatabase  # noqa: PLC0415 (it needs Django)

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, UnusableDatabase) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
