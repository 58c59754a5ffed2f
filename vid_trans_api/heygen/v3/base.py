"""What the views of v3 share: its envelope, its errors, and notes on known mistakes."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework.request import Request

from vid_trans_api.heygen.base import HeygenView
from vid_trans_api.heygen.fields import LenientSerializer
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.heygen.v3.documents import translation_document
from vid_trans_api.heygen.v3.errors import respond_to_error
from vid_trans_api.http.documents import as_json
from vid_trans_api.http.parsing import body_of, cursor_after, digest_of_body
from vid_trans_api.operations import JobState


class V3View(HeygenView):
    def get_exception_handler(self) -> Any:
        return respond_to_error

    def fields(self, request: Request, serializer: type[LenientSerializer]) -> dict[str, Any]:
        """Read the body, and note known mistakes in it. Raises ValidationError."""
        body = body_of(request._request)
        wanted = serializer(data=body)
        if recording := self.request_context.recording:
            recording.notes = wanted.notes(body)
        wanted.is_valid(raise_exception=True)
        fields: dict[str, Any] = wanted.validated_data
        return fields

    def note_group(self, *ids: str) -> None:
        """Note that the request is about groups of jobs, so that it cannot leave out ended ones."""
        if recording := self.request_context.recording:
            recording.content_digest = digest_of_body(ids)

    def respond_with_job(self, request: Request, state: JobState) -> HttpResponse:
        if recording := self.request_context.recording:
            recording.workspace_at_response = state.job.workspace
        self.note_reported([state])
        return respond(translation_document(state, FileLinks(request)))


class UnknownPathView(V3View):
    """Any other path below /v3."""

    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404(f"There is nothing at {request.path}.")


def respond(data: Any, *, status: int = HTTPStatus.OK, **beside: Any) -> HttpResponse:
    """Respond with `data`, and what stands beside it in the envelope."""
    return HttpResponse(
        as_json({"data": data, **beside}),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def page_end(next_after: int | None) -> dict[str, Any]:
    """Return what a page says about the next one, given the number after which that begins."""
    if next_after is None:
        return {"has_more": False}
    return {"has_more": True, "next_token": cursor_after(next_after)}
