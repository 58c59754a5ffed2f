"""The control surface of the simulation: a workspace's time, seed, defaults, and its jobs."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from vid_trans_api import clock
from vid_trans_api.control.reports import judged_job_document, report_document
from vid_trans_api.control.serializers import (
    ClockRequestSerializer,
    DefaultsSerializer,
    JobUpdateSerializer,
    ResetRequestSerializer,
    changed_defaults,
    clock_document,
    defaults_document,
    simulated_job_document,
)
from vid_trans_api.http.parsing import body_of
from vid_trans_api.http.problems import Conflict
from vid_trans_api.journal.recorder import journal
from vid_trans_api.models import (
    CannotUpdate,
    ClockRefused,
    Job,
    JobEnded,
    NothingEnds,
    Workspace,
)
from vid_trans_api.native import schema
from vid_trans_api.native.base import ApiView, answer, find, key_digest_of, no_job, workspace_of
from vid_trans_api.operations.faults import refuse_levels_out_of_reach, refuse_out_of_reach
from vid_trans_api.serving.long_polls import everyone_in, long_polls
from vid_trans_api.simulation.plans import Outcome, SimulationOptions
from vid_trans_api.simulation.scenarios import SCENARIOS


@schema.scenarios
class ScenariosView(ApiView):
    def get(self, request: Request) -> HttpResponse:
        return answer(
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
        with transaction.atomic():  # nobody turns it while it is read
            response = clock_document(workspace_of(request), clock.now())
        return answer(response)

    def post(self, request: Request) -> HttpResponse:
        wanted = ClockRequestSerializer(data=body_of(request._request))
        wanted.is_valid(raise_exception=True)
        ((verb, value),) = wanted.validated_data.items()
        try:
            with transaction.atomic():
                workspace = Workspace.objects.stored(key_digest_of(request))
                _turn(workspace, verb, value)
                response = clock_document(workspace, clock.now())
        except ClockRefused as refused:
            raise Conflict(str(refused)) from None
        except NothingEnds:
            raise Conflict("No job here is going to end, so there is no next end.") from None
        long_polls.wake(everyone_in(workspace))
        return answer(response)


def _turn(workspace: Workspace, verb: str, value: Any) -> None:
    match verb:
        case "advance" if value is None:
            workspace.advance_to_next_end(clock.now)
        case "advance":
            workspace.advance(clock.now, seconds=value)
        case "freeze":
            workspace.freeze(clock.now, at=value)
        case "resume":
            workspace.run(clock.now, speed=1.0)
        case "speed":
            workspace.run(clock.now, speed=value)


@schema.reset
class ResetView(ApiView):
    def post(self, request: Request) -> HttpResponse:
        wanted = ResetRequestSerializer(data=body_of(request._request))
        wanted.is_valid(raise_exception=True)
        workspace = Workspace.objects.stored(key_digest_of(request))
        journal.forget(workspace.key_digest)
        workspace.reset(clock.now, seed=wanted.validated_data.get("seed"))
        long_polls.wake(everyone_in(workspace))
        return answer({"seed": workspace.seed})


@schema.defaults
class DefaultsView(ApiView):
    def get(self, request: Request) -> HttpResponse:
        return answer(defaults_document(workspace_of(request)))

    def patch(self, request: Request) -> HttpResponse:
        changes = body_of(request._request)
        wanted = DefaultsSerializer(data=changes)
        wanted.is_valid(raise_exception=True)
        refuse_out_of_reach(request._request, wanted.validated_data.get("faults") or ())
        if scenario := wanted.validated_data.get("scenario"):
            refuse_levels_out_of_reach(
                request._request, {"scenario": SimulationOptions(scenario=scenario)}
            )
        if not changes:
            return self.get(request)
        with transaction.atomic():
            workspace = Workspace.objects.stored(key_digest_of(request))
            workspace.set_defaults(**changed_defaults(workspace, changes, wanted.validated_data))
        return answer(defaults_document(workspace))


@schema.simulated_job
class SimulatedJobView(ApiView):
    def get(self, request: Request, job_id: str) -> HttpResponse:
        job, now = _existing(request, job_id)
        return answer(judged_job_document(job, now))

    def patch(self, request: Request, job_id: str) -> HttpResponse:
        wanted = JobUpdateSerializer(data=body_of(request._request))
        wanted.is_valid(raise_exception=True)
        job, _ = _existing(request, job_id)
        asked = wanted.validated_data
        try:
            job.update(
                clock.now,
                outcome=Outcome(asked["outcome"]) if "outcome" in asked else None,
                failure=asked.get("error"),
                duration=asked.get("duration"),
                is_finished="finish" in asked,
            )
        except CannotUpdate as refused:
            raise Conflict(str(refused)) from None
        except JobEnded:
            raise Conflict(f"Job {job_id} had already ended, so it cannot be steered.") from None
        except Job.DoesNotExist:
            raise no_job(job_id) from None
        long_polls.wake(job.public_id)
        return answer(simulated_job_document(job, job.workspace.now(clock.now())))


def _existing(request: Request, job_id: str) -> tuple[Job, datetime]:
    job, now = find(request, job_id)
    if job is None:
        raise no_job(job_id)
    return job, now


@schema.report
class ReportView(ApiView):
    def get(self, request: Request) -> HttpResponse:
        return answer(report_document(workspace_of(request), clock.now()))
