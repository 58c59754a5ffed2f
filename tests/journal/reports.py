"""How the tests of the journal read reports, and recordings as they make them up."""

from typing import Any

from tests.conftest import NEW_YEAR, Api
from vid_trans_api.journal.recorder import Recording
from vid_trans_api.snapshots import Operation


def report(api: Api, **headers: str) -> Any:
    return api.get("/simulation/report", **headers).json()


def logged_values(api: Api, *names: str) -> list[tuple[Any, ...]]:
    """Return these values of each logged request, as the report lists them."""
    return [tuple(each[name] for name in names) for each in report(api)["requests"]]


def judged_job(api: Api, job_id: str) -> Any:
    return api.get(f"/simulation/jobs/{job_id}").json()


def verdict_on(api: Api, job_id: str) -> Any:
    return judged_job(api, job_id)["verdict"]


def clean_and_complete(verdict: Any) -> tuple[bool | None, bool]:
    return verdict["clean"], verdict["complete"]


def recording(**facts: Any) -> Recording:
    """Return the recording of a list request to the default workspace."""
    usual: dict[str, Any] = {
        "key_digest": "",
        "operation": Operation.LIST,
        "server_received_at": NEW_YEAR,
        "user_agent": "",
        "notes": "",
    }
    return Recording(**usual | facts)
