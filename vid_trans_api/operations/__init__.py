"""Use cases: what can be done with jobs and workspaces, whatever the dialect."""

from vid_trans_api.operations.assets import (
    asset_url,
    store_asset,
)
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
    create_exempt_job,
    create_job,
    create_jobs,
    run_again,
)
from vid_trans_api.operations.files import FileOwner, find_file_owner
from vid_trans_api.operations.idempotency import (
    Idempotency,
    KeyInFlight,
    StoredResponse,
    discard_key,
    finish_key,
    use_key,
)
from vid_trans_api.operations.job_requests import JobRequest, repeat_of
from vid_trans_api.operations.proofreads import (
    ProofreadState,
    captions_in,
    captions_of,
    correct_proofread,
    create_proofreads,
    find_proofread,
    generate_job,
)
from vid_trans_api.operations.reading import (
    find_asset,
    find_asset_by_url,
    find_job,
    find_jobs,
    find_newest_job,
    list_jobs,
    read_job,
    read_job_anywhere,
    read_newest_job,
    wait_for_job,
    with_faults,
)
from vid_trans_api.operations.results import (
    get_asset,
    get_audio,
    get_captions,
    get_original_srt,
    get_proofread_srt,
    get_result,
)
from vid_trans_api.operations.wallet import balance_of

__all__ = [
    "MOST_ROWS",
    "BatchPage",
    "BatchRequest",
    "Creation",
    "FileOwner",
    "Idempotency",
    "JobRequest",
    "JobState",
    "KeyInFlight",
    "ProofreadState",
    "RequestContext",
    "Row",
    "StoredResponse",
    "WhenBusy",
    "asset_url",
    "balance_of",
    "cancel_job",
    "captions_in",
    "captions_of",
    "correct_proofread",
    "create_exempt_job",
    "create_job",
    "create_jobs",
    "create_proofreads",
    "delete_job",
    "discard_key",
    "find_asset",
    "find_asset_by_url",
    "find_batch",
    "find_file_owner",
    "find_job",
    "find_jobs",
    "find_newest_job",
    "find_proofread",
    "find_rows",
    "finish_job",
    "finish_key",
    "generate_job",
    "get_asset",
    "get_audio",
    "get_captions",
    "get_original_srt",
    "get_proofread_srt",
    "get_result",
    "list_jobs",
    "read_job",
    "read_job_anywhere",
    "read_newest_job",
    "rename_job",
    "repeat_of",
    "run_again",
    "store_asset",
    "update_job",
    "use_key",
    "wait_for_job",
    "with_faults",
]
