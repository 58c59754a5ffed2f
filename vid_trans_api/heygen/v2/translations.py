"""Translations in v2: create, get, captions; and the languages."""

from dataclasses import replace
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api import operations
from vid_trans_api.heygen.documents import heygen_id
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.heygen.v2 import schema
from vid_trans_api.heygen.v2.base import V2View, respond
from vid_trans_api.heygen.v2.documents import translation_document
from vid_trans_api.heygen.v2.serializers import CaptionSerializer, TranslationSerializer
from vid_trans_api.heygen.videos import job_requests
from vid_trans_api.http.parsing import body_of, digest_of_body
from vid_trans_api.languages import LANGUAGES
from vid_trans_api.models import NO_DETAILS
from vid_trans_api.operations import Creation, WhenBusy
from vid_trans_api.operations.errors import NoResult
from vid_trans_api.snapshots import Operation, Status


@schema.translations
class TranslationsView(V2View):
    recorded_as: ClassVar = {"POST": Operation.CREATE}

    has_list = False
    """Whether the request names its languages in a list."""

    def post(self, request: Request) -> HttpResponse:
        fields = self.fields(request, TranslationSerializer)
        self.has_list = "output_language" not in fields
        created = operations.create_jobs(
            self.request_context,
            list(job_requests(fields)),
            self.idempotency(request, digest=digest_of_body(body_of(request._request))),
            when_busy=WhenBusy.WAIT,
        )
        return self.respond_to_creation(created)

    def created(self, creation: Creation) -> HttpResponse:
        ids = [heygen_id(each.job) for each in creation.states]
        only = ids[0] if len(ids) == 1 else None
        in_list = {"video_translate_ids": ids} if self.has_list else {}
        return respond({"video_translate_id": only, **in_list})


@schema.translation
class TranslationView(V2View):
    recorded_as: ClassVar = {"GET": Operation.STATUS, "HEAD": Operation.STATUS}

    def get(self, request: Request, job_id: str) -> HttpResponse:
        state = operations.find_job(self.request_context, job_id, Operation.STATUS)
        self.note_reported([state])
        return respond(translation_document(state, FileLinks.of_request(request)))


@schema.caption
class CaptionView(V2View):
    recorded_as: ClassVar = {"GET": Operation.RESULT, "HEAD": Operation.RESULT}

    def get(self, request: Request) -> HttpResponse:
        fields = self.read(request.GET.dict(), CaptionSerializer)
        job_id, kind = fields["video_translate_id"], fields["caption_type"]
        state = operations.find_job(self.request_context, job_id, Operation.RESULT)
        if state.snapshot.status is not Status.COMPLETED:
            raise NoResult("It is not completed, so it has no captions.")
        details = replace(state.job.details or NO_DETAILS, has_captions=True)
        urls = FileLinks.of_request(request).of_job(state, details)
        return respond({"caption_url": urls[f"{kind}_caption_url"]})


@schema.languages
class LanguagesView(V2View):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        return respond({"languages": list(LANGUAGES)})
