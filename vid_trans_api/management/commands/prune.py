"""`prune`: forget what nobody will ask for any more."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vid_trans_api import clock
from vid_trans_api.models import (
    IdempotencyKey,
    IdempotencyKeyQuerySet,
    Job,
    JobQuerySet,
    LoggedRequest,
    Workspace,
)


class Command(BaseCommand):
    help = (
        "Deletes jobs that ended and requests that came more than so many days ago, and idempotency"
        " keys past 24 hours."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=float,
            default=30,
            help="how long ended jobs, and requests in the journals, are kept (default: 30); jobs"
            " that are pending stay",
        )

    def handle(self, *args: Any, days: float, **options: Any) -> None:
        if not days >= 0:
            raise CommandError(f"--days {days:g} is not a number of days, 0 or more.")
        real = clock.now()
        jobs, keys = self._prune(
            Job.objects.of_server_time(), IdempotencyKey.objects.of_server_time(), real, days
        )
        for workspace in Workspace.objects.with_own_clock():
            more_jobs, more_keys = self._prune(
                workspace.jobs.all(), workspace.idempotency_keys.all(), workspace.now(real), days
            )
            jobs, keys = jobs + more_jobs, keys + more_keys
        logged_requests = LoggedRequest.objects.received_before(_days_before(real, days)).evict()
        self.stdout.write(
            f"Deleted {jobs} jobs, {keys} idempotency keys and {logged_requests} requests of journals."
        )

    def _prune(
        self, jobs: JobQuerySet, keys: IdempotencyKeyQuerySet, now: datetime, days: float
    ) -> tuple[int, int]:
        """Delete of these what is over at that instant; return how many of each there were."""
        ended = jobs.ended_before(_days_before(now, days))
        return ended.delete_in_batches(), keys.expired(now).delete_in_batches()


def _days_before(now: datetime, days: float) -> datetime:
    try:
        return now - timedelta(days=days)
    except OverflowError:
        raise CommandError(f"--days {days:g} is longer than there have been days.") from None
