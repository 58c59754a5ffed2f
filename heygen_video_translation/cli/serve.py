"""The command `serve`, which runs the server."""

import atexit
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from heygen_video_translation.cli import server


def _setting(name: str, text: str) -> Any:
    """Return an option that overrides the environment variable of that name.

    The settings read and check the variable themselves.
    """
    help_text = f"{text} Overrides {name}."
    return typer.Option(metavar="NUMBER", help=help_text, rich_help_panel="Settings")


def serve(
    *,
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="The port; 0: any free port.")
    ] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    store: server.Store = None,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Delete all jobs when the server stops.")
    ] = False,
    demonstration: Annotated[
        bool | None,
        typer.Option(
            help="Start a demonstration job if there are no jobs; by default, unless another"
            " program controls the server through its standard input."
        ),
    ] = None,
    min_delay: Annotated[
        float | None, _setting("MIN_DELAY", "The shortest duration of a job, in seconds.")
    ] = None,
    max_delay: Annotated[
        float | None, _setting("MAX_DELAY", "The longest duration of a job, in seconds.")
    ] = None,
    error_probability: Annotated[
        float | None, _setting("ERROR_PROBABILITY", "The share of jobs that fail, from 0 to 1.")
    ] = None,
    estimate_noise: Annotated[
        float | None, _setting("ESTIMATE_NOISE", "How inaccurate estimates are; 0: exact.")
    ] = None,
    long_poll_limit: Annotated[
        float | None, _setting("LONG_POLL_LIMIT", "The longest long poll, in seconds.")
    ] = None,
) -> None:
    """Serve the web pages and the API; the environment has further settings.

    The first line on standard output is the server's URL. If standard input is an open pipe, the
    server stops when that is closed.
    """
    stops_at_eof = server.stdin_is_open_pipe()  # first: loading the server takes a second
    if temporary and store:
        raise typer.BadParameter("Use either --temporary or --store.")
    settings = {
        "MIN_DELAY": min_delay,
        "MAX_DELAY": max_delay,
        "ERROR_PROBABILITY": error_probability,
        "ESTIMATE_NOISE": estimate_noise,
        "LONG_POLL_LIMIT": long_poll_limit,
    }
    os.environ |= {name: str(value) for name, value in settings.items() if value is not None}
    if temporary:
        folder = tempfile.TemporaryDirectory(prefix="vid-trans-")
        # Registered before the server registers what it still writes at exit, so it runs after.
        atexit.register(folder.cleanup)
        store = Path(folder.name, "db.sqlite3")
    server.serve(
        host=host,
        port=port,
        store=store,
        demonstration=not stops_at_eof if demonstration is None else demonstration,
        stops_at_eof=stops_at_eof,
    )
