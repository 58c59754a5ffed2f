"""What is learned about a server: durations and errors of estimates."""

import math

import pytest

from heygen_video_translation.client.experience import Durations


def test_old_durations_fade():
    durations = Durations()
    for took in (10.0,) * 500 + (100.0,) * 500:
        durations = durations.after(took)
    assert math.exp(durations.mean) == pytest.approx(100.0, rel=0.05)
