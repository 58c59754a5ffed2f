"""`prune`: forget what nobody will ask for any more."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vid_trans_api import clock
from vid_trans_api.models import IdempotencyKey, Job


class Command(BaseCommand):
    help = "Deletes jobs that ended more than so many days ago, and idempotency keys past 24 hours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=float,
            default=30,
            help="how long ended jobs are kept (default: 30); jobs that are pending stay",
        )

    def handle(self, *args: Any, days: float, **options: Any) -> None:
        if not days >= 0:
            raise CommandError(f"--days {days:g} is not a number of days, 0 or more.")
        now = clock.now()
        try:
            oldest = now - timedelta(days=days)
        except OverflowError:
            raise CommandError(f"--days {days:g} is longer than there have been days.") from None
        jobs = Job.objects.ended_before(oldest).delete_in_batches()
        keys = IdempotencyKey.objects.expired(now).delete_in_batches()
        self.stdout.write(f"Deleted {jobs} jobs and {keys} idempotency keys.")
