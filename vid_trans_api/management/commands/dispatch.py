"""`manage.py dispatch`: sends webhooks without serving requests."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from vid_trans_api.webhooks.dispatcher import Dispatcher


class Command(BaseCommand):
    help = (
        "Sends webhooks until it is stopped. Each server process does so too, unless"
        " DISPATCH_WEBHOOKS is off."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        dispatcher = Dispatcher()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: dispatcher.stop())
        self.stdout.write("Sending webhooks; stop with Ctrl-C.")
        dispatcher.run()
