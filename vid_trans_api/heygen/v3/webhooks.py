"""Webhooks in v3: their endpoints, the types of events, and the events that there were."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api.heygen import webhooks
from vid_trans_api.heygen.events import DESCRIPTIONS
from vid_trans_api.heygen.fields import limit_of, number_of_token
from vid_trans_api.heygen.v3 import schema_of_webhooks as schema
from vid_trans_api.heygen.v3.base import V3View, page_end, respond
from vid_trans_api.heygen.v3.documents import endpoint_document, event_document
from vid_trans_api.heygen.v3.serializers import EndpointChangeSerializer, EventFilterSerializer
from vid_trans_api.heygen.webhooks import EndpointSerializer
from vid_trans_api.models import PayloadFormat
from vid_trans_api.operations import endpoints as operations
from vid_trans_api.operations.endpoints import EndpointChange


@schema.endpoints
class EndpointsView(V3View):
    def get(self, request: Request) -> HttpResponse:
        limit = limit_of(request.GET)
        found = operations.list_endpoints(
            self.request_context.key_digest,
            PayloadFormat.HEYGEN,
            after=number_of_token(request.GET),
            limit=limit + 1,  # one more tells whether there is a next page
        )
        page = found[:limit]
        return respond(
            [endpoint_document(each) for each in page],
            **page_end(page[-1].pk if len(found) > limit else None),
        )

    def post(self, request: Request) -> HttpResponse:
        endpoint = webhooks.register(request, self.fields(request, EndpointSerializer))
        return respond({**endpoint_document(endpoint), "secret": endpoint.secret})


@schema.endpoint
class EndpointView(V3View):
    def patch(self, request: Request, endpoint_id: str) -> HttpResponse:
        change = EndpointChange(**self.fields(request, EndpointChangeSerializer))
        endpoint = operations.update_endpoint(webhooks.find(request, endpoint_id), change)
        return respond(endpoint_document(endpoint))

    def delete(self, request: Request, endpoint_id: str) -> HttpResponse:
        operations.delete_endpoint(webhooks.find(request, endpoint_id))
        return respond({})


@schema.rotation
class SecretRotationView(V3View):
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        endpoint = operations.rotate_secret(webhooks.find(request, endpoint_id))
        return respond({"endpoint_id": endpoint.public_id, "secret": endpoint.secret})


@schema.event_types
class EventTypesView(V3View):
    def get(self, request: Request, **_: Any) -> HttpResponse:
        return respond(
            [{"event_type": each, "description": text} for each, text in DESCRIPTIONS.items()]
        )


@schema.events
class EventsView(V3View):
    def get(self, request: Request) -> HttpResponse:
        limit = limit_of(request.GET)
        found = operations.list_events(
            self.request_context.key_digest,
            PayloadFormat.HEYGEN,
            before=number_of_token(request.GET),
            limit=limit + 1,  # one more tells whether there is a next page
            **self.read(request.GET.dict(), EventFilterSerializer),
        )
        page = found[:limit]
        return respond(
            [event_document(each) for each in page],
            **page_end(page[-1].number if len(found) > limit else None),
        )
