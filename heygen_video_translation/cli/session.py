"""What every command of the client has: options, a client, output, and an exit code."""

import inspect
import logging
import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from heygen_video_translation import client as client_package
from heygen_video_translation.cli.exit_codes import ExitCode, exit_code_of
from heygen_video_translation.cli.formatting import (
    ended,
    error_text,
    is_error_response,
    name_jobs,
    printable,
)
from heygen_video_translation.cli.options import COMMON_OPTIONS, common_option, open_client
from heygen_video_translation.cli.output import (
    err,
    exit_on_closed_pipe,
    out,
    write_error,
    write_line,
)
from heygen_video_translation.cli.program import enable_ctrl_c, help_text, program_words
from heygen_video_translation.cli.progress import NO_LABELS, Bars, JsonLines, Lines, Progress
from heygen_video_translation.client import (
    AuthenticationFailed,
    Job,
    NotSupported,
    ServerUnavailable,
    TranslationClient,
    TranslationClientError,
)
from heygen_video_translation.client.environment import VARIABLES, Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a command works with: the client, the output, and how to call the program again."""

    client: TranslationClient
    as_json: bool
    variables: Variables
    """The environment variables that name the server and the key."""
    has_own_server: bool
    """Whether the command line names the server, so that these variables have no effect."""
    program: tuple[str, ...]
    """The words that call this program with the same server."""
    unfinished: dict[str, None] = field(default_factory=dict)
    """The ids of the jobs that are followed and have not ended, in order."""
    unsaved: dict[str, Path] = field(default_factory=dict)
    """Where the command is going to save the results of jobs, by their ids."""

    @property
    def is_interactive(self) -> bool:
        """Whether a terminal that can redraw lines shows the output."""
        on_terminal = sys.stdout.isatty() and sys.stderr.isatty()
        return on_terminal and not self.as_json and not err.is_dumb_terminal

    def progress(
        self,
        jobs: Iterable[Job | str],
        *,
        explain: bool = False,
        labels: Mapping[str, str] = NO_LABELS,
    ) -> Progress:
        """Return the display for jobs that are followed; `labels` are the names of bars by id."""
        if self.as_json:
            return JsonLines()
        if self.is_interactive:
            return Bars(jobs, console=err, explain=explain, labels=labels)
        return Lines(explain=explain)

    def write(self, line: str, *, style: str = "", indent: int = 0) -> None:
        """Write a line to standard output, unless only JSON is requested."""
        if not self.as_json:
            write_line(out, line, style=style, indent=indent)

    def write_errors(self, errors: Mapping[str, TranslationClientError]) -> None:
        """Write each distinct error to standard error, with its jobs, and what may help.

        `errors` are by the id of the job that was followed.
        """
        failed: dict[str, list[str]] = {}
        for job_id, error in errors.items():
            jobs = failed.setdefault(error_text(error), [])
            if is_error_response(error):
                jobs.append(job_id)
        for text, jobs in failed.items():
            sentence = ended(text)
            write_error(f"{name_jobs(jobs)}: {sentence}" if jobs else sentence)
        self._write_help(errors.values())

    def write_error(self, error: TranslationClientError) -> None:
        """Write an error to standard error, and what may help."""
        write_error(ended(error_text(error)))
        self._write_help([error])

    def _write_help(self, errors: Collection[TranslationClientError]) -> None:
        if any(isinstance(error, AuthenticationFailed) for error in errors):
            variable = "" if self.has_own_server else f" or {self.variables.key}"
            write_error(f"Set a key that the server accepts with --api-key{variable}.")
        if any(isinstance(e, ServerUnavailable) and not is_error_response(e) for e in errors):
            variable = self.variables.server
            write_error(f"Is it running? Set another server with --server or {variable}.")

    def write_how_to_resume(self) -> None:
        """Write the command that follows the unfinished jobs again, if there are any."""
        if self.unfinished:
            write_error(f"To follow {'it' if len(self.unfinished) == 1 else 'them'} again:")
            self.suggest(err, "wait", *self.unfinished)

    def write_how_to_save(self) -> None:
        """Write the commands that save what the command has not, if there is anything."""
        if self.unsaved:
            are = "result once it is" if len(self.unsaved) == 1 else "results once they are"
            write_error(f"To save the {are} there:")
            for job_id, path in self.unsaved.items():
                self.suggest(err, "download", job_id, "-o", str(path))

    def suggest(self, console: Console, *words: str) -> None:
        """Write a command line of this program."""
        console.print(Text(f"  {shlex.join([*self.program, *words])}"), soft_wrap=True)


class _LogHandler(logging.Handler):
    """Writes the client's log to standard error, above the bars."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if isinstance(record.args, tuple):
            for value in record.args:
                if isinstance(value, TranslationClientError):
                    message = message.replace(str(value), error_text(value))
        at = datetime.fromtimestamp(record.created).astimezone()
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        write_line(err, f"{at:%H:%M:%S}  {printable(message)}", style=style)


