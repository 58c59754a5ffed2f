"""The pages that `--help` shows, and the errors in arguments."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# Contexts and parameters are `Any`, as their classes depend on typer's version.


def _without_types(params: list[Any]) -> list[Any]:
    """Return the parameters; typer would print the type `<bool>` for options without a value."""
    for param in params:
        if getattr(param, "is_flag", False):
            param.metavar = ""
    return params


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Leave out the name of the exception, with which typer begins some messages."""
    try:
        yield
    except typer.BadParameter as error:
        error.message = error.message.removeprefix("Value error, ")
        raise


class Command(TyperCommand):
    """Prints options that take no value without a type."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with _plain_errors():
            return super().parse_args(ctx, args)


class CommandsFirst(TyperGroup):
    """Prints its commands before its options; typer does it the other way round."""

    heading: str | None = None
    """What stands at the top instead of the usage."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with _plain_errors():
            return super().parse_args(ctx, args)

    def get_usage(self, ctx: Any) -> str:
        return self.heading or super().get_usage(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        commands, options = copy(self), copy(self)
        commands.params, commands.add_help_option, commands.epilog = [], False, None
        options.commands, options.help = {}, None
        options.heading = "The options of every command may come before or after its name:"
        for part in (commands, options):
            super(CommandsFirst, part).format_help(ctx, formatter)
