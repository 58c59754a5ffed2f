"""Let webhooks wait for all endpoints of a database, and print what a dispatcher's look costs then.

`python -m benchmarks.waiting_webhooks EACH SECONDS` stores EACH events for each endpoint, which are
due in SECONDS. It prints the median of the seconds of a look, unless something is due.
"""

import argparse
import statistics
import time
from datetime import timedelta
from typing import Final

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 (after the set-up)

from vid_trans_api.ids import new_id  # noqa: E402
from vid_trans_api.models import Delivery, Endpoint, Event, Workspace, lock  # noqa: E402
from vid_trans_api.models.database import lift_timeouts  # noqa: E402
from vid_trans_api.webhooks.dispatcher import Dispatcher  # noqa: E402

BODY: Final = '{"type":"job.completed","data":{"id":"%s"},"padding":"' + "x" * 500 + '"}'
LOOKS: Final = 200
_BATCH: Final = 2_000


def add_deliveries(endpoint: Endpoint, count: int, seconds: float) -> None:
    workspace = Workspace(pk=endpoint.workspace_id)
    with lock(workspace):
        now = workspace.now()
        events = [
            Event(
                public_id=f"evt_{new_id()}",
                workspace=workspace,
                format=endpoint.format,
                type="job.completed",
                subject=new_id(),
                body=BODY % number,
                created_at=now,
            )
            for number in range(count)
        ]
        Event.objects.bulk_create(events, batch_size=_BATCH)
        deliveries = (
            Delivery(
                event=event,
                endpoint=endpoint,
                seed=0,
                due_at=now + timedelta(seconds=seconds, microseconds=number),
            )
            for number, event in enumerate(events)
        )
        Delivery.objects.bulk_create(deliveries, batch_size=_BATCH)
        endpoint.plan_wake(workspace)


def seconds_of_a_look() -> float:
    dispatcher = Dispatcher()
    taken = []
    for _ in range(LOOKS):
        began_at = time.perf_counter()
        dispatcher.look()
        taken.append(time.perf_counter() - began_at)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("each", type=int)
    parser.add_argument("seconds", type=float)
    options = parser.parse_args()
    lift_timeouts(using=connection.alias)
    with transaction.atomic():  # so that a dispatcher sees all at once
        for endpoint in Endpoint.objects.all():
            add_deliveries(endpoint, options.each, options.seconds)
    if options.seconds > 0:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # PostgreSQL does so by itself, but later
        print(seconds_of_a_look())


main()