@contextmanager
def _open_session(ctx: typer.Context) -> Iterator[Session]:
    """Open a session as the common options define it."""
    options = {name: common_option(ctx, name) for name in COMMON_OPTIONS}
    dialect, is_named = options["dialect"]
    program = program_words()
    if is_named:
        program += ["--dialect", dialect]
    if options["server"][1]:
        program += ["--server", options["server"][0]]
    if options["api_key"][1]:
        program += ["--api-key", "KEY"]
    try:
        client = open_client(
            ctx, max_retries=options["retries"][0], long_poll=options["long_poll"][0]
        )
    except (ValueError, NotSupported) as error:
        raise typer.BadParameter(str(error)) from None
    except AuthenticationFailed as error:
        write_error(f"{error}.")
        raise typer.Exit(ExitCode.AUTHENTICATION) from None
    logger, handler = logging.getLogger(client_package.__name__), _LogHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO if options["verbose"][0] else logging.WARNING)
    try:
        with client:
            yield Session(
                client=client,
                as_json=options["as_json"][0],
                variables=VARIABLES[dialect],
                has_own_server=options["server"][1],
                program=tuple(program),
            )
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def client_command(
    *examples: str,
) -> Callable[[Callable[..., ExitCode | None]], Callable[..., None]]:
    """Return a decorator for commands of the client; `examples` are arguments for the help text.

    The function receives a `Session` and its own options. The command also takes the common
    options. Errors of the client and Ctrl-C become a message on standard error and an exit code.
    """

    def decorate(function: Callable[..., ExitCode | None]) -> Callable[..., None]:
        def run(ctx: typer.Context, **options: Any) -> None:
            enable_ctrl_c()
            own = {name: options[name] for name in options.keys() - COMMON_OPTIONS.keys()}
            with _open_session(ctx) as session:
                code = _exit_code(session, lambda: function(session, **own))
            raise typer.Exit(code or ExitCode.DONE)

        _, *own = inspect.signature(function).parameters.values()
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [inspect.Parameter("ctx", keyword, annotation=typer.Context)]
        parameters += [each.replace(kind=keyword) for each in (*own, *COMMON_OPTIONS.values())]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
        run.__doc__ = help_text(function.__doc__, *examples)
        return run

    return decorate


def _exit_code(session: Session, run: Callable[[], ExitCode | None]) -> ExitCode | None:
    """Run a command; write its error, and return its exit code."""
    try:
        return run()
    except TranslationClientError as error:
        session.write_error(error)
        return exit_code_of(error)
    except BrokenPipeError:
        exit_on_closed_pipe()
    except KeyboardInterrupt:
        running = len(session.unfinished)
        consequence = " The job goes on." if running == 1 else f" {running} jobs go on."
        write_error(f"Interrupted.{consequence if running else ''}")
        session.write_how_to_resume()
        session.write_how_to_save()
        return ExitCode.INTERRUPTED
