"""The scenarios that create a job."""

from typing import Final

from vid_trans_api.simulation.scenarios import SCENARIOS

CREATING: Final = tuple(each.name for each in SCENARIOS if each.options.refusal is None)
"""Their names; the other scenarios refuse the creation."""
