"""The HTTP interface: requests in, answers out; what they mean is the models' business."""

import json
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.request import Request

from heygen_video_translation import __version__
from vid_trans_api import clock
from vid_trans_api.http.negotiation import prefers_html
from vid_trans_api.http.parsing import (
    asked_wait,
    body_of,
    cursor_after,
    digest_of_body,
    idempotency_key_of,
    ids_of,
    listing_of,
)
from vid_trans_api.http.problems import Conflict, IdempotencyKeyReused
from vid_trans_api.models import IdempotencyKey, Job, JobEnded, Workspace, read_consistent_in
from vid_trans_api.native import schema
from vid_trans_api.native.base import (
    READING,
    ApiView,
    answer,
    as_json,
    find,
    jobs_url,
    key_digest_of,
    no_job,
    workspace_of,
)
from vid_trans_api.native.serializers import JobRequestSerializer, NothingSerializer, default_levels
from vid_trans_api.operations.faults import (
    NO_FAULTS,
    FaultResponse,
    meet_creation,
    refuse_levels_out_of_reach,
)
from vid_trans_api.serving.long_polls import everyone_in, long_polls, wait_for_end
from vid_trans_api.simulation.clip import CLIP
from vid_trans_api.simulation.scenarios import resolve
from vid_trans_api.snapshots import Operation, Status
from vid_trans_api.web import pages


@schema.jobs
class JobsView(ApiView):
    operations: ClassVar = {
        **dict.fromkeys(READING, Operation.LIST),
        "POST": Operation.CREATE,
    }
    parameters = ("status", "target_language", "limit", "cursor", "ids")

    def get(self, request: Request) -> HttpResponse:
        if "ids" in request.GET:
            return self._get_by_ids(request)
        if self.entry:
            self.entry.query = request._request.META.get("QUERY_STRING", "")
        asked = listing_of(request.GET)
        real, workspace = clock.now(), workspace_of(request)
        now = workspace.now(real)
        self.meet(request, Operation.LIST, workspace=workspace, jobs=(), now=now)
        jobs, now = read_consistent_in(
            workspace,
            lambda now: Job.objects.page(
                workspace=workspace,
                now=now,
                status=asked.status,
                target_language=asked.target_language,
                before=asked.before,
                limit=asked.limit + 1,  # one more tells whether there is a next page
            ),
            real,
        )
        is_last, jobs = len(jobs) <= asked.limit, jobs[: asked.limit]
        query = request.GET.copy()
        if not is_last:
            query["cursor"] = cursor_after(jobs[-1].number)
        return answer(
            {
                "results": self.documents(
                    request, [(job, job.at(self.active_faults.instant(job, now))) for job in jobs]
                ),
                "next": None if is_last else f"{jobs_url(request)}?{query.urlencode()}",
            }
        )

    def _get_by_ids(self, request: Request) -> HttpResponse:
        if self.entry:
            self.entry.operation = Operation.STATUS
        ids = ids_of(request.GET)
        if self.entry:
            self.entry.jobs = ids
        real, workspace = clock.now(), workspace_of(request)
        found, now = read_consistent_in(
            workspace, lambda _: Job.objects.find_many(ids, workspace=workspace), real
        )
        jobs = {job.public_id: job for job in found}
        self.meet(
            request,
            Operation.STATUS,
            workspace=workspace,
            jobs=list(jobs.values()),
            now=now,
            is_batch=True,
        )
        shown = {
            each: (job, job.at(self.active_faults.instant(job, now)))
            for each, job in jobs.items()
            if not self.active_faults.hides(job)
        }
        return answer(
            {
                "results": self.documents(request, [shown[each] for each in ids if each in shown]),
                "not_found": [each for each in ids if each not in shown],
            }
        )

    def post(self, request: Request) -> HttpResponse:
        key = idempotency_key_of(request)
        body = body_of(request._request)
        wanted = JobRequestSerializer(data=body)
        wanted.is_valid(raise_exception=True)
        digest = digest_of_body(body)
        with transaction.atomic():
            workspace = Workspace.objects.stored(key_digest_of(request))
            if self.entry:
                self.entry.workspace = workspace
                self.entry.content_digest, self.entry.idempotency_key = digest, key or ""
            now = workspace.now(clock.now())
            levels = {**wanted.validated_data["simulation"], **default_levels(workspace)}
            refuse_levels_out_of_reach(request._request, levels)
            options = resolve(levels.values())
            first = IdempotencyKey.objects.live(now, workspace=workspace, key=key) if key else None
            try:
                self.active_faults = meet_creation(
                    request._request,
                    options,
                    workspace=workspace,
                    key=key,
                    body_digest=digest,
                    is_replay=first is not None,
                    now=now,
                )
            except FaultResponse as instead:  # past the transaction, it would not have been counted
                return self.handle_exception(instead)
            if first:
                again, document = replay(first, digest), json.loads(first.answer)
                response = self.active_faults.rewrite(None, document)
                if response is not document:
                    again.content = as_json(response)
                if self.entry:
                    self.entry.documents = [response]
                return again
            fields = {**wanted.validated_data, "simulation": levels.values()}
            job = Job.objects.start(workspace=workspace, now=now, **fields)
            if self.entry:
                self.entry.scenario = job.plan.scenario or ""
            # What is remembered is the truth, whatever a fault makes of this answer.
            struck, self.active_faults = self.active_faults, NO_FAULTS
            created = self._answer_created(request, job, now)
            if key:
                IdempotencyKey.objects.remember(
                    workspace=workspace,
                    key=key,
                    now=now,
                    request_digest=digest,
                    answer=created.text,
                    location=created["Location"],
                    retry_after=created.get("Retry-After"),
                )
            if struck is not NO_FAULTS:
                self.active_faults = struck
                created = self._answer_created(request, job, now)
        return created

    def _answer_created(self, request: Request, job: Job, now: datetime) -> HttpResponse:
        created = self.answer_job(request, job, now, status=HTTPStatus.ACCEPTED)
        created["Location"] = f"{jobs_url(request)}/{job.public_id}"
        # Also where the job has ended by now, for clients that look for it in every 202.
        if not created.has_header("Retry-After") and not job.plan.is_silent:
            created["Retry-After"] = str(job.at(now).retry_after)
        return created


