"""`vid-trans`, the command of the installed project: the client's commands, and `serve`."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import app, main

__all__ = ["main"]


def _setting(name: str, words: str) -> Any:
    """Return an option that goes before the environment's setting of that name."""
    return typer.Option(envvar=name, metavar="NUMBER", help=words, rich_help_panel="Settings")


@app.command()
def serve(
    *,
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="Where to listen; 0: a free port.")
    ] = 8000,
    host: Annotated[str, typer.Option(help="On which of this machine's addresses.")] = "127.0.0.1",
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            dir_okay=False,
            help="Where jobs are kept; what DATABASE_URL says, or db.sqlite3 here, if left out.",
        ),
    ] = None,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Keep jobs only until the server stops.")
    ] = False,
    demonstration: Annotated[
        bool, typer.Option(help="Start a job to look at where there is none.")
    ] = True,
    min_delay: Annotated[
        float | None, _setting("MIN_DELAY", "Seconds that a job takes at least.")
    ] = None,
    max_delay: Annotated[
        float | None, _setting("MAX_DELAY", "Seconds that a job takes at most.")
    ] = None,
    error_probability: Annotated[
        float | None, _setting("ERROR_PROBABILITY", "How many jobs fail, from 0 to 1.")
    ] = None,
    estimate_noise: Annotated[
        float | None, _setting("ESTIMATE_NOISE", "How far estimates are off; 0: not at all.")
    ] = None,
    hold_limit: Annotated[
        float | None, _setting("HOLD_LIMIT", "Seconds that a request may be held.")
    ] = None,
) -> None:
    """Serve the page of jobs and the API; other settings are read from the environment.

    vid-trans serve --port 8001 --min-delay 60 --max-delay 600

    vid-trans serve --temporary --error-probability 0.5
    """
    if temporary and store:
        raise typer.BadParameter("Give either --temporary or --store.")
    settings = {
        "MIN_DELAY": min_delay,
        "MAX_DELAY": max_delay,
        "ERROR_PROBABILITY": error_probability,
        "ESTIMATE_NOISE": estimate_noise,
        "HOLD_LIMIT": hold_limit,
    }
    os.environ |= {name: str(value) for name, value in settings.items() if value is not None}

    from heygen_video_translation import serving  # noqa: PLC0415 (the other commands need no Django)

    with ExitStack() as stack:
        if temporary:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="vid-trans-"))
            store = Path(folder, "db.sqlite3")
        serving.serve(host=host, port=port, store=store, demonstrates=demonstration)
