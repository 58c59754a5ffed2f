"""The views of this API: each parses a request, calls an operation, and writes a response."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from vid_trans_api import operations
from vid_trans_api.http.documents import as_json
from vid_trans_api.http.fields import hint, quote
from vid_trans_api.http.file_urls import files_url
from vid_trans_api.http.parsing import (
    Listing,
    body_of,
    cursor_after,
    digest_of_body,
    digest_of_query,
    idempotency_key_of,
    ids_of,
    listing_of,
    wait_of,
)
from vid_trans_api.http.ranges import respond_with_range
from vid_trans_api.http.uploads import uploaded_file
from vid_trans_api.ids import untagged_id
from vid_trans_api.journal.reported import Reported
from vid_trans_api.models import Workspace
from vid_trans_api.models.database import check_database_file
from vid_trans_api.native import schema
from vid_trans_api.native.base import READING, ApiView, jobs_url, respond
from vid_trans_api.native.documents import asset_document, job_document, with_unknown_status
from vid_trans_api.native.serializers import JobRequestSerializer, NothingSerializer
from vid_trans_api.operations import Creation, Idempotency, JobState, StoredResponse
from vid_trans_api.simulation.faults import Fault
from vid_trans_api.snapshots import Operation


@schema.jobs
class JobsView(ApiView):
    recorded_as: ClassVar = {
        **dict.fromkeys(READING, Operation.LIST),
        "POST": Operation.CREATE,
    }
    parameters = ("status", "target_language", "limit", "cursor", "ids")

    def get(self, request: Request) -> HttpResponse:
        context, listing = self.request_context, listing_of(request.GET)
        if "ids" in request.GET:
            return self._get_by_ids(request, listing)
        if context.recording:
            context.recording.content_digest = digest_of_query(request._request)
        page = operations.list_jobs(
            context,
            limit=listing.limit,
            status=listing.status,
            target_language=listing.target_language,
            before=listing.before,
        )
        query = request.GET.copy()
        if not page.is_last:
            query["cursor"] = cursor_after(page.states[-1].job.number)
        return respond(
            {
                "results": self.documents(request, list(page.states)),
                "next": None if page.is_last else f"{jobs_url(request)}?{query.urlencode()}",
            }
        )

    def _get_by_ids(self, request: Request, listing: Listing) -> HttpResponse:
        context = self.request_context
        if context.recording:
            context.recording.operation = Operation.STATUS
        ids = ids_of(request.GET)
        if context.recording:
            context.recording.job_ids = [*map(untagged_id, ids)]
        found = operations.find_jobs(context, ids)
        states = [
            state
            for state in (found[each] for each in ids if each in found)
            if listing.includes(
                status=state.snapshot.status, target_language=state.job.target_language
            )
        ]
        return respond(
            {
                "results": self.documents(request, states),
                "not_found": [each for each in ids if each not in found],
            }
        )

    def post(self, request: Request) -> HttpResponse:
        key = idempotency_key_of(request._request)
        body = body_of(request._request)
        wanted = JobRequestSerializer(data=body)
        wanted.is_valid(raise_exception=True)
        idempotency = Idempotency(
            key=key or "",
            request_digest=digest_of_body(body),
            write=lambda created: self._to_store(request, created),
        )
        created = operations.create_job(self.request_context, wanted.validated_data, idempotency)
        if isinstance(created, StoredResponse):
            return self._replayed(created)
        return self._created(request, created)

    def _created(self, request: Request, state: JobState) -> HttpResponse:
        """Respond with a new job, which may have ended by now."""
        response = self.respond_with_job(
            request, operations.with_faults(self.request_context, state)
        )
        response.status_code = HTTPStatus.ACCEPTED
        for name, value in self._headers(request, state).items():
            response[name] = value
        return response

    def _headers(self, request: Request, state: JobState) -> dict[str, str]:
        headers = {"Location": f"{jobs_url(request)}/{state.job.public_id}"}
        if state.snapshot.retry_after is not None:
            headers["Retry-After"] = str(state.snapshot.retry_after)
        return headers

    def _to_store(self, request: Request, created: Creation) -> StoredResponse:
        (state,) = created.states
        url = f"{jobs_url(request)}/{state.job.public_id}/result"
        has_result = state.snapshot.has_result
        document = job_document(state.job, state.snapshot, result_url=url if has_result else None)
        return StoredResponse(
            body=as_json(document),
            headers=self._headers(request, state),
            reported={state.job.public_id: Reported.from_snapshot(state.snapshot).to_json()},
        )

    def _replayed(self, stored: StoredResponse) -> HttpResponse:
        """Respond as to the first request with the key."""
        rule = self.request_context.faults.rule
        is_unknown = rule is not None and rule.fault is Fault.UNKNOWN_STATUS
        reported = {
            job: Reported.from_json(each)
            for job, each in stored.reported.items()
            if each is not None
        }
        if recording := self.request_context.recording:
            recording.reported = {
                job: each.with_unknown_status() if is_unknown else each
                for job, each in reported.items()
            }
        self.reports_jobs = True
        return HttpResponse(
            with_unknown_status(stored.body) if is_unknown else stored.body,
            status=HTTPStatus.ACCEPTED,
            content_type="application/json",
            headers={"Cache-Control": "no-store", "Idempotent-Replayed": "true", **stored.headers},
        )


@schema.job
class JobView(ApiView):
    recorded_as: ClassVar = {
        **dict.fromkeys(READING, Operation.STATUS),
        "DELETE": Operation.DELETE,
    }

    def get(self, request: Request, job_id: str) -> HttpResponse:
        context = self.request_context
        state = operations.find_job(context, job_id, Operation.STATUS)
        headers = {"Vary": "Prefer"}
        wait = wait_of(request._request.META.get("HTTP_PREFER", ""))
        if wait is not None:
            if context.recording:
                context.recording.wait = wait
            seconds = min(float(wait), settings.LONG_POLL_LIMIT)
            state, is_granted = operations.wait_for_job(context, state, seconds=seconds)
            if is_granted:
                headers["Preference-Applied"] = f"wait={seconds:g}"
        return self.respond_with_job(request, state, headers=headers)

    def delete(self, request: Request, job_id: str) -> HttpResponse:
        state = operations.find_job(self.request_context, job_id, Operation.DELETE)
        operations.delete_job(state.job)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)


@schema.cancel
class CancelView(ApiView):
    recorded_as: ClassVar = {"POST": Operation.CANCEL}

    def post(self, request: Request, job_id: str) -> HttpResponse:
        NothingSerializer(data=body_of(request._request)).is_valid(raise_exception=True)
        context = self.request_context
        state = operations.find_job(context, job_id, Operation.CANCEL)
        canceled = operations.cancel_job(state.job)
        return self.respond_with_job(request, operations.with_faults(context, canceled))


@schema.result
class ResultView(ApiView):
    recorded_as: ClassVar = dict.fromkeys(READING, Operation.RESULT)

    def get(self, request: Request, job_id: str) -> HttpResponse | StreamingHttpResponse:
        state = operations.find_job(self.request_context, job_id, Operation.RESULT)
        result = operations.get_result(state.job, state.now)
        response = respond_with_range(
            request._request,
            result.file or result.content,
            content_type=result.content_type,
            name=state.job.public_id,
        )
        response["Cache-Control"] = "no-store"
        return response


@schema.assets
class AssetsView(ApiView):
    recorded_as: ClassVar = {"POST": Operation.UPLOAD}

    def post(self, request: Request) -> HttpResponse:
        with uploaded_file(request._request, "file") as upload:
            asset = operations.store_asset(
                self.request_context, upload.file, name=upload.name, size=upload.size
            )
        url = operations.asset_url(files_url(request._request), asset)
        return respond(asset_document(asset, url=url), status=HTTPStatus.CREATED)


@schema.status
class StatusView(ApiView):
    """The newest job, or the one that `job_id` names."""

    recorded_as: ClassVar = dict.fromkeys(READING, Operation.STATUS)
    parameters = ("job_id",)

    def get(self, request: Request) -> HttpResponse:
        context, job_id = self.request_context, request.GET.get("job_id")
        if job_id is None:
            state = operations.find_newest_job(context)
        else:
            if context.recording and job_id:
                context.recording.job_ids = (untagged_id(job_id),)
            state = operations.find_job(context, job_id, Operation.STATUS)
        return self.respond_with_job(request, state)


@schema.health
class HealthView(ApiView):
    authentication_classes = ()

    def get(self, request: Request) -> HttpResponse:
        check_database_file(connections[DEFAULT_DB_ALIAS])
        Workspace.objects.exists()
        return respond({"status": "ok", "version": settings.VERSION})


@schema.nothing
class NothingView(ApiView):
    """Any other path below the API's: a problem document, also with DEBUG."""

    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404(f"There is nothing at {request.path}; see {reverse('vid_trans_api:docs')}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An OpenAPI document that the page can show."""

    title: str
    url_name: str


@schema.left_out
class SchemaView(ApiView, SpectacularAPIView):
    authentication_classes = ()
    renderer_classes = [OpenApiJsonRenderer]  # noqa: RUF012 (as its base types it)


@schema.left_out
class DocsView(ApiView, SpectacularSwaggerView):
    """A page to try out one of the documents; the reader chooses."""

    authentication_classes = ()
    parameters = ("document",)
    template_name = "vid_trans_api/docs.html"
    choices: ClassVar[Mapping[str, Document]] = {}
    """The documents by the value of the parameter; the first is shown without it."""

    def get(self, request: Request) -> Response:
        names = list(self.choices)
        chosen = request.GET.get("document", names[0])
        if chosen not in names:
            reason = f"{quote(chosen)} is not a valid choice; {hint(chosen, names)}"
            raise ValidationError({"document": reason})
        self.url_name = self.choices[chosen].url_name
        response: Response = super().get(request)  # type: ignore[no-untyped-call]  # untyped base
        links = [(name, document.title) for name, document in self.choices.items()]
        response.data |= {"chosen": chosen, "documents": links}
        return response
