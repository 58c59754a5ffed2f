"""The API of a production server whose simulation is switched off."""

from pathlib import Path

from tests.databases import Database
from tests.server_processes import gunicorn


def test_simulation_that_is_off_does_not_exist(database: Database, tmp_path: Path) -> None:
    paths = ("scenarios", "clock", "defaults", "jobs/x", "report")
    url = "https://sim.test/instant.mp4?duration=soon"

    with gunicorn(database, tmp_path / "log", SIMULATION="0") as server:
        request = server.request
        statuses = [request("GET", f"/simulation/{path}").status for path in paths]
        statuses += [
            request("POST", f"/simulation/{path}", {}).status for path in ("clock", "reset")
        ]
        refused = request("POST", "/jobs", {"simulation": {"scenario": "instant"}})
        ordinary = request("POST", "/jobs", {"video_url": url})

    assert statuses == [404] * 7
    assert refused.status == 400
    assert [error["field"] for error in refused.document["errors"]] == ["simulation"]
    assert (ordinary.status, ordinary.document["status"]) == (202, "pending")
    assert ordinary.document["video_url"] == url
