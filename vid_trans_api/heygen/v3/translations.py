"""Translations in v3: create, list, get, rename, delete; and the languages."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api import operations
from vid_trans_api.heygen.documents import heygen_id
from vid_trans_api.heygen.fields import limit_of, number_of_token
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.heygen.v3 import schema
from vid_trans_api.heygen.v3.base import V3View, page_end, respond
from vid_trans_api.heygen.v3.documents import translation_document
from vid_trans_api.heygen.v3.serializers import TitleSerializer, TranslationSerializer
from vid_trans_api.heygen.videos import job_requests
from vid_trans_api.http.parsing import body_of, digest_of_body, digest_of_query
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.operations import Creation, WhenBusy
from vid_trans_api.snapshots import Operation


@schema.translations
class TranslationsView(V3View):
    recorded_as: ClassVar = {
        "GET": Operation.LIST,
        "HEAD": Operation.LIST,
        "POST": Operation.CREATE,
    }

    def get(self, request: Request) -> HttpResponse:
        context = self.request_context
        if context.recording:
            context.recording.content_digest = digest_of_query(request._request)
        page = operations.list_jobs(
            context, limit=limit_of(request.GET), before=number_of_token(request.GET)
        )
        self.note_reported(page.states)
        links = FileLinks.of_request(request)
        return respond(
            [translation_document(state, links) for state in page.states],
            **page_end(None if page.is_last else page.states[-1].job.number),
        )

    def post(self, request: Request) -> HttpResponse:
        fields = self.fields(request, TranslationSerializer)
        created = operations.create_jobs(
            self.request_context,
            list(job_requests(fields)),
            self.idempotency(request, digest=digest_of_body(body_of(request._request))),
            when_busy=WhenBusy.REFUSE,
        )
        return self.respond_to_creation(created)

    def created(self, creation: Creation) -> HttpResponse:
        return respond({"video_translation_ids": [heygen_id(each.job) for each in creation.states]})


@schema.translation
class TranslationView(V3View):
    recorded_as: ClassVar = {
        "GET": Operation.STATUS,
        "HEAD": Operation.STATUS,
        "PATCH": Operation.UPDATE,
        "DELETE": Operation.DELETE,
    }

    def get(self, request: Request, job_id: str) -> HttpResponse:
        state = operations.find_job(self.request_context, job_id, Operation.STATUS)
        return self.respond_with_job(request, state)

    def patch(self, request: Request, job_id: str) -> HttpResponse:
        title = self.fields(request, TitleSerializer)["title"]
        context = self.request_context
        state = operations.find_job(context, job_id, Operation.UPDATE)
        renamed = operations.rename_job(state.job, title)
        return self.respond_with_job(request, operations.with_faults(context, renamed))

    def delete(self, request: Request, job_id: str) -> HttpResponse:
        state = operations.find_job(self.request_context, job_id, Operation.DELETE)
        operations.delete_job(state.job)
        return respond({"id": heygen_id(state.job)})


@schema.languages
class LanguagesView(V3View):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        return respond({"languages": list(LANGUAGES)})
