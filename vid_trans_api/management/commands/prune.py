"""`manage.py prune`: delete what is old: jobs, keys, logged requests, workspaces."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import pluralize

from vid_trans_api.models import read_time
from vid_trans_api.operations.prune import InvalidAge, prune


class Command(BaseCommand):
    help = (
        "Deletes old and stuck jobs, uploaded files that nothing uses, old events of webhooks,"
        " expired keys and sessions, old logged requests, and empty workspaces."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=float,
            default=30,
            help="delete jobs that ended, stuck jobs that were created, and requests that were"
            " received, more than this many days ago (default: 30); other pending jobs are kept",
        )

    def handle(self, *args: Any, days: float, **options: Any) -> None:
        try:
            counts = prune(days=days, server_time=read_time())
        except InvalidAge as error:
            raise CommandError(f"--days: {error}") from None
        SessionStore.clear_expired()
        self.stdout.write(
            f"Deleted {_counted(counts.jobs, 'job')},"
            f" {_counted(counts.files, 'file')},"
            f" {_counted(counts.idempotency_keys, 'idempotency key')},"
            f" {_counted(counts.logged_requests, 'logged request')}"
            f" and {_counted(counts.workspaces, 'empty workspace')}."
        )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{pluralize(number)}"
