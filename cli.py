#!/usr/bin/env python3
"""The video-translation client at a terminal: start jobs, follow them, list, cancel, download.

On a terminal jobs are bars that move between polls; in a pipe they are plain lines; with --json
they are JSON lines. What was asked for goes to stdout, everything else to stderr.
"""

import signal

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until there is something to say, ends quietly

import inspect
import itertools
import json
import logging
import math
import os
import shlex
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, Self
from urllib.parse import quote

try:
    import typer
except ImportError as missing:
    raise SystemExit(
        "typer is not installed in this Python. `make run` sets everything up, and then"
        " .venv/bin/python cli.py is it; without make: pip install -r requirements.txt"
    ) from missing
from rich.console import Console, Group, RenderableType
from rich.filesize import decimal
from rich.live import Live
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from client import (
    AuthenticationFailed,
    Conflict,
    Job,
    JobNotFound,
    PollingTimeout,
    RateLimited,
    ServerUnavailable,
    Status,
    TranslationClient,
    TranslationClientError,
)


class Code(IntEnum):
    """What a command's exit code says; where several apply, the highest."""

    DONE = 0
    FAILED = 1
    """A job failed, or a request was refused: not found, invalid, a conflict."""
    USAGE = 2
    AUTHENTICATION = 3
    DEADLINE = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    """As any program whose reader has left, such as `head`."""


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        _leave_closed_pipe()


out: Final = _Console(highlight=False, emoji=False)
err: Final = _Console(stderr=True, highlight=False, emoji=False)

STYLES: Final[Mapping[str, str]] = {
    Status.PENDING: "cyan",
    Status.COMPLETED: "green",
    Status.ERROR: "red",
}


def _style(job: Job) -> str:
    return STYLES.get(job.status, "")


def _leave_closed_pipe() -> NoReturn:
    """Exit quietly: whoever read the output has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(Code.PIPE_CLOSED)


def _printable(text: str) -> str:
    """Return a text without what would move the cursor, split a line or cannot be encoded."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _left(seconds: float) -> str:
    """Write the seconds that are left, rounded up as a countdown is."""
    return _clock(math.ceil(max(seconds, 0.0)))


def _passed(seconds: float) -> str:
    """Write the seconds that have passed, to the nearest one, half a second up."""
    return _clock(math.floor(max(seconds, 0.0) + 0.5))


