"""Batches in v3, and the statuses of many translations and batches at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from vid_trans_api import operations
from vid_trans_api.heygen.fields import LARGEST_LIMIT, ids_of, limit_of, number_of_token
from vid_trans_api.heygen.v3 import schema
from vid_trans_api.heygen.v3.base import V3View, page_end, respond
from vid_trans_api.heygen.v3.documents import batch_document, row_document
from vid_trans_api.heygen.v3.serializers import BatchSerializer
from vid_trans_api.heygen.videos import job_requests
from vid_trans_api.http.errors import ErrorInfo
from vid_trans_api.http.parsing import body_of, digest_of_body
from vid_trans_api.operations import BatchRequest, Creation, JobRequest, WhenBusy
from vid_trans_api.operations.errors import AssetNotFound, JobRefused, NotAVideo
from vid_trans_api.snapshots import Operation

_JOB_IDS: Final = "video_translation_ids"
_BATCH_IDS: Final = "batch_ids"


@schema.batches
class BatchesView(V3View):
    recorded_as: ClassVar = {"POST": Operation.CREATE}

    def post(self, request: Request) -> HttpResponse:
        fields = self.fields(request, BatchSerializer)
        items = fields["video_translations"]
        with _naming_the_item(items):
            created = operations.create_jobs(
                self.request_context,
                list(_job_requests(items)),
                self.idempotency(request, digest=digest_of_body(body_of(request._request))),
                when_busy=WhenBusy.WAIT,
                batch=BatchRequest(
                    title=fields.get("title", ""), callback_url=fields.get("callback_url", "")
                ),
            )
        return self.respond_to_creation(created)

    def describe(self, error: Exception) -> ErrorInfo | None:
        """Name the refused item, whose video is translated into one language or several."""
        info = super().describe(error)
        if info is None or not isinstance(error, JobRefused):
            return info
        items = body_of(self.request._request)["video_translations"]
        positions = [at for at, item in enumerate(items) for _ in item["output_languages"]]
        field = f"video_translations.{positions[error.position]}"
        return replace(info, errors=({"field": field, "detail": info.detail},))

    def created(self, creation: Creation) -> HttpResponse:
        assert creation.batch is not None  # noqa: S101 (each request of this view creates one)
        return respond({"batch_id": creation.batch.public_id}, status=HTTPStatus.ACCEPTED)


@schema.batch
class BatchView(V3View):
    recorded_as: ClassVar = {"GET": Operation.STATUS, "HEAD": Operation.STATUS}
    reports_results: ClassVar = False

    def get(self, request: Request, batch_id: str) -> HttpResponse:
        self.note_group(batch_id)
        page = operations.find_batch(
            self.request_context,
            batch_id,
            limit=limit_of(request.GET, default=LARGEST_LIMIT),
            after=number_of_token(request.GET),
        )
        self.note_reported(page.states)
        return respond({**batch_document(page), **page_end(page.next_after)})


@schema.statuses
class StatusesView(V3View):
    recorded_as: ClassVar = {"GET": Operation.STATUS, "HEAD": Operation.STATUS}
    reports_results: ClassVar = False

    def get(self, request: Request) -> HttpResponse:
        job_ids, batch_ids = ids_of(request.GET, _JOB_IDS), ids_of(request.GET, _BATCH_IDS)
        _refuse_number_of_ids(len(job_ids), len(batch_ids))
        if batch_ids:
            self.note_group(*batch_ids)
        page = operations.find_rows(
            self.request_context, job_ids, batch_ids, after=number_of_token(request.GET)
        )
        self.note_reported(row.state for row in page.rows if row.state)
        return respond([row_document(row) for row in page.rows], **page_end(page.next_after))


def _refuse_number_of_ids(jobs: int, batches: int) -> None:
    """Raise ValidationError unless there are 1 to 100 ids."""
    if not jobs + batches:
        raise ValidationError({_JOB_IDS: f"Give 1 to {operations.MOST_ROWS} ids, or {_BATCH_IDS}."})
    if jobs + batches > operations.MOST_ROWS:
        many = _JOB_IDS if jobs >= batches else _BATCH_IDS
        reason = f"These are {jobs + batches} ids; at most {operations.MOST_ROWS} are allowed."
        raise ValidationError({many: reason})


def _job_requests(items: Sequence[Mapping[str, Any]]) -> Iterator[JobRequest]:
    """Yield a request for each language of each item. Raises ValidationError."""
    for position, item in enumerate(items):
        try:
            yield from job_requests(item)
        except ValidationError as error:
            raise _invalid(position, error.detail) from None


@contextmanager
def _naming_the_item(items: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Raise ValidationError for an asset that cannot be translated, naming the item."""
    try:
        yield
    except (AssetNotFound, NotAVideo) as error:
        for position, item in enumerate(items):
            if error.asset_id and item["video"].asset_id == error.asset_id:
                raise _invalid(position, {"video": {"asset_id": str(error)}}) from None
        raise


def _invalid(position: int, errors: Any) -> ValidationError:
    return ValidationError({"video_translations": {str(position): errors}})
