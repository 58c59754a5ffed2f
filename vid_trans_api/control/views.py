"""Endpoints that control the simulation: a workspace's time, seed, defaults, jobs and report."""

from typing import Any, Final

from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api.control import schema
from vid_trans_api.control.reports import job_report_document, report_document
from vid_trans_api.control.serializers import (
    ClockRequestSerializer,
    DefaultsSerializer,
    JobUpdateSerializer,
    ResetRequestSerializer,
    clock_document,
    defaults_document,
    simulated_job_document,
)
from vid_trans_api.dialect_view import key_digest_of
from vid_trans_api.http.parsing import body_of
from vid_trans_api.journal.reports import ReaderHasLeft
from vid_trans_api.models import Workspace
from vid_trans_api.native.base import ApiView, respond
from vid_trans_api.operations import clock as clocks
from vid_trans_api.operations import read_job, update_job
from vid_trans_api.operations.defaults import LIMITS, refuse_unreachable_defaults, update_defaults
from vid_trans_api.operations.errors import JobNotFound
from vid_trans_api.operations.settling import settle
from vid_trans_api.simulation.scenarios import SCENARIOS

_CLIENT_HAS_LEFT: Final = 499
"""The status for a client that has disconnected, for the access log: nginx's."""


@schema.scenarios
class ScenariosView(ApiView):
    def get(self, request: Request) -> HttpResponse:
        return respond(
            {
                "results": [
                    {"name": scenario.name, "description": scenario.description}
                    for scenario in SCENARIOS
                ]
            }
        )


@schema.clock
class ClockView(ApiView):
    def get(self, request: Request) -> HttpResponse:
        return respond(clock_document(*clocks.read(key_digest_of(request))))

    def post(self, request: Request) -> HttpResponse:
        wanted = ClockRequestSerializer(data=body_of(request._request))
        wanted.is_valid(raise_exception=True)
        key_digest = key_digest_of(request)
        match wanted.validated_data:
            case {"advance": seconds}:
                read = clocks.advance(key_digest, seconds=seconds)
            case {"freeze": at}:
                read = clocks.freeze(key_digest, at=at)
            case {"speed": speed}:
                read = clocks.resume(key_digest, speed=speed)
            case _:
                read = clocks.resume(key_digest, speed=1.0)
        document = clock_document(*read)
        if wanted.validated_data.get("settle"):
            workspace, _ = read
            document["waiting"] = settle(workspace, has_left=self.request_context.has_left)
        return respond(document)


@schema.reset
class ResetView(ApiView):
    def post(self, request: Request) -> HttpResponse:
        wanted = ResetRequestSerializer(data=body_of(request._request))
        wanted.is_valid(raise_exception=True)
        workspace = clocks.reset(key_digest_of(request), seed=wanted.validated_data.get("seed"))
        return respond({"seed": workspace.seed})


@schema.defaults
class DefaultsView(ApiView):
    def get(self, request: Request) -> HttpResponse:
        workspace = Workspace.objects.of_key(key_digest_of(request))
        return respond(defaults_document(workspace))

    def patch(self, request: Request) -> HttpResponse:
        changes = body_of(request._request)
        wanted = DefaultsSerializer(data=changes)
        wanted.is_valid(raise_exception=True)
        if not changes:
            return self.get(request)
        rules = {name: wanted.validated_data[name] for name in LIMITS if name in changes}
        changes = {name: value for name, value in changes.items() if name not in rules}
        refuse_unreachable_defaults(
            self.request_context, rules.get("faults") or (), changes.get("scenario")
        )
        return respond(defaults_document(update_defaults(key_digest_of(request), changes, rules)))


# A comment, as OpenAPI would describe every operation by a docstring: a view that makes a report,
# and stops if nobody is going to read it.
class _ReportView(ApiView):
    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, ReaderHasLeft):
            return HttpResponse(status=_CLIENT_HAS_LEFT)
        return super().handle_exception(exc)


@schema.simulated_job
class SimulatedJobView(_ReportView):
    def get(self, request: Request, job_id: str) -> HttpResponse:
        job, now = read_job(job_id, key_digest=key_digest_of(request))
        if job is None:
            raise JobNotFound(job_id)
        has_left = self.request_context.has_left
        return respond(job_report_document(job, now, has_left=has_left))

    def patch(self, request: Request, job_id: str) -> HttpResponse:
        wanted = JobUpdateSerializer(data=body_of(request._request))
        wanted.is_valid(raise_exception=True)
        job, _ = read_job(job_id, key_digest=key_digest_of(request))
        if job is None:
            raise JobNotFound(job_id)
        state = update_job(job, wanted.validated_data)
        return respond(simulated_job_document(state.job, state.now))


@schema.report
class ReportView(_ReportView):
    def get(self, request: Request) -> HttpResponse:
        workspace, server_time = clocks.read(key_digest_of(request))
        has_left = self.request_context.has_left
        return respond(report_document(workspace, server_time, has_left=has_left))
