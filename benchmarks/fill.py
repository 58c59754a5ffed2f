"""Fill an empty database with jobs of every age, and print as JSON what requests need.

`python -m benchmarks.fill COUNT PENDING` creates COUNT jobs, evenly over 30 days. The share PENDING
of them is pending: a third of these forever, the others for up to a day. A tenth of the rest has
failed. The workspace that is measured has all jobs. With `--workspaces N`, on PostgreSQL, it has
1,000, and N - 1 others share the rest.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import django

django.setup()

from django.conf import settings  # noqa: E402 (after the set-up)
from django.contrib.auth.models import User  # noqa: E402
from django.db import DEFAULT_DB_ALIAS, connection  # noqa: E402
from django.test import Client  # noqa: E402

from vid_trans_api import clock  # noqa: E402
from vid_trans_api.http.parsing import cursor_after  # noqa: E402
from vid_trans_api.models import Job, Workspace, digest_of  # noqa: E402
from vid_trans_api.models.database import lift_timeouts  # noqa: E402
from vid_trans_api.simulation.options import (  # noqa: E402
    Outcome,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import Plan, draw_plan  # noqa: E402

KEY: Final = "benchmark"
AGE: Final = timedelta(days=30)
DAY_SECONDS: Final = 86_400.0
JOBS_MEASURED: Final = 1_000
"""How many jobs the workspace has that requests are about, if there are others."""
KINDS: Final = 10_000
"""How many different jobs there are in PostgreSQL, where the others are copies of them."""
_STEP: Final = 7_919
"""A prime, so that copies of different jobs follow each other."""
_BATCH: Final = 2_000
_LANGUAGES: Final = ("Spanish", "French", "German", "Japanese")
_DEFAULTS: Final = SimulationDefaults(duration=(5, 15), error_probability=0.1, noise=0.2)


def jobs(count: int, pending: float, now: datetime) -> Iterator[Job]:
    rng = random.Random(20)
    workspace = Workspace.objects.stored(digest_of(KEY))
    for index in range(count):
        created_at = now - AGE * ((count - index) / count)
        age = (now - created_at).total_seconds()
        plan = _plan(rng, age, is_pending=rng.random() < pending)
        end = None if plan.duration is None else created_at + timedelta(seconds=plan.duration)
        yield Job(
            public_id=f"{rng.getrandbits(128):032x}",
            workspace=workspace,
            title="Benchmark",
            video_url="https://example.com/talk.mp4",
            target_language=rng.choice(_LANGUAGES),
            created_at=created_at,
            started_at=created_at,
            finishes_at=end,
            outcome="" if end is None else plan.outcome.value,
            failure=plan.failure,
            plan=plan,
        )


def _plan(rng: random.Random, age: float, *, is_pending: bool) -> Plan:
    seed = rng.getrandbits(31)
    if not is_pending:
        return draw_plan(SimulationOptions(duration=(0, min(15, age))), _DEFAULTS, seed=seed)
    if rng.random() < 1 / 3 or age > DAY_SECONDS:
        return draw_plan(SimulationOptions(outcome=Outcome.STUCK), _DEFAULTS, seed=seed)
    options = SimulationOptions(duration=(age + 3_600, age + DAY_SECONDS))
    return draw_plan(options, _DEFAULTS, seed=seed)


def multiply(count: int, now: datetime, others: Sequence[Workspace]) -> None:
    """Replace the jobs by `count` copies of them, in other order, within PostgreSQL."""
    created_at = "%(now)s - %(seconds)s * interval '1 second' * (%(count)s - slot) / %(count)s"
    columns = [str(field.column) for field in Job._meta.concrete_fields if not field.primary_key]
    values = {
        **{column: column for column in columns},
        "public_id": "md5(slot || public_id)",
        "created_at": created_at,
        "started_at": created_at,
        "finishes_at": "CASE WHEN finishes_at > %(now)s THEN finishes_at"
        f" ELSE {created_at} + (finishes_at - created_at) END",
    }
    if others:
        values["workspace_id"] = (
            f"CASE WHEN slot %% {count // JOBS_MEASURED} = 0 THEN workspace_id"
            f" ELSE {others[0].pk} + slot %% {len(others)} END"
        )
    jobs, names = Job._meta.db_table, ", ".join(columns)
    position = "row_number() OVER (ORDER BY number) - 1"
    lift_timeouts(using=DEFAULT_DB_ALIAS)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE kind AS SELECT *, {position} AS kind FROM {jobs}")
        kinds = Job.objects.count()
        cursor.execute(f"TRUNCATE {jobs} RESTART IDENTITY CASCADE")
        cursor.execute(
            f"INSERT INTO {jobs} ({names}) SELECT {', '.join(values.values())}"
            " FROM generate_series(0, %(count)s - 1::bigint) AS slot"
            f" JOIN kind ON kind = slot * {_STEP} %% {kinds} ORDER BY slot",
            {"now": now, "seconds": AGE.total_seconds(), "count": count},
        )
        cursor.execute("VACUUM ANALYZE")  # PostgreSQL does so by itself, but later


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("pending", type=float)
    parser.add_argument("--workspaces", type=int, default=1)
    options = parser.parse_args()
    now = clock.now()
    is_multiplied = connection.vendor == "postgresql"
    drawn = min(options.count, KINDS) if is_multiplied else options.count
    Job.objects.bulk_create(jobs(drawn, options.pending, now), batch_size=_BATCH)
    if is_multiplied:
        others = Workspace.objects.bulk_create(
            Workspace(key_digest=digest_of(str(number)), seed=number)
            for number in range(1, options.workspaces)
        )
        multiply(options.count, now, others)
    User.objects.create_superuser("benchmark")
    browser = Client()
    browser.force_login(User.objects.get())
    measured = Job.objects.of_key(digest_of(KEY)).order_by("number")
    middle = measured[measured.count() // 2]
    ids = measured.reverse().values_list("public_id", flat=True)[:100]
    print(
        json.dumps(
            {
                "key": KEY,
                "id": middle.public_id,
                "ids": ",".join(ids),
                "deep_cursor": cursor_after(measured[60].number),
                "session": browser.cookies[settings.SESSION_COOKIE_NAME].value,
            }
        )
    )


main()