def _clock(seconds: int) -> str:
    """Write seconds as 0:07, 12:03 or 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _percentage(progress: float) -> str:
    return f"{int(progress * 100)} %"


def _took(job: Job) -> str | None:
    """Return how long a job took, where that is known."""
    if job.created_at is None or job.finished_at is None:
        return None
    return _passed((job.finished_at - job.created_at).total_seconds())


def _time_left(job: Job) -> str:
    """Return what is known of the time left, with its range."""
    left, bounds = job.estimated_time_remaining, job.estimated_time_remaining_range
    if left is None:
        return "no estimate"
    around = f" ({_left(bounds[0])} to {_left(bounds[1])})" if bounds else ""
    return f"{_left(left)} left{around}"


def _why(job: Job) -> str:
    if job.error is None:
        return "no reason given"
    return f"{_printable(job.error.message)} ({_printable(job.error.code)})"


def _standing(job: Job) -> str:
    """Return where a job stands, in a few words."""
    took = _took(job)
    if job.status == Status.COMPLETED:
        return f"completed in {took}" if took else "completed"
    if job.status == Status.ERROR:
        return f"failed after {took}: {_why(job)}" if took else f"failed: {_why(job)}"
    words = [_printable(job.status)]
    if job.progress is not None:
        words.append(_percentage(job.progress))
    return ", ".join([*words, _time_left(job)])


def _document(job: Job) -> dict[str, Any]:
    """Return a job as the API's JSON shows it."""
    bounds, error = job.estimated_time_remaining_range, job.error
    return {
        "id": job.id,
        "status": job.status,
        "progress": job.progress,
        "estimated_time_remaining": job.estimated_time_remaining,
        "estimated_time_remaining_range": bounds and list(bounds),
        "title": job.title,
        "video_url": job.video_url,
        "target_language": job.target_language,
        "created_at": job.created_at and _instant(job.created_at),
        "finished_at": job.finished_at and _instant(job.finished_at),
        "result_url": job.result_url,
        "error": error
        and {"code": error.code, "message": error.message, "retryable": error.retryable},
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _json_line(value: object) -> None:
    typer.echo(json.dumps(value))


def _sentence(error: TranslationClientError) -> str:
    """Return what went wrong, without the request that it went wrong in."""
    if isinstance(error, PollingTimeout):
        return "The deadline came before the end"
    return _printable(error.detail).removesuffix(".")


def _write(console: Console, words: str, *, style: str = "", indent: int = 0) -> None:
    """Write a line, broken between words where a terminal ends, and never within one."""
    if console.file.isatty():
        lines = textwrap.fill(
            words,
            console.width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        console.print(Text(lines), style=style, soft_wrap=True)
    else:
        typer.echo(words, file=console.file)


def _complain(words: str) -> None:
    _write(err, words, style="red")


def _code(ending: Job | TranslationClientError) -> Code:
    """Return the exit code that an ending stands for."""
    if isinstance(ending, Job):
        return Code.FAILED if ending.status == Status.ERROR else Code.DONE
    if isinstance(ending, AuthenticationFailed):
        return Code.AUTHENTICATION
    if isinstance(ending, PollingTimeout):
        return Code.DEADLINE
    if isinstance(ending, ServerUnavailable | RateLimited):
        return Code.UNAVAILABLE
    return Code.FAILED


class Show:
    """A way to show jobs while somebody waits for them; this one shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the screen in order."""

    def seen(self, job: Job) -> None:
        """Show what an answer says of a job."""


class JsonLines(Show):
    """Every answer as a line of JSON."""

    def seen(self, job: Job) -> None:
        _json_line(_document(job))


class Lines(Show):
    """Every answer as a line of words; `explains` adds when the next poll is, and why then."""

    def __init__(self, *, explains: bool = False) -> None:
        self._explains = explains

    def seen(self, job: Job) -> None:
        typer.echo(_line(job, explains=self._explains))


def _line(job: Job, *, explains: bool) -> str:
    """Return what an answer says of a job, on one line that begins with the time of day."""
    now = datetime.now().astimezone()
    words = f"{now:%H:%M:%S}  {job.id}  {_standing(job)}"
    if job.status == Status.COMPLETED and job.result_url:
        words = f"{words}: {_printable(job.result_url)}"
    return f"{words}; {job.next_poll}" if explains and job.next_poll else words


class _Row:
    """One job's bar: what the last answer said, and how that goes on until the next one."""

    FULLEST: Final = 0.99
    """As far as a bar runs on its own: only an answer says that a job is done."""

    def __init__(self, label: str, *, now: float) -> None:
        self.label = label
        self.job: Job | None = None
        self._started_at = now
        self._seen_at = now
        self._base = 0.0

    def see(self, job: Job, *, now: float) -> None:
        """Take in an answer; the bar goes on from where it is, or further along."""
        told = 0.0 if job.status == Status.ERROR else job.progress or 0.0
        self._base = max(self.progress(now) or self._base, told)
        self._seen_at = now
        self.job = job
        if job.title:
            self.label = _printable(job.title)

    @property
    def is_finished(self) -> bool:
        return self.job is not None and self.job.is_finished

    def progress(self, now: float) -> float | None:
        """Return the share done at `now`, never less than before; `None` where it is unknown.

        It moves so as to be full when the time left, as last estimated, is over.
        """
        if self.job is None:
            return None
        if self.job.status == Status.COMPLETED:
            return 1.0
        estimate = self.job.estimated_time_remaining
        if estimate is None:
            return self._base or None
        share = min((now - self._seen_at) / estimate, 1.0) if estimate > 0.0 else 1.0
        return max(self._base, min(self._base + (1.0 - self._base) * share, self.FULLEST))

    def ending(self, now: float) -> str:
        """Return what stands at the bar's end."""
        if self.job is None:
            return "asking"
        if self.job.is_finished:
            took = _took(self.job) or ""
            return f"took {took}" if self.job.status == Status.COMPLETED else f"failed {took}"
        estimate = self.job.estimated_time_remaining
        if estimate is None:
            return f"{_passed(now - self._started_at)} so far"
        left = estimate - (now - self._seen_at)
        return f"{_left(left)} left" if left > 0.0 else "any moment"


class Bars(Show):
    """A bar a job, which moves between the answers; above them the lines that `explains` adds."""

    WIDEST: Final = 100
    REFRESHES_PER_SECOND: Final = 8

    def __init__(
        self,
        jobs: Iterable[Job | str],
        *,
        console: Console,
        clock: Callable[[], float] = time.monotonic,
        explains: bool = False,
    ) -> None:
        self._console = console
        self._clock = clock
        self._explains = explains
        self._started_at = now = clock()
        self._rows: dict[str, _Row] = {}
        for job in jobs:
            identity = job if isinstance(job, str) else job.id
            self._rows[identity] = row = _Row(_printable(identity), now=now)
            if isinstance(job, Job):
                row.see(job, now=now)
        self._live = Live(
            console=console,
            get_renderable=self.frame,
            refresh_per_second=self.REFRESHES_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def seen(self, job: Job) -> None:
        now = self._clock()
        self._rows.setdefault(job.id, _Row(_printable(job.id), now=now)).see(job, now=now)
        if self._explains:
            _write(self._console, _line(job, explains=True), style="dim")

    def frame(self) -> RenderableType:
        """Return the bars as they are now, as many as the terminal has room for."""
        now, rows = self._clock(), list(self._rows.values())
        room = max(self._console.height - 2, 1)
        shown = rows
        if len(rows) > room:
            running = [row for row in rows if not row.is_finished]
            shown = (running + [row for row in rows if row.is_finished])[:room]
        width = min(self._console.width, self.WIDEST)
        grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
        grid.width = width
        grid.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width // 3, 8))
        grid.add_column(ratio=1)
        grid.add_column(justify="right", no_wrap=True, min_width=5)
        grid.add_column(justify="right", no_wrap=True, min_width=10)
        for row in shown:
            progress = row.progress(now)
            style = _style(row.job) if row.job else ""
            grid.add_row(
                Text(row.label),
                ProgressBar(
                    completed=100.0 * (progress or 0.0),
                    pulse=progress is None,
                    complete_style=style,
                    finished_style=style,
                    pulse_style=style,
                    animation_time=now,
                ),
                "" if progress is None else _percentage(progress),
                Text(row.ending(now), style=style),
            )
        return Group(grid, self._tally(rows, now)) if len(rows) > 1 else grid

    def _tally(self, rows: Sequence[_Row], now: float) -> Text:
        """Return how many jobs have ended, and how."""
        endings = [row.job.status for row in rows if row.job and row.job.is_finished]
        failed = endings.count(Status.ERROR)
        words = f"{len(endings)} of {len(rows)} ended"
        if failed:
            words = f"{words}, {failed} failed"
        return Text(f"{words}, {_passed(now - self._started_at)}", style="dim")


app: Final = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
DEFAULT_SERVER: Final = "http://127.0.0.1:8000"
_EVERY_COMMAND: Final = "Every command"


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
) -> None:
    """Translate videos from the command line.

    python cli.py create --video-url https://example.com/talk.mp4 -l French --wait

    python cli.py wait $(python cli.py list --status pending --quiet)

    python cli.py download JOB -o talk.mp4
    """


_COMMON: Final = inspect.signature(common).parameters


class _Log(logging.Handler):
    """Puts log lines on stderr, above the bars where there are any."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if isinstance(record.args, tuple):
            for value in record.args:
                if isinstance(value, TranslationClientError):
                    message = message.replace(str(value), _sentence(value))
        at = datetime.fromtimestamp(record.created).astimezone()
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        _write(err, f"{at:%H:%M:%S}  {_printable(message)}", style=style)


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
            _write(out, words, style=style, indent=indent)

    def complain(self, *errors: TranslationClientError) -> None:
        """Say on stderr what went wrong, each thing once, and what may mend it."""
        for sentence in dict.fromkeys(map(_sentence, errors)):
            _complain(f"{sentence}.")
        codes = {_code(error) for error in errors}
        if Code.AUTHENTICATION in codes:
            _complain("Give a key that it knows by --api-key or TRANSLATION_API_KEY.")
        if Code.UNAVAILABLE in codes:
            _complain("Is it running? Name another one by --server or TRANSLATION_SERVER.")

    def say_how_to_resume(self) -> None:
        """Say on stderr which command follows the unfinished jobs again, if there are any."""
        if self.unfinished:
            _complain(f"To follow {'it' if len(self.unfinished) == 1 else 'them'} again:")
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


def _chosen(ctx: typer.Context, name: str) -> tuple[Any, bool]:
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
    chosen = {name: _chosen(ctx, name) for name in _COMMON}
    again = _program()
    if chosen["server"][1]:
        again += ["--server", chosen["server"][0]]
    if chosen["api_key"][1]:
        again += ["--api-key", "KEY"]
    log = _Log()
    logger = logging.getLogger("client")
    try:
        client = TranslationClient(
            chosen["server"][0],
            api_key=chosen["api_key"][0],
            max_retries=chosen["retries"][0],
            hold=chosen["hold"][0],
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    level = logger.level
    logger.addHandler(log)
    logger.setLevel(logging.INFO if chosen["verbose"][0] else logging.WARNING)
    try:
        with client:
            yield Session(client=client, as_json=chosen["as_json"][0], again=tuple(again))
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
                code = _code(error)
            except BrokenPipeError:
                _leave_closed_pipe()
            except KeyboardInterrupt:
                running = len(session.unfinished)
                goes_on = " The job goes on." if running == 1 else f" {running} jobs go on."
                _complain(f"Interrupted.{goes_on if running else ''}")
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


def _follow(
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
    return max(map(_code, endings.values()), default=Code.DONE)


def _conclude(session: Session, jobs: Sequence[Job]) -> None:
    """Say below the bars what they have no room for."""
    for job in jobs:
        if job.status == Status.ERROR:
            session.say(f"Job {job.id} {_standing(job)}", style=_style(job))
        elif len(jobs) == 1:
            session.say(f"Job {job.id} {_standing(job)}. To download it:")
            session.propose(out, "download", job.id)


class Outcome(StrEnum):
    """How a simulated job is to end."""

    COMPLETED = "completed"
    ERROR = "error"
    STUCK = "stuck"


def _simulation(given: str) -> dict[str, Any]:
    """Read a simulation's JSON object."""
    try:
        simulation = json.loads(given, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{given!r} is not JSON: {error}.") from None
    if not isinstance(simulation, dict):
        raise typer.BadParameter(f"{given!r} is not a JSON object.")
    return simulation


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number there")


def _duration(given: str) -> float | list[float]:
    """Read seconds, as `12`, or their lowest and highest number, as `5-15`."""
    try:
        ends = [float(end) for end in given.split("-")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2) or not all(map(math.isfinite, ends)):
        raise typer.BadParameter(f"{given!r} is neither seconds, as 12, nor a range, as 5-15.")
    return ends if len(ends) > 1 else ends[0]


def _header_value(given: str | None) -> str | None:
    if given is not None and not (given.isascii() and given.isprintable()):
        raise typer.BadParameter("It can hold printable ASCII characters only.")
    return given


def _jobs_beginning_with(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the newest jobs that the shell may complete an id to, each with where it stands."""
    try:
        with TranslationClient(
            _chosen(ctx, "server")[0],
            api_key=_chosen(ctx, "api_key")[0],
            max_retries=0,
            request_timeout=LONGEST_COMPLETION,
        ) as client:
            newest = itertools.islice(client.list_jobs(limit=MOST_PER_PAGE), MOST_PER_PAGE)
            return [
                (job.id, " ".join(filter(None, [_standing(job), _printable(job.title)])))
                for job in newest
                if job.id.startswith(incomplete)
            ]
    except (TranslationClientError, ValueError):
        return []


LONGEST_COMPLETION: Final = 1.0
"""Seconds that the shell may be kept waiting for ids."""

_JobArgument = Annotated[
    str, typer.Argument(metavar="JOB", help="The job's id.", autocompletion=_jobs_beginning_with)
]
_NewestArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="JOB",
        help="The job's id; the newest job if left out.",
        autocompletion=_jobs_beginning_with,
    ),
]
_JobsArgument = Annotated[
    list[str],
    typer.Argument(metavar="JOB...", help="The jobs' ids.", autocompletion=_jobs_beginning_with),
]
_Timeout = Annotated[
    float,
    typer.Option(
        min=0.0, metavar="SECONDS", help="Wait no longer than this; 'inf' is as long as it takes."
    ),
]
_Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print ids and nothing else, for other commands.")
]
DEFAULT_TIMEOUT: Final = 3600.0


@command
def create(
    session: Session,
    *,
    video_url: Annotated[
        str | None, typer.Option(metavar="URL", help="The video, by http or https.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What to call the job.")] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", "-l", help="Into which language; Spanish if left out."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Follow the job to its end.")] = False,
    timeout: _Timeout = DEFAULT_TIMEOUT,
    quiet: _Quiet = False,
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            callback=_header_value,
            metavar="KEY",
            help="The same key never starts a second job within a day.",
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What it is put through: flaky, say.", rich_help_panel="Simulation"
        ),
    ] = None,
    duration: Annotated[
        Any,
        typer.Option(
            parser=_duration,
            metavar="SECONDS",
            help="How long it takes: 12, or 5-15.",
            rich_help_panel="Simulation",
        ),
    ] = None,
    outcome: Annotated[
        Outcome | None, typer.Option(help="How it ends.", rich_help_panel="Simulation")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(help="The same seed deals the same plan.", rich_help_panel="Simulation"),
    ] = None,
    simulation: Annotated[
        Any,
        typer.Option(
            parser=_simulation,
            metavar="JSON",
            help="Everything the API takes; the options above win over it.",
            rich_help_panel="Simulation",
        ),
    ] = None,
) -> Code | None:
    """Start a job.

    python cli.py create --video-url https://example.com/talk.mp4 -l French --wait

    python cli.py create --duration 5-15 --outcome error --wait

    python cli.py create --scenario flaky --wait

    python cli.py create --simulation '{"duration": 30, "estimate": "none"}'
    """
    plan = {"scenario": scenario, "duration": duration, "outcome": outcome, "seed": seed}
    wishes = (simulation or {}) | {name: wish for name, wish in plan.items() if wish is not None}
    fields = {
        "video_url": video_url,
        "title": title,
        "target_language": language,
        "simulation": wishes or None,
    }
    try:
        job = session.client.create_job(
            idempotency_key=idempotency_key,
            **{name: value for name, value in fields.items() if value is not None},
        )
    except KeyboardInterrupt:
        _complain("Interrupted before the server answered: it may have started the job or not.")
        return Code.INTERRUPTED
    if wait:
        session.unfinished[job.id] = None
    if session.as_json:
        _json_line(_document(job))
    elif quiet:
        typer.echo(job.id)
    else:
        language = _printable(job.target_language or "its language")
        session.say(f"Job {job.id}: {language}, {_time_left(job)}")
    if wait:
        return _follow(session, [job], timeout=timeout, quiet=quiet)
    return None


@command
def status(session: Session, job: _NewestArgument = None) -> None:
    """Show a job as it stands now, the newest one unless told which."""
    found = session.client.get_status(job)
    if session.as_json:
        _json_line(_document(found))
        return
    lines = {
        "Job": found.id,
        "Status": _standing(found),
        "Language": found.target_language,
        "Title": found.title,
        "Video": found.video_url,
        "Created": found.created_at and f"{found.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
        "Result": found.result_url,
    }
    for name, value in lines.items():
        if value:
            session.say(f"{name:<9}{_printable(value)}", indent=9)


@command
def wait(
    session: Session,
    jobs: Annotated[
        list[str] | None,
        typer.Argument(metavar="JOB", help="The jobs' ids.", autocompletion=_jobs_beginning_with),
    ] = None,
    *,
    timeout: _Timeout = DEFAULT_TIMEOUT,
) -> Code:
    """Follow jobs to their ends, all at once; no ids are nothing to wait for.

    python cli.py wait JOB

    python cli.py wait $(python cli.py list --status pending --quiet)
    """
    if not jobs:
        session.say("Nothing to wait for.")
        return Code.DONE
    return _follow(session, jobs, timeout=timeout)


@command
def watch(
    session: Session, job: _NewestArgument = None, *, timeout: _Timeout = DEFAULT_TIMEOUT
) -> Code:
    """Follow one job, the newest unless told which, and say of every poll why it came then."""
    return _follow(session, [job or session.client.get_status().id], timeout=timeout, explains=True)


LISTED: Final = 20
"""Jobs that a list shows unless told otherwise."""


@command
def list_(
    session: Session,
    *,
    status: Annotated[Status | None, typer.Option(help="Only jobs with this status.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="Only jobs into this language.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"How many jobs at most; {LISTED} if left out, with --quiet all of them."
        ),
    ] = None,
    quiet: _Quiet = False,
) -> None:
    """List jobs, newest first.

    python cli.py list --status error --limit 100

    python cli.py list --quiet | head -1
    """
    if limit is None and not quiet:
        limit = LISTED
    page = MOST_PER_PAGE if limit is None else min(limit, MOST_PER_PAGE)
    jobs = itertools.islice(
        session.client.list_jobs(status=status, target_language=language, limit=page), limit
    )
    if session.as_json:
        for job in jobs:
            _json_line(_document(job))
    elif quiet:
        for job in jobs:
            typer.echo(job.id)
    elif session.is_live:
        _table(list(jobs))
    else:
        for job in jobs:
            typer.echo("\t".join(_cells(job)))


MOST_PER_PAGE: Final = 100
NARROW: Final = 72
"""Columns below which a job's id leaves no room for more beside it."""


def _cells(job: Job) -> list[str]:
    """Return what a list says of a job: id, status, time taken or left, language, title."""
    status = _printable(job.status)
    if not job.is_finished and job.progress is not None:
        status = f"{status} {_percentage(job.progress)}"
    left = job.estimated_time_remaining
    spent = _took(job) or ("" if left is None else f"{_left(left)} left")
    return [job.id, status, spent, _printable(job.target_language or ""), _printable(job.title)]


def _table(jobs: Sequence[Job]) -> None:
    """Print a list of jobs as wide as the terminal: ids are never cut, titles may be."""
    if not jobs:
        out.print(Text("No jobs.", style="dim"))
        return
    rows = [_cells(job) for job in jobs]
    if out.width < NARROW:
        for job, (identity, status, *rest) in zip(jobs, rows, strict=True):
            out.print(Text(identity))
            out.print(Text(f"  {status}", style=_style(job)), Text(", ".join(filter(None, rest))))
        return
    names = ["Job", "Status", "Time", "Language", "Title"]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    widths[-1] = out.width - sum(widths[:-1]) - 2 * len(widths[:-1])
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, width in zip(names, widths, strict=True):
        grid.add_column(name, no_wrap=True, overflow="ellipsis", min_width=width, max_width=width)
    for job, (identity, status, *rest) in zip(jobs, rows, strict=True):
        grid.add_row(Text(identity), Text(status, style=_style(job)), *map(Text, rest))
    out.print(grid)


@command
def cancel(session: Session, jobs: _JobsArgument) -> Code:
    """Cancel jobs that have not ended."""
    code = Code.DONE
    for job in jobs:
        try:
            canceled = session.client.cancel(job)
        except (Conflict, JobNotFound) as error:
            session.complain(error)
            code = Code.FAILED
        else:
            if session.as_json:
                _json_line(_document(canceled))
            session.say(f"Job {canceled.id} is canceled.")
    return code


@command
def download(
    session: Session,
    job: _JobArgument,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="A file or folder; JOB.mp4 if left out."
        ),
    ] = None,
) -> Code | None:
    """Save the translated video of a job that is completed.

    python cli.py download JOB -o talk.mp4
    """
    path = Path(f"{quote(job, safe='')}.mp4")
    if output is not None:
        path = output / path if output.is_dir() else output
    try:
        _save(session, job, path)
    except OSError as error:
        _complain(f"{path} cannot be written: {(error.strerror or str(error)).lower()}.")
        return Code.FAILED
    size = path.stat().st_size
    if session.as_json:
        _json_line({"id": job, "path": str(path), "bytes": size})
    session.say(f"Saved {path}, {decimal(size)}.")
    return None


def _save(session: Session, job: str, path: Path) -> None:
    """Download a job's video, with a bar where somebody looks on."""
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not session.is_live) as bar:
        task = bar.add_task("", total=None)
        session.client.download(
            job,
            path,
            on_progress=lambda received, total: bar.update(task, completed=received, total=total),
        )


def main() -> None:
    """Run the command that the command line asks for."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    app()


if __name__ == "__main__":
    main()
