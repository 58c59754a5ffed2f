"""The view behind signed URLs."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from vid_trans_api import operations
from vid_trans_api.engines import Result
from vid_trans_api.files.authentication import UrlAuthentication
from vid_trans_api.http.ranges import respond_with_range
from vid_trans_api.models import Asset, Job, Proofread
from vid_trans_api.native import schema
from vid_trans_api.native.base import READING, ApiView
from vid_trans_api.operations import FileOwner, RequestContext
from vid_trans_api.signatures import FileKind
from vid_trans_api.snapshots import Operation


@schema.left_out
class FileView(ApiView):
    """A file. Those of a job are results, so that faults apply and the request is recorded."""

    authentication_classes = (UrlAuthentication,)
    recorded_as: ClassVar = dict.fromkeys(READING, Operation.RESULT)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not isinstance(_owner(request).row, Job):
            self.request_context.recording = None

    def get(self, request: Request, token: str, name: str) -> HttpResponse | StreamingHttpResponse:
        owner = _owner(request)
        result = _read(self.request_context, owner)
        response = respond_with_range(
            request._request,
            result.file or result.content,
            content_type=result.content_type,
            name=owner.signed.public_id,
        )
        response["Cache-Control"] = "no-store"
        return response


def _owner(request: Request) -> FileOwner:
    owner = request.user
    assert isinstance(owner, FileOwner)  # noqa: S101 (the authentication has set it)
    return owner


def _read(context: RequestContext, owner: FileOwner) -> Result:
    match owner.row:
        case Asset():
            return operations.get_asset(owner.row)
        case Proofread():
            is_original = owner.signed.kind is FileKind.ORIGINAL_SRT
            read = operations.get_original_srt if is_original else operations.get_proofread_srt
            return read(owner.row, owner.now)
    state = operations.find_job(context, owner.row.public_id, Operation.RESULT)
    return _RESULTS[owner.signed.kind](state.job, state.now)


_RESULTS: Final[dict[FileKind, Callable[[Job, datetime], Result]]] = {
    FileKind.VIDEO: operations.get_result,
    FileKind.AUDIO: operations.get_audio,
    FileKind.SRT: operations.get_captions,
    FileKind.VTT: partial(operations.get_captions, as_webvtt=True),
}
