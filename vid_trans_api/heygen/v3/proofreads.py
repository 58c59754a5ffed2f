"""Proofreads in v3: created, read, corrected, and turned into translations."""

from typing import ClassVar

from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from vid_trans_api import operations
from vid_trans_api.heygen.documents import heygen_id
from vid_trans_api.heygen.links import FileLinks
from vid_trans_api.heygen.v3 import schema_of_proofreads as schema
from vid_trans_api.heygen.v3.base import V3View, respond
from vid_trans_api.heygen.v3.documents import proofread_document
from vid_trans_api.heygen.v3.serializers import (
    CorrectionSerializer,
    GenerationSerializer,
    ProofreadSerializer,
)
from vid_trans_api.heygen.videos import job_requests
from vid_trans_api.http.parsing import body_of, digest_of_body
from vid_trans_api.http.uploads import uploaded_file
from vid_trans_api.models import JobDetails
from vid_trans_api.operations import Creation
from vid_trans_api.simulation.captions import InvalidCaptions
from vid_trans_api.snapshots import Operation


@schema.proofreads
class ProofreadsView(V3View):
    recorded_as: ClassVar = {"POST": Operation.CREATE}

    def post(self, request: Request) -> HttpResponse:
        fields = self.fields(request, ProofreadSerializer)
        created = operations.create_proofreads(
            self.request_context,
            list(job_requests(fields)),
            self.idempotency(request, digest=digest_of_body(body_of(request._request))),
        )
        return self.respond_to_creation(created)

    def created(self, creation: Creation) -> HttpResponse:
        ids = [proofread.public_id for proofread in creation.proofreads]
        return respond({"proofread_ids": ids, "status": "processing"})


@schema.proofread
class ProofreadView(V3View):
    recorded_as: ClassVar = {"GET": Operation.STATUS, "HEAD": Operation.STATUS}

    def get(self, request: Request, proofread_id: str) -> HttpResponse:
        state = operations.find_proofread(self.request_context, proofread_id, Operation.STATUS)
        return respond(proofread_document(state))


@schema.captions
class CaptionsView(V3View):
    recorded_as: ClassVar = {
        "GET": Operation.RESULT,
        "HEAD": Operation.RESULT,
        "PUT": Operation.UPDATE,
    }

    def get(self, request: Request, proofread_id: str) -> HttpResponse:
        state = operations.find_proofread(self.request_context, proofread_id, Operation.RESULT)
        state.refuse_unless_completed()
        return respond(FileLinks.of_request(request).of_proofread(state))

    def put(self, request: Request, proofread_id: str) -> HttpResponse:
        state = operations.find_proofread(self.request_context, proofread_id, Operation.UPDATE)
        state.refuse_unless_completed()
        try:
            srt = self._captions(request)
        except InvalidCaptions as error:
            raise ValidationError({"srt": f"The file is not SRT. {error}"}) from None
        return respond(proofread_document(operations.correct_proofread(state, srt)))

    def _captions(self, request: Request) -> str:
        """Read the captions in a form, or in an uploaded file that the body names.

        Raises InvalidCaptions, ValidationError, AssetNotFound and NotDownloaded.
        """
        if request._request.content_type == "multipart/form-data":
            with uploaded_file(request._request, "srt", refuses_others=False) as upload:
                return operations.captions_in(upload.file)
        file = self.fields(request, CorrectionSerializer)["srt"]
        find = operations.find_asset if file.asset_id else operations.find_asset_by_url
        return operations.captions_of(find(self.request_context, file.asset_id or file.url))


@schema.generation
class GenerationView(V3View):
    recorded_as: ClassVar = {"POST": Operation.CREATE}

    def post(self, request: Request, proofread_id: str) -> HttpResponse:
        body = body_of(request._request)
        fields = self.read(body, GenerationSerializer)
        details = JobDetails(
            is_audio_only=fields.get("translate_audio_only", False),
            has_captions=fields.get("captions", False),
            callback_id=fields.get("callback_id", ""),
            callback_url=fields.get("callback_url", ""),
        )
        created = operations.generate_job(
            self.request_context,
            proofread_id,
            details,
            self.idempotency(request, digest=digest_of_body([proofread_id, body])),
            options={"simulation": fields["simulation"]} if "simulation" in fields else {},
        )
        return self.respond_to_creation(created)

    def created(self, creation: Creation) -> HttpResponse:
        (state,) = creation.states
        return respond({"video_translation_id": heygen_id(state.job), "status": "processing"})