@schema.job
class JobView(ApiView):
    operations: ClassVar = {
        **dict.fromkeys(READING, Operation.STATUS),
        "DELETE": Operation.DELETE,
    }

    def get(self, request: Request, job_id: str) -> HttpResponse:
        job, now = self.existing(request, job_id, Operation.STATUS)
        headers: dict[str, str] = {}
        wait = asked_wait(request._request.META.get("HTTP_PREFER", ""))
        if wait is not None:
            seconds = min(float(wait), settings.LONG_POLL_LIMIT)
            received_at, has_ended = now, job.at(now).status.is_terminal
            is_long_poll, held, now = self._held(request, job, now, seconds)
            if held is None:
                raise no_job(job_id)
            job = held
            if self.entry:
                self.entry.wait, self.entry.is_long_poll = wait, is_long_poll and not has_ended
            if now > received_at and not self.active_faults.is_own:
                self.meet(
                    request,
                    Operation.STATUS,
                    workspace=job.workspace,
                    jobs=(job,),
                    now=now,
                    held_since=received_at,
                )
            headers = {"Preference-Applied": f"wait={seconds:g}"} if is_long_poll else {}
        return self.answer_job(request, job, now, headers={"Vary": "Prefer", **headers})

    def _held(
        self, request: Request, job: Job, now: datetime, seconds: float
    ) -> tuple[bool, Job | None, datetime]:
        """Return whether the wait was granted, and the job as it is then, and when that is."""
        if job.at(now).status.is_terminal:
            return True, job, now
        with long_polls.place(
            job.public_id, everyone_in(job.workspace), limit=settings.MAX_LONG_POLLS
        ) as waker:
            if waker is None:
                return False, job, now
            look = partial(find, request, job.public_id)
            return True, *wait_for_end(look, waker=waker, seconds=seconds)

    def delete(self, request: Request, job_id: str) -> HttpResponse:
        job, _ = self.existing(request, job_id, Operation.DELETE)
        job.delete()
        long_polls.wake(job.public_id)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)


