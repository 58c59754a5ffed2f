"""The Django side of the command line: run the server or a management command."""

import atexit
import errno
import os
import select
import signal
import socket
import stat
import sys
import threading
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from heygen_video_translation.cli.extras import require_extra
from heygen_video_translation.cli.program import enable_ctrl_c, program_name

_STDIN: Final = 0
_LARGEST_PORT: Final = 65535
_MIN_DJANGO: Final = (5, 2)
_MAX_DJANGO: Final = (6,)

Store = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        dir_okay=False,
        help="The database file; by default DATABASE_URL, or db.sqlite3 in the current folder.",
    ),
]


def serve(
    *, host: str, port: int, store: Path | None, demonstration: bool, stops_at_eof: bool
) -> None:
    """Run the development server until a signal stops it, or the end of standard input.

    It is used even if gunicorn is installed: it needs no other package, creates its database,
    reports a port that it chose itself, and is a single process. Raises SystemExit with a sentence
    if the settings are wrong.
    """
    _load_django(store)
    if stops_at_eof:
        threading.Thread(target=_stop_at_eof, daemon=True).start()
    _check_port(host, port)
    options = ["--noreload", "--nostatic"]  # WhiteNoise serves static files
    options += [] if demonstration else ["--no-demonstration"]
    _run(
        _server_command(_url(host)),
        f"{_bracketed(host)}:{port}",
        *options,
        stdout=sys.stderr,
        skip_checks=False,  # call_command skips the checks of the settings by default
    )


def manage(name: str, *words: str, store: Path | None, creates_database: bool) -> None:
    """Run a management command; raise SystemExit if there is no database and it needs one."""
    _load_django(store)

    from django.db import connection  # noqa: PLC0415 (see _load_django)

    database = connection.settings_dict["NAME"]
    is_file = isinstance(database, Path)
    if is_file and not creates_database and not database.exists():
        raise SystemExit(f"There is no database {database}: set --store or DATABASE_URL.")
    _run("migrate", verbosity=0)
    _run(name, *words)


def require_server() -> None:
    """Exit with the `pip install` to run if the server is not installed."""
    require_extra(
        "server", "django", "rest_framework", "drf_spectacular", "whitenoise", "dj_database_url"
    )


def _load_django(store: Path | None) -> None:
    """Set up Django for the store; raise SystemExit if the settings are wrong."""
    enable_ctrl_c()
    require_server()
    os.environ["DATABASE_URL"] = _database_url(store)
    os.environ["DJANGO_SETTINGS_MODULE"] = "heygen_video_translation.settings"

    import django  # noqa: PLC0415 (commands of the client do not need Django)
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415

    if not _MIN_DJANGO <= django.VERSION < _MAX_DJANGO:
        raise SystemExit(
            f"The server needs Django 5.2, not {django.get_version()}: install it in an environment"
            " of its own, with pipx install 'heygen-video-translation[server]'."
        )
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from None


def _database_url(store: Path | None) -> str:
    """Return the database's URL; relative paths are relative to the current folder.

    In an editable installation the settings would look beside manage.py.
    """
    scheme = "sqlite:///"
    if store is not None:
        return scheme + quote(store.absolute().as_posix())
    url = os.environ.get("DATABASE_URL", f"{scheme}db.sqlite3")
    path = url.removeprefix(scheme)
    if path in {"", url} or path.startswith("/"):
        return url
    return f"{scheme}{quote(Path.cwd().as_posix())}/{path}"


def _run(command: Any, *words: str, **options: Any) -> None:
    """Run a management command; raise SystemExit with its error."""
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import CommandError, call_command  # noqa: PLC0415

    from vid_trans_api.database_errors import UnusableDatabase  # noqa: PLC0415

    try:
        call_command(command, *words, **options)
    except (ImproperlyConfigured, CommandError, UnusableDatabase) as error:
        raise SystemExit(str(error)) from None


def _server_command(url: str) -> Any:
    """Return `runserver` with the server's URL as the first line on standard output."""
    from vid_trans_api.management.commands import runserver  # noqa: PLC0415

    class Command(runserver.Command):
        def on_bind(self, server_port: int) -> None:
            print(f"{url}:{server_port}", flush=True)  # noqa: T201 (it is the result)
            super().on_bind(server_port)
            # A second signal must not interrupt what is written and deleted at exit.
            atexit.register(signal.signal, signal.SIGTERM, signal.SIG_IGN)

    return Command()


def _url(host: str) -> str:
    """Return the URL of a server on this address, without the port."""
    is_every_address = host in {"0", "0.0.0.0", "::"}  # noqa: S104
    return f"http://{'127.0.0.1' if is_every_address else _bracketed(host)}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_port(host: str, port: int) -> None:
    """Raise SystemExit if the port cannot be used; Django's server would exit with a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        message = f"Cannot listen on {host}, port {port}: {reason}."
        if error.errno == errno.EADDRINUSE:
            message += f" Use another port: {program_name()} serve --port {_other_port(port)}"
        raise SystemExit(message) from None


def _other_port(port: int) -> int:
    """Return a port to use instead of one that is in use."""
    return port + 1 if port < _LARGEST_PORT else port - 1


def stdin_is_open_pipe() -> bool:
    """Return whether standard input is a pipe or socket whose other end is open.

    Then another process controls this one. A pipe that is closed already means nothing: cron, for
    example, starts its jobs with one.
    """
    try:
        mode = os.fstat(_STDIN).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            return False
        is_readable = bool(select.select([_STDIN], [], [], 0)[0])
        return not is_readable or bool(os.read(_STDIN, 1))
    except OSError:  # there is no standard input, or it is a socket that listens
        return False


def _stop_at_eof() -> None:
    while os.read(_STDIN, 1024):  # sys.stdin would block the interpreter's shutdown
        pass
    os.kill(os.getpid(), signal.SIGTERM)
