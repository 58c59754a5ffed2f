"""How a job gets its facts."""

from typing import Final

from vid_trans_api.engines.base import CannotUpdate, Engine, JobUpdate, Result
from vid_trans_api.engines.simulated import SimulatedEngine

__all__ = ["ENGINE", "CannotUpdate", "Engine", "JobUpdate", "Result"]

ENGINE: Final[Engine] = SimulatedEngine()
"""The engine of this server."""
