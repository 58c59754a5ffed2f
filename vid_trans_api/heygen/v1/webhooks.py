"""Webhook endpoints in v1. They are the same as v3's."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api.heygen import webhooks
from vid_trans_api.heygen.base import HeygenView
from vid_trans_api.heygen.documents import USERNAME
from vid_trans_api.heygen.events import DESCRIPTIONS
from vid_trans_api.heygen.v1 import schema
from vid_trans_api.heygen.v1.base import respond
from vid_trans_api.heygen.v1.serializers import EndpointChangeSerializer, EndpointIdSerializer
from vid_trans_api.heygen.webhooks import EndpointSerializer
from vid_trans_api.models import Endpoint, PayloadFormat
from vid_trans_api.operations import endpoints as operations
from vid_trans_api.operations.endpoints import EndpointChange


@schema.registration
class RegistrationView(HeygenView):
    def post(self, request: Request) -> HttpResponse:
        endpoint = webhooks.register(request, self.fields(request, EndpointSerializer))
        operations.probe_url(endpoint.url)
        return respond({**_document(endpoint), "secret": endpoint.secret})


@schema.endpoints
class EndpointsView(HeygenView):
    def get(self, request: Request) -> HttpResponse:
        found = operations.list_endpoints(self.request_context.key_digest, PayloadFormat.HEYGEN)
        return respond([_document(each) for each in found])


@schema.change
class ChangeView(HeygenView):
    def patch(self, request: Request) -> HttpResponse:
        fields = self.fields(request, EndpointChangeSerializer)
        endpoint = webhooks.find(request, fields.pop("endpoint_id"))
        changed = operations.update_endpoint(endpoint, EndpointChange(**fields))
        return respond(_document(changed))


@schema.deletion
class DeletionView(HeygenView):
    def delete(self, request: Request) -> HttpResponse:
        fields = self.read(request.GET.dict(), EndpointIdSerializer)
        operations.delete_endpoint(webhooks.find(request, fields["endpoint_id"]))
        return respond(None)


@schema.event_types
class EventTypesView(HeygenView):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        return respond(list(DESCRIPTIONS))


def _document(endpoint: Endpoint) -> dict[str, Any]:
    return {**webhooks.endpoint_document(endpoint), "username": USERNAME}
