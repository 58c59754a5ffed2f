"""The command line's commands, by name."""

from functools import partial
from typing import Final

import typer

from heygen_video_translation.cli import commands
from heygen_video_translation.cli.administration import createsuperuser, prune
from heygen_video_translation.cli.help_page import Command, CommandsFirst
from heygen_video_translation.cli.options import common
from heygen_video_translation.cli.program import help_text, program_name
from heygen_video_translation.cli.serve import serve
from heygen_video_translation.cli.translate import translate

app: Final = typer.Typer(
    cls=CommandsFirst,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.callback(
    help=help_text(
        common.__doc__,
        "translate talk.mp4 --to French --to German -o out/",
        "create --video-url https://example.com/talk.mp4 -l French --wait",
        f"wait $({program_name()} list --status pending --quiet)",
        "download JOB -o talk.mp4",
    ),
    epilog="Exit codes: 0 done, 1 a job failed or a request was refused, 2 usage,"
    " 3 authentication, 4 deadline, 5 server unavailable, 130 interrupted.",
)(common)

add_command = partial(app.command, cls=Command)
add_command("translate")(translate)
add_command("create")(commands.create)
add_command("status")(commands.status)
add_command("wait")(commands.wait)
add_command("watch")(commands.watch)
add_command("list")(commands.list_jobs)
add_command("cancel")(commands.cancel)
add_command("download")(commands.download)
add_command(
    "serve",
    help=help_text(
        serve.__doc__,
        "serve --port 8001 --min-delay 60 --max-delay 600",
        "serve --temporary --error-probability 0.5",
    ),
)(serve)
add_command("prune")(prune)
add_command("createsuperuser")(createsuperuser)
