"""The commands `prune` and `createsuperuser`, for installations without manage.py."""

import sys
from typing import Annotated

import typer

from heygen_video_translation.cli import server


def prune(
    *,
    days: Annotated[
        float,
        typer.Option(min=0.0, help="How long ended and stuck jobs, and logged requests, are kept."),
    ] = 30.0,
    store: server.Store = None,
) -> None:
    """Delete old and stuck jobs, logged requests, expired keys and empty workspaces."""
    server.manage("prune", f"--days={days}", store=store, creates_database=False)


def createsuperuser(
    *,
    username: Annotated[str | None, typer.Option(help="The user's name.")] = None,
    email: Annotated[str | None, typer.Option(help="The user's address; may be empty.")] = None,
    prompts: Annotated[
        bool,
        typer.Option(
            "--input/--no-input",
            help="Prompt for missing values; without, set DJANGO_SUPERUSER_PASSWORD.",
        ),
    ] = True,
    store: server.Store = None,
) -> None:
    """Create a user for the admin, /admin/."""
    server.require_server()
    if prompts and not sys.stdin.isatty():
        raise typer.BadParameter(
            "There is no terminal to prompt on: use --no-input, --username and --email, and set"
            " DJANGO_SUPERUSER_PASSWORD."
        )
    words = [] if prompts else ["--noinput"]
    words += [] if username is None else [f"--username={username}"]
    words += [] if email is None else [f"--email={email}"]
    server.manage("createsuperuser", *words, store=store, creates_database=True)
