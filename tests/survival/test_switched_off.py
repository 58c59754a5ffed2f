"""Where the simulation is switched off, it does not exist."""

from pathlib import Path

from tests.servers import gunicorn
from tests.survival.workplace import Workplace


def test_nothing_is_simulated_where_that_is_switched_off(store: Path, tmp_path: Path) -> None:
    with gunicorn(store, tmp_path / "log", SIMULATION="0") as server:
        place = Workplace(server)
        paths = ("scenarios", "clock", "defaults", "jobs/x", "report")
        actual = [place.ask("GET", f"/simulation/{path}").status for path in paths]
        actual += [
            place.ask("POST", f"/simulation/{path}", {}).status for path in ("clock", "reset")
        ]
        refused = place.ask("POST", "/jobs", {"simulation": {"scenario": "instant"}})
        url = "https://sim.test/instant.mp4?duration=soon"
        ordinary = place.ask("POST", "/jobs", {"video_url": url})

    assert actual == [404] * 7
    assert refused.status == 400
    assert [error["field"] for error in refused.document["errors"]] == ["simulation"]
    assert (ordinary.status, ordinary.document["status"]) == (202, "pending")
    assert ordinary.document["video_url"] == url
