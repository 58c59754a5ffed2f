"""`manage.py runserver`: the development server; it prepares the database and a first job."""

import atexit
import errno
import signal
import sys
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.management.commands import runserver
from django.core.management import CommandError, CommandParser, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from vid_trans_api.database_errors import UnusableDatabase
from vid_trans_api.http.authentication import is_accepted
from vid_trans_api.models import Job
from vid_trans_api.models.database import check_access, startup_lock
from vid_trans_api.monitoring.metrics_port import open_port, start_metrics
from vid_trans_api.operations import JobRequest, create_exempt_job
from vid_trans_api.serving.development import Server, requests_in_progress
from vid_trans_api.serving.long_polls import long_polls
from vid_trans_api.serving.open_files import allow_long_polls
from vid_trans_api.simulation.options import Outcome, SimulationOptions
from vid_trans_api.webhooks.dispatcher import dispatcher

DEMONSTRATION_SECONDS: Final = 60.0
_DEMONSTRATION_TIMEOUT: Final = 120.0
_SHUTDOWN_TIMEOUT: Final = 2.0
_LARGEST_PORT: Final = 65535


class PortInUse(OSError):
    """The port is in use; Django's server prints the message and exits with 1."""


class _Server(Server):
    def server_bind(self) -> None:
        try:
            super().server_bind()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            port = self.server_address[1]
            other = port + 1 if port < _LARGEST_PORT else port - 1
            raise PortInUse(
                f"Port {port} is in use. Use another one: make run PORT={other}"
                f" (without make: python manage.py runserver {other})"
            ) from None


class Command(runserver.Command):
    help = (
        "Starts the development server. First applies the migrations, and creates a demonstration"
        " job if there are no jobs."
    )

    addr: str
    server_cls = _Server
    demonstrates = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--no-demonstration",
            dest="demonstrates",
            action="store_false",
            help="Do not create a demonstration job.",
        )

    def run(self, **options: Any) -> None:
        self.demonstrates = options["demonstrates"]
        _check_database()
        allowed = allow_long_polls(settings.MAX_LONG_POLLS)
        if allowed < settings.MAX_LONG_POLLS:
            self.stderr.write(
                f"The limit on open files (ulimit -Hn) allows {allowed} long polls instead of"
                f" {settings.MAX_LONG_POLLS}."
            )
            settings.MAX_LONG_POLLS = allowed
        signal.signal(signal.SIGTERM, _exit)
        atexit.register(_finish_requests)
        super().run(**options)

    def check_migrations(self) -> None:
        """Apply the migrations, about which Django would only print a warning."""
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0)
            self.stdout.write(f"The database is ready: {connection.settings_dict['NAME']}")
        with startup_lock(connection, seconds=_DEMONSTRATION_TIMEOUT):
            if self.demonstrates and is_accepted("") and not Job.objects.exists():
                _create_demonstration()

    def on_bind(self, server_port: int) -> None:
        super().on_bind(server_port)
        if settings.METRICS:
            if settings.METRICS_PORT:
                open_port(settings.METRICS_HOST, settings.METRICS_PORT)
            start_metrics()
        if settings.DISPATCH_WEBHOOKS:
            dispatcher.start()
        host = self.addr if self.addr not in {"0", "0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104
        root = f"{self.protocol}://{f'[{host}]' if ':' in host else host}:{server_port}"
        self.stdout.write(
            f"\n  Jobs   {root}/\n  API    {root}/vid_trans_api/docs\n  Admin  {root}/admin/\n"
        )


def _check_database() -> None:
    """Raise CommandError if the database cannot be used.

    The thread that serves, which is another one with automatic reloading, would print a traceback.
    """
    try:
        check_access(connection)
    except UnusableDatabase as error:
        raise CommandError(str(error)) from None


def _create_demonstration() -> None:
    options = SimulationOptions(
        duration=(DEMONSTRATION_SECONDS, DEMONSTRATION_SECONDS), outcome=Outcome.COMPLETED
    )
    request = JobRequest(
        title="Demonstration",
        video_url="https://example.com/talk.mp4",
        options={"simulation": options},
    )
    create_exempt_job(request, key_digest="")


def _exit(*_: object) -> None:
    dispatcher.stop()  # at once: Python waits for the threads that send before `_finish_requests`
    sys.exit(0)


def _finish_requests() -> None:
    dispatcher.stop()
    long_polls.stop()
    requests_in_progress.wait_until_none(_SHUTDOWN_TIMEOUT)
    dispatcher.join(_SHUTDOWN_TIMEOUT)
