"""Occupying all long polls that a server accepts."""

from concurrent.futures import Future, ThreadPoolExecutor

from tests.patience import eventually
from tests.server_processes import Response
from tests.server_workspaces import ServerWorkspace


def is_long_poll(response: Response) -> bool:
    """Return whether the server accepted the request as a long poll."""
    return "Preference-Applied" in response.headers


def long_polls_are_full(workspace: ServerWorkspace, job_id: str) -> bool:
    """Return whether the server accepts no further long poll."""
    response, _ = workspace.long_poll(job_id, 0)
    return not is_long_poll(response)


def occupy(
    workspace: ServerWorkspace,
    job_id: str,
    threads: ThreadPoolExecutor,
    *,
    count: int,
    seconds: int,
) -> list[Future[tuple[Response, float]]]:
    """Start long polls until the server accepts no more; return their futures."""

    def start() -> tuple[Response, float]:
        while True:  # the check below can take a place for a moment
            response, at = workspace.long_poll(job_id, seconds)
            if is_long_poll(response):
                return response, at

    long_polls = [threads.submit(start) for _ in range(count)]
    assert eventually(lambda: long_polls_are_full(workspace, job_id))
    return long_polls