@schema.cancel
class CancelView(ApiView):
    operations: ClassVar = {"POST": Operation.CANCEL}

    def post(self, request: Request, job_id: str) -> HttpResponse:
        NothingSerializer(data=body_of(request._request)).is_valid(raise_exception=True)
        job, _ = self.existing(request, job_id, Operation.CANCEL)
        try:
            job.cancel(clock.now)
        except JobEnded:
            raise Conflict(f"Job {job_id} had already ended, so it cannot be canceled.") from None
        except Job.DoesNotExist:
            raise no_job(job_id) from None
        long_polls.wake(job.public_id)
        return self.answer_job(request, job, job.workspace.now(clock.now()))


@schema.result
class ResultView(ApiView):
    operations: ClassVar = dict.fromkeys(READING, Operation.RESULT)

    def get(self, request: Request, job_id: str) -> HttpResponse:
        job, now = self.existing(request, job_id, Operation.RESULT)
        status = job.at(now).status
        if status is not Status.COMPLETED:
            raise Conflict(
                f"Job {job_id} is {status}, so it has no result; only completed ones do."
            )
        return HttpResponse(
            CLIP,
            content_type="video/mp4",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'inline; filename="{job.public_id}.mp4"',
            },
        )


@schema.status
class StatusView(ApiView):
    """The newest job, or the one asked for: JSON for programs, a live page for people."""

    operations: ClassVar = dict.fromkeys(READING, Operation.STATUS)
    parameters = ("job_id",)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"} and prefers_html(request):
            response: HttpResponseBase = pages.status(request)
        else:
            response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept"])
        return response

    def get(self, request: Request) -> HttpResponse:
        job_id = request.GET.get("job_id")
        if self.entry and job_id:
            self.entry.jobs = (job_id,)
        if job_id is None:
            job, now = self._newest(request)
        else:
            job, now = self.existing(request, job_id, Operation.STATUS)
        return self.answer_job(request, job, now)

    def _newest(self, request: Request) -> tuple[Job, datetime]:
        real, workspace = clock.now(), workspace_of(request)
        jobs, now = read_consistent_in(
            workspace,
            lambda now: Job.objects.page(workspace=workspace, now=now, limit=1),
            real,
        )
        self.meet(request, Operation.STATUS, workspace=workspace, jobs=jobs, now=now)
        if not jobs:
            raise Http404("There is no job yet; start one with POST /vid_trans_api/jobs.")
        return jobs[0], now


@schema.health
class HealthView(ApiView):
    authentication_classes = ()

    def get(self, request: Request) -> HttpResponse:
        Workspace.objects.exists()
        return answer({"status": "ok", "version": __version__})


@schema.nothing
class NothingView(ApiView):
    """Whatever is not there, below the API's own path: a problem, also where DEBUG is on."""

    authentication_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404(f"There is nothing at {request.path}; see {reverse('vid_trans_api:docs')}.")


@schema.left_out
class SchemaView(ApiView, SpectacularAPIView):
    authentication_classes = ()
    renderer_classes = [OpenApiJsonRenderer]  # noqa: RUF012 (as its base types it)


@schema.left_out
class DocsView(ApiView, SpectacularSwaggerView):
    authentication_classes = ()
    url_name = "vid_trans_api:schema"


def replay(first: IdempotencyKey, request_digest: str) -> HttpResponse:
    """Give the first answer again, to the letter."""
    if first.request_digest != request_digest:
        raise IdempotencyKeyReused(
            "This Idempotency-Key came with another body before; a new request needs a new key."
        )
    again = HttpResponse(
        first.answer,
        status=HTTPStatus.ACCEPTED,
        content_type="application/json",
        headers={
            "Cache-Control": "no-store",
            "Location": first.location,
            "Idempotent-Replayed": "true",
        },
    )
    if first.retry_after is not None:
        again["Retry-After"] = str(first.retry_after)
    return again
