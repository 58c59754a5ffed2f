"""What the views of v3 share: its envelope, and jobs as documents."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api.heygen.base import HeygenView, json_response
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.heygen.v3.documents import translation_document
from vid_trans_api.http.parsing import cursor_after
from vid_trans_api.operations import JobState


class V3View(HeygenView):
    def respond_with_job(self, request: Request, state: JobState) -> HttpResponse:
        if recording := self.request_context.recording:
            recording.workspace_at_response = state.job.workspace
        self.note_reported([state])
        return respond(translation_document(state, FileLinks(request)))


def respond(data: Any, *, status: int = HTTPStatus.OK, **beside: Any) -> HttpResponse:
    """Respond with `data`, and what stands beside it in the envelope."""
    return json_response({"data": data, **beside}, status=status)


def page_end(numbers: Sequence[int], *, is_last: bool) -> dict[str, Any]:
    """Return what a page says about the next one, given the numbers of what is on it."""
    if is_last:
        return {"has_more": False}
    return {"has_more": True, "next_token": cursor_after(numbers[-1])}
