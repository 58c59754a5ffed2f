"""Use cases: what can be done with jobs and workspaces, whatever the dialect."""

from vid_trans_api.operations.batches import MOST_ROWS, BatchPage, Row, find_batch, find_rows
from vid_trans_api.operations.changing import (
    cancel_job,
    delete_job,
    finish_job,
    rename_job,
    update_job,
)
from vid_trans_api.operations.concurrency import WhenBusy
from vid_trans_api.operations.context import JobState, RequestContext
from vid_trans_api.operations.creation import (
    BatchRequest,
    Creation,
    JobRequest,
    create_exempt_job,
    create_job,
    create_jobs,
    repeat_of,
    run_again,
)
from vid_trans_api.operations.idempotency import (
    Idempotency,
    KeyInFlight,
    StoredResponse,
    discard_key,
    finish_key,
    use_key,
)
from vid_trans_api.operations.reading import (
    find_asset,
    find_job,
    find_jobs,
    find_newest_job,
    get_result,
    list_jobs,
    read_job,
    read_job_anywhere,
    read_newest_job,
    wait_for_job,
    with_faults,
)

__all__ = [
    "MOST_ROWS",
    "BatchPage",
    "BatchRequest",
    "Creation",
    "Idempotency",
    "JobRequest",
    "JobState",
    "KeyInFlight",
    "RequestContext",
    "Row",
    "StoredResponse",
    "WhenBusy",
    "cancel_job",
    "create_exempt_job",
    "create_job",
    "create_jobs",
    "delete_job",
    "discard_key",
    "find_asset",
    "find_batch",
    "find_job",
    "find_jobs",
    "find_newest_job",
    "find_rows",
    "finish_job",
    "finish_key",
    "get_result",
    "list_jobs",
    "read_job",
    "read_job_anywhere",
    "read_newest_job",
    "rename_job",
    "repeat_of",
    "run_again",
    "update_job",
    "use_key",
    "wait_for_job",
    "with_faults",
]
