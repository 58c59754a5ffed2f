"""`runserver`, ready at once: it makes the store, and something to see in it, by itself."""

import atexit
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.management.commands import runserver
from django.core.management import CommandParser, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from vid_trans_api.models import Job
from vid_trans_api.operations import JobRequest, create_exempt_job
from vid_trans_api.serving.development import Server, requests_in_progress
from vid_trans_api.serving.long_polls import long_polls
from vid_trans_api.simulation.options import Outcome, SimulationOptions

DEMONSTRATION_SECONDS: Final = 60.0
_LONGEST_MIGRATION: Final = 120.0
_LONGEST_GOODBYE: Final = 2.0


class Command(runserver.Command):
    help = (
        "Starts the development server. Applies migrations first, and starts a demonstration job"
        " where there is no job yet."
    )

    addr: str
    server_cls = Server
    demonstrates = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--no-demonstration",
            dest="demonstrates",
            action="store_false",
            help="Leave a store without jobs as it is.",
        )

    def run(self, **options: Any) -> None:
        self.demonstrates = options["demonstrates"]
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        atexit.register(_say_goodbye)
        super().run(**options)

    def check_migrations(self) -> None:
        """Apply what Django would only warn of; of two that start at once, one does it."""
        with _only_one():
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                call_command("migrate", verbosity=0)
                self.stdout.write(f"The job store is ready: {connection.settings_dict['NAME']}")
            if self.demonstrates and not settings.API_KEYS and not Job.objects.exists():
                _start_demonstration()

    def on_bind(self, server_port: int) -> None:
        super().on_bind(server_port)
        host = self.addr if self.addr not in {"0", "0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
        root = f"{self.protocol}://{f'[{host}]' if ':' in host else host}:{server_port}"
        self.stdout.write(
            f"\n  Jobs   {root}/\n  API    {root}/vid_trans_api/docs\n  Admin  {root}/admin/\n"
        )


@contextmanager
def _only_one() -> Iterator[None]:
    """Keep other processes that start on the same store out, until this one is done.

    The lock is SQLite's own, on an empty file beside the store: it works wherever the store does,
    and ends with the process.
    """
    path = f"{connection.settings_dict['NAME']}.lock"
    with closing(sqlite3.connect(path, timeout=_LONGEST_MIGRATION, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield


def _start_demonstration() -> None:
    options = SimulationOptions(
        duration=(DEMONSTRATION_SECONDS, DEMONSTRATION_SECONDS), outcome=Outcome.COMPLETED
    )
    request = JobRequest(
        title="Demonstration",
        video_url="https://example.com/talk.mp4",
        options={"simulation": options},
    )
    create_exempt_job(request, key_digest="")


def _say_goodbye() -> None:
    long_polls.stop()
    requests_in_progress.wait_until_none(_LONGEST_GOODBYE)
