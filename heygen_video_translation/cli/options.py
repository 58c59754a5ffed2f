"""The options and arguments of the client's commands, and how their values are read."""

import inspect
import itertools
import json
import math
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from platformdirs import user_cache_path

from heygen_video_translation import __version__
from heygen_video_translation.cli.formatting import printable, status_text
from heygen_video_translation.client import (
    DialectName,
    TranslationClient,
    TranslationClientError,
)

DEFAULT_TIMEOUT: Final = 3600.0
REQUEST_TIMEOUT: Final = 10.0
"""Seconds for one response."""

COMPLETION_TIMEOUT: Final = 1.0
"""Seconds that the shell waits for job ids to complete."""

MAX_PAGE: Final = 100
"""Jobs that the server lists in one response."""

_PANEL: Final = "Every command"


def _print_version(*, is_requested: bool) -> None:
    if is_requested:
        typer.echo(__version__)
        raise typer.Exit


def common(
    *,
    server: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The server's root; by default TRANSLATION_SERVER, or HEYGEN_API_BASE.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="The key; without --server by default TRANSLATION_API_KEY, or HEYGEN_API_KEY.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    dialect: Annotated[
        DialectName,
        typer.Option(
            help="The server's API: this project's own, HeyGen's v3 or HeyGen's v2.",
            rich_help_panel=_PANEL,
        ),
    ] = "native",
    retries: Annotated[
        int,
        typer.Option(
            min=0,
            help="How often in a row a failed request is repeated.",
            rich_help_panel=_PANEL,
        ),
    ] = 5,
    long_poll: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            metavar="SECONDS",
            help="How long the server may delay a response until the job ends; 0: not at all."
            " 30 by default, if the API has that.",
            rich_help_panel=_PANEL,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON lines and nothing else.", rich_help_panel=_PANEL),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Print each response, the time of the next poll, and the reason.",
            rich_help_panel=_PANEL,
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Translate videos from the command line."""


COMMON_OPTIONS: Final[Mapping[str, inspect.Parameter]] = {
    name: option
    for name, option in inspect.signature(common).parameters.items()
    if name != "version"
}
"""The options that every command of the client takes, by name."""


def common_option(ctx: typer.Context, name: str) -> tuple[Any, bool]:
    """Return the value of a common option, and whether the command line sets it.

    It may stand before or after the command's name; the one after it takes precedence.
    """
    contexts = [ctx, ctx.find_root()]
    for context in contexts:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            return context.params[name], True
    return contexts[-1].params[name], False


def open_client(
    ctx: typer.Context,
    *,
    max_retries: int,
    long_poll: float | None = None,
    request_timeout: float = REQUEST_TIMEOUT,
) -> TranslationClient:
    """Return a client for the server that the common options choose."""
    server = common_option(ctx, "server")[0]
    return TranslationClient(
        ... if server is None else server,
        api_key=common_option(ctx, "api_key")[0],
        dialect=common_option(ctx, "dialect")[0],
        max_retries=max_retries,
        long_poll=long_poll,
        request_timeout=request_timeout,
        store=_store(),
    )


def _store() -> Path | None:
    """Return the file in which all commands of a user share what they learn about servers.

    There is none if the user has no folder for it, as in some containers, and none on Windows.
    """
    if sys.platform == "win32":
        return None
    try:
        return user_cache_path("vid-trans", ensure_exists=True) / "jobs.jsonl"
    except (OSError, RuntimeError):  # the latter without a home directory
        return None


def _matching_jobs(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the newest jobs whose id begins like this, each with its status and title."""
    try:
        with open_client(ctx, max_retries=0, request_timeout=COMPLETION_TIMEOUT) as client:
            newest = itertools.islice(client.list_jobs(limit=MAX_PAGE), MAX_PAGE)
            return [
                (job.id, " ".join(filter(None, [status_text(job), printable(job.title)])))
                for job in newest
                if job.id.startswith(incomplete)
            ]
    except (TranslationClientError, ValueError):
        return []


def _simulation(text: str) -> dict[str, Any]:
    """Parse a simulation's JSON object."""
    try:
        simulation = json.loads(text, parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{text!r} is not JSON: {error}.") from None
    if not isinstance(simulation, dict):
        raise typer.BadParameter(f"{text!r} is not a JSON object.")
    return simulation


def _reject_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _duration(text: str) -> float | list[float]:
    """Parse seconds, such as `12`, or a range of seconds, such as `5-15`."""
    try:
        bounds = [float(bound) for bound in text.split("-")]
    except ValueError:
        bounds = []
    if len(bounds) not in (1, 2) or not all(map(math.isfinite, bounds)):
        raise typer.BadParameter(
            f"{text!r} is neither seconds such as 12 nor a range such as 5-15."
        )
    return bounds if len(bounds) > 1 else bounds[0]


def _header_value(text: str | None) -> str | None:
    if text is not None and not (text.isascii() and text.isprintable()):
        raise typer.BadParameter("It can contain printable ASCII characters only.")
    return text


class Outcome(StrEnum):
    """How a simulated job ends."""

    COMPLETED = "completed"
    ERROR = "error"
    STUCK = "stuck"


JobArgument = Annotated[
    str, typer.Argument(metavar="JOB", help="The job's id.", autocompletion=_matching_jobs)
]
NewestJobArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="JOB",
        help="The job's id; the newest job by default.",
        autocompletion=_matching_jobs,
    ),
]
JobsArgument = Annotated[
    list[str],
    typer.Argument(metavar="JOB...", help="The jobs' ids.", autocompletion=_matching_jobs),
]
OptionalJobsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="JOB", help="The jobs' ids.", autocompletion=_matching_jobs),
]
Timeout = Annotated[
    float,
    typer.Option(min=0.0, metavar="SECONDS", help="Stop waiting after this; 'inf': never."),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print only ids, for use in other commands.")
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        callback=_header_value,
        metavar="KEY",
        help="Within a day, the same key never starts a second job.",
    ),
]
Scenario = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The scenario, such as flaky.", rich_help_panel="Simulation"),
]
Duration = Annotated[
    Any,
    typer.Option(
        parser=_duration,
        metavar="SECONDS",
        help="How long it takes: 12, or 5-15.",
        rich_help_panel="Simulation",
    ),
]
OutcomeOption = Annotated[
    Outcome | None, typer.Option(help="How it ends.", rich_help_panel="Simulation")
]
Seed = Annotated[
    int | None,
    typer.Option(help="The same seed draws the same plan.", rich_help_panel="Simulation"),
]
Simulation = Annotated[
    Any,
    typer.Option(
        parser=_simulation,
        metavar="JSON",
        help="All options of the API; the ones above take precedence.",
        rich_help_panel="Simulation",
    ),
]
