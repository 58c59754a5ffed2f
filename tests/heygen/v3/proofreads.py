"""What the tests of proofreads share: proofreads, and files of captions."""

from typing import Any

from tests.conftest import SetClock
from tests.heygen.v3.conftest import PROOFREADS, V3, simulated

SRT = "1\n00:00:00,000 --> 00:00:02,000\nHola.\n"


def create(v3: V3, document: Any) -> list[str]:
    """Create proofreads and return their ids."""
    response = v3.post(PROOFREADS, {"title": "Talk", **document})
    assert response.status_code == 200, response.content
    data = response.json()["data"]
    assert data["status"] == "processing"
    ids: list[str] = data["proofread_ids"]
    return ids


def completed(v3: V3, clock: SetClock, **fields: Any) -> str:
    """Return the id of a completed proofread, 10 s old, whose job takes 30 s."""
    simulation = {"outcome": "completed", "duration": 30, "queued": 0.1}
    (proofread_id,) = create(v3, {**simulated("French", **simulation), **fields})
    clock.advance(10)
    return proofread_id


def by_id(asset_id: str) -> dict[str, Any]:
    return {"srt": {"type": "asset_id", "asset_id": asset_id}}
