"""The development server's own half of HTTP."""

import threading
import time

from tests.patience import PATIENCE
from vid_trans_api.serving.development import RequestsInProgress


def test_waiting_ends_with_the_last_request() -> None:
    requests = RequestsInProgress()
    requests.change(+2)
    requests.change(-1)
    last = threading.Timer(0.1, requests.change, [-1])
    started_at = time.monotonic()

    last.start()
    requests.wait_until_none(PATIENCE)

    assert 0.1 <= time.monotonic() - started_at < PATIENCE / 2
    last.join()


def test_waiting_ends_with_the_time() -> None:
    requests = RequestsInProgress()
    requests.change(+1)
    started_at = time.monotonic()

    requests.wait_until_none(0.05)

    assert 0.05 <= time.monotonic() - started_at < PATIENCE / 2
