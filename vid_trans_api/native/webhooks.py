"""The views of this API's webhook endpoints."""

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from vid_trans_api.dialect_view import key_digest_of
from vid_trans_api.http.parsing import body_of
from vid_trans_api.models import Endpoint, PayloadFormat
from vid_trans_api.native import schema_of_webhooks as schema
from vid_trans_api.native.base import ApiView, respond
from vid_trans_api.native.documents import endpoint_document
from vid_trans_api.native.serializers import NothingSerializer
from vid_trans_api.native.webhook_serializers import (
    EndpointChangeSerializer,
    EndpointRequestSerializer,
)
from vid_trans_api.operations import endpoints as operations
from vid_trans_api.operations.endpoints import KEEP, EndpointChange, EndpointRequest

_FORMAT: Final = PayloadFormat.STANDARD


@schema.endpoints
class EndpointsView(ApiView):
    def get(self, request: Request) -> HttpResponse:
        found = operations.list_endpoints(key_digest_of(request), _FORMAT)
        return respond({"results": [endpoint_document(each) for each in found]})

    def post(self, request: Request) -> HttpResponse:
        wanted = EndpointRequestSerializer(data=body_of(request._request))
        wanted.is_valid(raise_exception=True)
        endpoint = operations.register_endpoint(
            key_digest_of(request), _FORMAT, EndpointRequest(**wanted.validated_data)
        )
        path = reverse("vid_trans_api:webhook", args=(endpoint.public_id,))
        return respond(
            {**endpoint_document(endpoint), "secret": endpoint.secret},
            status=HTTPStatus.CREATED,
            headers={"Location": request.build_absolute_uri(path)},
        )


@schema.endpoint
class EndpointView(ApiView):
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        return respond(endpoint_document(_find(request, endpoint_id)))

    def patch(self, request: Request, endpoint_id: str) -> HttpResponse:
        wanted = EndpointChangeSerializer(data=body_of(request._request))
        wanted.is_valid(raise_exception=True)
        changes: dict[str, Any] = wanted.validated_data
        changed = operations.update_endpoint(
            _find(request, endpoint_id),
            EndpointChange(
                url=changes.get("url"),
                events=changes.get("events", KEEP),
                is_enabled=changes.get("enabled"),
            ),
        )
        return respond(endpoint_document(changed))

    def delete(self, request: Request, endpoint_id: str) -> HttpResponse:
        operations.delete_endpoint(_find(request, endpoint_id))
        return HttpResponse(status=HTTPStatus.NO_CONTENT)


@schema.rotation
class SecretRotationView(ApiView):
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        NothingSerializer(data=body_of(request._request)).is_valid(raise_exception=True)
        endpoint = operations.rotate_secret(_find(request, endpoint_id))
        return respond({"id": endpoint.public_id, "secret": endpoint.secret})


@schema.secret
class SecretView(ApiView):
    def post(self, request: Request) -> HttpResponse:
        NothingSerializer(data=body_of(request._request)).is_valid(raise_exception=True)
        return respond({"secret": operations.new_webhook_secret(key_digest_of(request))})


def _find(request: Request, endpoint_id: str) -> Endpoint:
    return operations.find_endpoint(key_digest_of(request), _FORMAT, endpoint_id)
