"""What every command has: its options, a client, and an exit code for whatever goes wrong."""

import inspect
import logging
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from client import Job, JobNotFound, Status, TranslationClient, TranslationClientError
from heygen_video_translation import __version__
from terminal.endings import Code, code_of
from terminal.screen import complain, err, leave_closed_pipe, out, style_of, write
from terminal.shows import Bars, JsonLines, Lines, Show
from terminal.words import printable, sentence_of, standing

app: Final = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
DEFAULT_SERVER: Final = "http://127.0.0.1:8000"
_EVERY_COMMAND: Final = "Every command"


def _tell_version(*, is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 done, 1 a job failed or a request was refused, 2 usage,"
    " 3 authentication, 4 deadline, 5 server unavailable, 130 interrupted."
)
def common(
    *,
    server: Annotated[
        str,
        typer.Option(
            envvar="TRANSLATION_SERVER",
            metavar="URL",
            help="The server's root.",
            rich_help_panel=_EVERY_COMMAND,
        ),
    ] = DEFAULT_SERVER,
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="TRANSLATION_API_KEY",
            metavar="KEY",
            help="Opens the key's own workspace.",
            rich_help_panel=_EVERY_COMMAND,
        ),
    ] = None,
    retries: Annotated[
        int,
        typer.Option(
            min=0,
            help="How often in a row to ask again after a failed request.",
            rich_help_panel=_EVERY_COMMAND,
        ),
    ] = 5,
    hold: Annotated[
        float,
        typer.Option(
            min=0.0,
            metavar="SECONDS",
            help="How long the server may hold an answer until the job ends; 0: not at all.",
            rich_help_panel=_EVERY_COMMAND,
        ),
    ] = 30.0,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print JSON lines and nothing else.", rich_help_panel=_EVERY_COMMAND
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Say what each poll saw, when the next one is, and why then.",
            rich_help_panel=_EVERY_COMMAND,
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Translate videos from the command line.

    python cli.py create --video-url https://example.com/talk.mp4 -l French --wait

    python cli.py wait $(python cli.py list --status pending --quiet)

    python cli.py download JOB -o talk.mp4
    """


_COMMON: Final = {
    name: option
    for name, option in inspect.signature(common).parameters.items()
    if name != "version"
}
"""The options of every command."""


class _Log(logging.Handler):
    """Puts log lines on stderr, above the bars where there are any."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if isinstance(record.args, tuple):
            for value in record.args:
                if isinstance(value, TranslationClientError):
                    message = message.replace(str(value), sentence_of(value))
        at = datetime.fromtimestamp(record.created).astimezone()
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        write(err, f"{at:%H:%M:%S}  {printable(message)}", style=style)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a command works with: the client, the way to print, and how to be called again."""

    client: TranslationClient
    as_json: bool
    again: tuple[str, ...]
    """The words that call this program with the same server."""
    unfinished: dict[str, None] = field(default_factory=dict)
    """The ids of the jobs that are being followed and have not ended, in order."""

    @property
    def is_live(self) -> bool:
        """Whether a person looks on at a terminal that can redraw lines."""
        on_terminal = sys.stdout.isatty() and sys.stderr.isatty()
        return on_terminal and not self.as_json and not err.is_dumb_terminal

    def show(self, jobs: Iterable[Job | str], *, explains: bool = False) -> Show:
        """Return the way to show jobs while they are waited for."""
        if self.as_json:
            return JsonLines()
        if self.is_live:
            return Bars(jobs, console=err, explains=explains)
        return Lines(explains=explains)

    def say(self, words: str, *, style: str = "", indent: int = 0) -> None:
        """Print a line for a person; nothing where only JSON is wanted."""
        if not self.as_json:
            write(out, words, style=style, indent=indent)

    def complain(self, *errors: TranslationClientError) -> None:
        """Say on stderr what went wrong, each thing once, and what may mend it."""
        for sentence in dict.fromkeys(map(sentence_of, errors)):
            complain(f"{sentence}.")
        codes = {code_of(error) for error in errors}
        if Code.AUTHENTICATION in codes:
            complain("Give a key that it knows by --api-key or TRANSLATION_API_KEY.")
        if Code.UNAVAILABLE in codes:
            complain("Is it running? Name another one by --server or TRANSLATION_SERVER.")

    def say_how_to_resume(self) -> None:
        """Say on stderr which command follows the unfinished jobs again, if there are any."""
        if self.unfinished:
            complain(f"To follow {'it' if len(self.unfinished) == 1 else 'them'} again:")
            self.propose(err, "wait", *self.unfinished)

    def propose(self, console: Console, *words: str) -> None:
        """Write the command line that calls this program again with these words."""
        console.print(Text(f"  {shlex.join([*self.again, *words])}"), soft_wrap=True)


def _program() -> list[str]:
    """Return the words that call this program: its name where a shell finds it by that."""
    called = sys.argv[0]
    if shutil.which(name := Path(called).name) == called:
        return [name]
    return sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]


def chosen(ctx: typer.Context, name: str) -> tuple[Any, bool]:
    """Return the value of an option of every command, and whether the command line gives it.

    It may stand after the command's name or before it; the nearer one counts.
    """
    contexts = [ctx, ctx.find_root()]
    for context in contexts:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            return context.params[name], True
    return contexts[-1].params[name], False


@contextmanager
def _session(ctx: typer.Context) -> Iterator[Session]:
    """Set up what a command works with, as the options of every command say."""
    options = {name: chosen(ctx, name) for name in _COMMON}
    again = _program()
    if options["server"][1]:
        again += ["--server", options["server"][0]]
    if options["api_key"][1]:
        again += ["--api-key", "KEY"]
    log = _Log()
    logger = logging.getLogger("client")
    try:
        client = TranslationClient(
            options["server"][0],
            api_key=options["api_key"][0],
            max_retries=options["retries"][0],
            hold=options["hold"][0],
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    level = logger.level
    logger.addHandler(log)
    logger.setLevel(logging.INFO if options["verbose"][0] else logging.WARNING)
    try:
        with client:
            yield Session(client=client, as_json=options["as_json"][0], again=tuple(again))
    finally:
        logger.setLevel(level)
        logger.removeHandler(log)


def command(verb: Callable[..., Code | None]) -> Callable[..., Code | None]:
    """Make a function a command that takes its own options and those of every command.

    It is given a `Session` first. An error of the client becomes a sentence on stderr and an exit
    code, and so does Ctrl-C.
    """

    def run(ctx: typer.Context, **given: Any) -> None:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with _session(ctx) as session:
            try:
                code = verb(session, **{name: given[name] for name in given.keys() - _COMMON})
            except TranslationClientError as error:
                session.complain(error)
                code = code_of(error)
            except BrokenPipeError:
                leave_closed_pipe()
            except KeyboardInterrupt:
                running = len(session.unfinished)
                goes_on = " The job goes on." if running == 1 else f" {running} jobs go on."
                complain(f"Interrupted.{goes_on if running else ''}")
                session.say_how_to_resume()
                code = Code.INTERRUPTED
        raise typer.Exit(code or Code.DONE)

    _, *own = inspect.signature(verb).parameters.values()
    taken = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    taken += [option.replace(kind=option.KEYWORD_ONLY) for option in (*own, *_COMMON.values())]
    run.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]  # inspect reads it
    run.__doc__ = verb.__doc__
    app.command(name=verb.__name__.rstrip("_"))(run)
    return verb


def follow(
    session: Session,
    jobs: Sequence[Job | str],
    *,
    timeout: float,
    explains: bool = False,
    quiet: bool = False,
) -> Code:
    """Wait for jobs' ends, showing every answer; return the exit code that they come to.

    Whatever ends the waiting leaves the jobs running, and says how to go on with it.
    """
    session.unfinished.update({job if isinstance(job, str) else job.id: None for job in jobs})
    show = Show() if quiet else session.show(jobs, explains=explains)

    def seen(job: Job) -> None:
        show.seen(job)
        if job.is_finished:
            session.unfinished.pop(job.id, None)

    with show:
        endings = session.client.wait_for_all(
            jobs, on_update=seen, timeout=timeout, return_exceptions=True
        )
    if session.is_live and not quiet:
        _conclude(session, [job for job in endings.values() if isinstance(job, Job)])
    lost = [error for error in endings.values() if not isinstance(error, Job)]
    session.complain(*lost)
    for name, ending in endings.items():
        if isinstance(ending, Job | JobNotFound):
            session.unfinished.pop(name, None)
    session.say_how_to_resume()
    return max(map(code_of, endings.values()), default=Code.DONE)


def _conclude(session: Session, jobs: Sequence[Job]) -> None:
    """Say below the bars what they have no room for."""
    for job in jobs:
        if job.status == Status.ERROR:
            session.say(f"Job {job.id} {standing(job)}", style=style_of(job))
        elif len(jobs) == 1:
            session.say(f"Job {job.id} {standing(job)}. To download it:")
            session.propose(out, "download", job.id)
