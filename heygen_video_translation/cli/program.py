"""How this program is called: `vid-trans`, `python cli.py` or `python -m …`."""

import inspect
import shutil
import signal
import sys
from pathlib import Path


def program_name() -> str:
    """Return the words that help texts call this program by."""
    path = Path(sys.argv[0])
    if path.name == "__main__.py":
        return f"python -m {path.parent.name}"
    return f"python {path.name}" if path.suffix == ".py" else path.name


def program_words() -> list[str]:
    """Return the words that call this program again from here."""
    name = Path(sys.argv[0]).name
    if shutil.which(name) == sys.argv[0]:
        return [name]
    return sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]


def enable_ctrl_c() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again; while modules load, it ends the program."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def help_text(docstring: str | None, *examples: str) -> str:
    """Return a help text: a docstring, and below it example arguments as full command lines."""
    lines = [f"{program_name()} {example}" for example in examples]
    return "\n\n".join([inspect.cleandoc(docstring or ""), *lines])
