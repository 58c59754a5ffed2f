"""`vid-trans`: the client at a terminal, and the server.

Jobs are shown as progress bars on a terminal, as plain lines in a pipe, and as JSON lines with
`--json`. Results go to standard output, everything else to standard error.
"""

import signal
import sys

from heygen_video_translation.cli.extras import require_extra

__all__ = ["main"]


def main() -> None:
    """Run the command that the command line names."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl-C while the modules load ends the program without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # The extra for the server includes the one for the command line.
    require_extra(
        "server" if sys.argv[1:2] == ["serve"] else "cli", "typer", "rich", "platformdirs"
    )

    from heygen_video_translation.cli.app import app  # noqa: PLC0415 (it needs typer)

    app()
