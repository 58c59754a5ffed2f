"""Waiting for the development server's last requests."""

import threading

from tests.patience import PATIENCE
from vid_trans_api.serving.development import RequestsInProgress


def test_wait_ends_with_the_last_request() -> None:
    requests = RequestsInProgress()
    requests.change(+2)
    waiting = threading.Thread(target=requests.wait_until_none, args=[2 * PATIENCE])
    waiting.start()

    requests.change(-1)
    waiting.join(0.1)
    is_waiting_for_the_last = waiting.is_alive()
    requests.change(-1)
    waiting.join(PATIENCE)

    assert is_waiting_for_the_last
    assert not waiting.is_alive()


def test_wait_ends_when_its_time_is_over() -> None:
    requests = RequestsInProgress()
    requests.change(+1)
    waiting = threading.Thread(target=requests.wait_until_none, args=[0.05])

    waiting.start()
    waiting.join(PATIENCE)

    assert not waiting.is_alive()
