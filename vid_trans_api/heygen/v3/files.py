"""Files in v3: uploaded assets, and the captions of a translation."""

from typing import Any, ClassVar

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from vid_trans_api import operations
from vid_trans_api.heygen.documents import heygen_id
from vid_trans_api.heygen.v3 import schema_of_files as schema
from vid_trans_api.heygen.v3.base import V3View, respond
from vid_trans_api.heygen.v3.documents import asset_document
from vid_trans_api.heygen.v3.serializers import CaptionSerializer
from vid_trans_api.http.file_urls import files_url
from vid_trans_api.http.ranges import respond_with_range
from vid_trans_api.http.uploads import uploaded_file
from vid_trans_api.snapshots import Operation


@schema.assets
class AssetsView(V3View):
    recorded_as: ClassVar = {"POST": Operation.UPLOAD}

    def post(self, request: Request) -> HttpResponse:
        with uploaded_file(request._request, "file", refuses_others=False) as upload:
            asset = operations.store_asset(
                self.request_context, upload.file, name=upload.name, size=upload.size
            )
        url = operations.asset_url(files_url(request._request), asset)
        return respond(asset_document(asset, url=url))


@schema.caption
class CaptionView(V3View):
    recorded_as: ClassVar = {"GET": Operation.RESULT, "HEAD": Operation.RESULT}

    def get(self, request: Request, job_id: str) -> HttpResponse | StreamingHttpResponse:
        fields: dict[str, Any] = self.read(request.GET.dict(), CaptionSerializer)
        state = operations.find_job(self.request_context, job_id, Operation.RESULT)
        is_webvtt = fields.get("format") == "vtt"
        captions = operations.get_captions(state.job, state.now, as_webvtt=is_webvtt)
        response = respond_with_range(
            request._request,
            captions.content,
            content_type=captions.content_type,
            name=heygen_id(state.job),
        )
        response["Cache-Control"] = "no-store"
        return response
