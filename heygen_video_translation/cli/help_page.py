"""The page that `--help` shows without a command: the commands come before the options."""

from copy import copy
from typing import Any

from typer.core import TyperGroup


class CommandsFirst(TyperGroup):
    """Prints its commands before its options; typer does it the other way round.

    A context is `Any`, as its class depends on typer's version.
    """

    heading: str | None = None
    """What stands at the top instead of the usage."""

    def get_usage(self, ctx: Any) -> str:
        return self.heading or super().get_usage(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        commands, options = copy(self), copy(self)
        commands.params, commands.add_help_option, commands.epilog = [], False, None
        options.commands, options.help = {}, None
        options.heading = "The options of every command may come before or after its name:"
        for part in (commands, options):
            super(CommandsFirst, part).format_help(ctx, formatter)
