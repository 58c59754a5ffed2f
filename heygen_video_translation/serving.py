"""Serving from the installed package, without manage.py."""

import os
import signal
import socket
import sys
import threading
from io import TextIOWrapper
from pathlib import Path
from urllib.parse import quote

import django
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command


def serve(
    *,
    host: str,
    port: int,
    store: Path | None = None,
    demonstrates: bool = True,
    until_eof: bool = False,
) -> None:
    """Serve until told to stop, as the settings in the environment say; stdout says where.

    Port 0 is any free one; `store` is the file that keeps the jobs. `until_eof` stops the server
    when its standard input ends, which it does with the process that holds the other end, however
    that dies. Raises SystemExit with a sentence where the settings cannot work.

    It is the development server, also where gunicorn is installed: it needs nothing more, makes its
    store by itself, tells the port that it was given, and is one process, which ends as one.
    """
    if store is not None:
        os.environ["DATABASE_URL"] = f"sqlite:///{quote(store.absolute().as_posix())}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "heygen_video_translation.settings"
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # whoever reads it through a pipe waits for it
    if until_eof:
        threading.Thread(target=_stop_at_eof, daemon=True).start()
    address = f"[{host}]" if ":" in host else host
    _refuse_port_in_use(host, port)
    try:
        django.setup()
        call_command(
            "runserver",
            f"{address}:{port}",
            skip_checks=False,  # of the settings, which call_command would leave out
            use_reloader=False,
            use_static_handler=False,  # WhiteNoise serves them
            demonstrates=demonstrates,
        )
    except (ImproperlyConfigured, CommandError) as error:
        raise SystemExit(str(error)) from None
    finally:
        _write_down()


def _refuse_port_in_use(host: str, port: int) -> None:
    """Raise SystemExit where nothing can listen there: Django's server would end all at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise SystemExit(f"Nothing can listen on {host}, port {port}: {reason}.") from None


def _write_down() -> None:
    """Have what is still in memory written, as the store may be gone by the end of the process."""
    if apps.ready:
        from vid_trans_api.journal.recorder import journal  # noqa: PLC0415 (it needs Django to be set up)

        journal.flush()


def _stop_at_eof() -> None:
    stdin = sys.stdin.fileno()
    while os.read(stdin, 1024):  # not sys.stdin: a thread in there would keep Python from ending
        pass
    os.kill(os.getpid(), signal.SIGTERM)
