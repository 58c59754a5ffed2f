"""What the views of v3 share: its envelope, and jobs as documents."""

from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api.heygen.base import HeygenView, json_response
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.heygen.v3.documents import translation_document
from vid_trans_api.http.parsing import cursor_after, digest_of_body
from vid_trans_api.operations import JobState


class V3View(HeygenView):
    def note_group(self, *ids: str) -> None:
        """Note that the request is about groups of jobs, so that it cannot leave out ended ones."""
        if recording := self.request_context.recording:
            recording.content_digest = digest_of_body(ids)

    def respond_with_job(self, request: Request, state: JobState) -> HttpResponse:
        if recording := self.request_context.recording:
            recording.workspace_at_response = state.job.workspace
        self.note_reported([state])
        return respond(translation_document(state, FileLinks.of_request(request)))


def respond(data: Any, *, status: int = HTTPStatus.OK, **beside: Any) -> HttpResponse:
    """Respond with `data`, and what stands beside it in the envelope."""
    return json_response({"data": data, **beside}, status=status)


def page_end(next_after: int | None) -> dict[str, Any]:
    """Return what a page says about the next one, given the number after which that begins."""
    if next_after is None:
        return {"has_more": False}
    return {"has_more": True, "next_token": cursor_after(next_after)}
