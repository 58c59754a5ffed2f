"""Fill an empty database with jobs of every age, and print as JSON what requests need.

`python -m benchmarks.fill COUNT PENDING` creates COUNT jobs, evenly over 30 days. The share PENDING
of them is pending: a third of these forever, the others for up to a day. A tenth of the rest has
failed.
"""

import json
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import django

django.setup()

from django.conf import settings  # noqa: E402 (after the set-up)
from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402

from vid_trans_api import clock  # noqa: E402
from vid_trans_api.http.parsing import cursor_after  # noqa: E402
from vid_trans_api.models import Job, Workspace, digest_of  # noqa: E402
from vid_trans_api.simulation.options import (  # noqa: E402
    Outcome,
    SimulationDefaults,
    SimulationOptions,
)
from vid_trans_api.simulation.plans import Plan, draw_plan  # noqa: E402

KEY: Final = "benchmark"
AGE: Final = timedelta(days=30)
DAY_SECONDS: Final = 86_400.0
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


def main() -> None:
    count, pending = int(sys.argv[1]), float(sys.argv[2])
    now = clock.now()
    Job.objects.bulk_create(jobs(count, pending, now), batch_size=_BATCH)
    User.objects.create_superuser("benchmark")
    browser = Client()
    browser.force_login(User.objects.get())
    middle = Job.objects.order_by("number")[count // 2]
    ids = Job.objects.order_by("-number").values_list("public_id", flat=True)[:100]
    print(
        json.dumps(
            {
                "key": KEY,
                "id": middle.public_id,
                "ids": ",".join(ids),
                "deep_cursor": cursor_after(Job.objects.order_by("number")[60].number),
                "session": browser.cookies[settings.SESSION_COOKIE_NAME].value,
            }
        )
    )


main()
