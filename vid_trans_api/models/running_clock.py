"""How a workspace's clock runs under the project's settings."""

from dataclasses import replace

from django.conf import settings

from vid_trans_api.simulation.clocks import SimulatedClock


def running_clock(clock: SimulatedClock) -> SimulatedClock:
    """Return the clock as it runs now.

    With the simulation off, a clock is neither frozen nor slow: there would be no way to resume it.
    """
    if settings.SIMULATION or clock.speed >= 1:
        return clock
    return replace(clock, speed=1.0)
