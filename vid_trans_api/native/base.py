"""What all views of this API share: strict queries, its errors, and jobs as documents."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from vid_trans_api.dialect_view import DialectView
from vid_trans_api.http.documents import as_json
from vid_trans_api.http.parsing import refuse_unknown_parameters
from vid_trans_api.native.documents import job_document
from vid_trans_api.native.errors import respond_to_error
from vid_trans_api.operations.context import JobState

READING: Final = ("GET", "HEAD")
"""The methods that change nothing."""


# A comment, as OpenAPI would describe every operation by a docstring: a view that refuses unknown
# query parameters, so that no typo passes unnoticed.
class ApiView(DialectView):
    http_method_names = ["get", "post", "patch", "delete", "head"]  # noqa: RUF012 (as Django types it)
    parameters: ClassVar[tuple[str, ...]] = ()
    """Query parameters of GET. Other methods have none."""

    def get_exception_handler(self) -> Any:
        return respond_to_error

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (query := request._request.GET) and request.method in self.allowed_methods:
            known = self.parameters if request.method in READING else ()
            refuse_unknown_parameters(query, known)

    def documents(self, request: Request, states: list[JobState]) -> list[dict[str, Any]]:
        """Write jobs as JSON. Only completed ones need URLs, which take a while to build."""
        has_results = any(state.snapshot.has_result for state in states)
        root = jobs_url(request) if has_results else ""
        self.note_reported(states)
        return [
            job_document(
                state.job,
                state.snapshot,
                result_url=f"{root}/{state.job.public_id}/result"
                if state.snapshot.has_result
                else None,
            )
            for state in states
        ]

    def respond_with_job(
        self, request: Request, state: JobState, *, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """Respond with one job. A pending one says when to poll again."""
        if recording := self.request_context.recording:
            recording.workspace_at_response = state.job.workspace
        response = respond(self.documents(request, [state])[0], headers=headers)
        snapshot = state.snapshot
        if not snapshot.status.is_terminal and snapshot.retry_after is not None:
            response["Retry-After"] = str(snapshot.retry_after)
        return response


def jobs_url(request: Request) -> str:
    return request.build_absolute_uri(reverse("vid_trans_api:jobs"))


def respond(
    document: Any, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Respond with JSON that must not be cached."""
    return HttpResponse(
        as_json(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
