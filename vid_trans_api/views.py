"""The HTTP interface: requests in, answers out; what they mean is the models' business."""

import json
from collections.abc import Mapping
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
from rest_framework.views import APIView

from heygen_video_translation import __version__
from vid_trans_api import clock, pages, schema
from vid_trans_api.asking import (
    asked_wait,
    body_of,
    cursor_after,
    digest_of_body,
    idempotency_key_of,
    ids_of,
    listing_of,
    refuse_unknown_parameters,
)
from vid_trans_api.holds import hold, holds
from vid_trans_api.models import IdempotencyKey, Job, JobEnded, Workspace, read_settled
from vid_trans_api.negotiation import prefers_html
from vid_trans_api.problems import Conflict, IdempotencyKeyReused
from vid_trans_api.serializers import JobRequestSerializer, NothingSerializer, job_document
from vid_trans_api.simulation.clip import CLIP
from vid_trans_api.snapshots import Snapshot, Status


# A comment, as OpenAPI would describe every operation by its docstring: a view that refuses query
# parameters it does not have, as a typo must not pass unnoticed.
class ApiView(APIView):
    http_method_names = ["get", "post", "delete", "head"]  # noqa: RUF012 (as Django types it)
    parameters: ClassVar[tuple[str, ...]] = ()
    """Of GET; the other methods have none."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (query := request._request.GET) and request.method in self.allowed_methods:
            known = self.parameters if request.method in {"GET", "HEAD"} else ()
            refuse_unknown_parameters(query, known)


@schema.jobs
class JobsView(ApiView):
    parameters = ("status", "target_language", "limit", "cursor", "ids")

    def get(self, request: Request) -> HttpResponse:
        if "ids" in request.GET:
            return self._get_by_ids(request)
        asked = listing_of(request.GET)
        now = clock.now()
        jobs = list(
            read_settled(
                lambda: Job.objects.page(
                    key_digest=workspace_of(request),
                    now=now,
                    status=asked.status,
                    target_language=asked.target_language,
                    before=asked.before,
                    limit=asked.limit + 1,  # one more tells whether there is a next page
                ),
                now,
            )
        )
        is_last, jobs = len(jobs) <= asked.limit, jobs[: asked.limit]
        query = request.GET.copy()
        if not is_last:
            query["cursor"] = cursor_after(jobs[-1].number)
        return answer(
            {
                "results": documents(request, [(job, job.at(now)) for job in jobs]),
                "next": None if is_last else f"{jobs_url(request)}?{query.urlencode()}",
            }
        )

    def _get_by_ids(self, request: Request) -> HttpResponse:
        ids = ids_of(request.GET)
        now = clock.now()
        jobs = {
            job.public_id: job
            for job in read_settled(
                lambda: Job.objects.find_many(ids, key_digest=workspace_of(request)), now
            )
        }
        found = [(jobs[each], jobs[each].at(now)) for each in ids if each in jobs]
        return answer(
            {
                "results": documents(request, found),
                "not_found": [each for each in ids if each not in jobs],
            }
        )

    def post(self, request: Request) -> HttpResponse:
        key = idempotency_key_of(request)
        body = body_of(request._request)
        wanted = JobRequestSerializer(data=body)
        wanted.is_valid(raise_exception=True)
        with transaction.atomic():
            now = clock.now()
            workspace = Workspace.objects.get_or_create(key_digest=workspace_of(request))[0]
            if key and (first := IdempotencyKey.objects.live(now, workspace=workspace, key=key)):
                return replay(first, digest_of_body(body))
            job = Job.objects.start(workspace=workspace, now=now, **wanted.validated_data)
            snapshot = job.at(now)
            created = answer_job(request, job, snapshot, status=HTTPStatus.ACCEPTED)
            created["Location"] = f"{jobs_url(request)}/{job.public_id}"
            if snapshot.retry_after is not None:
                created["Retry-After"] = str(snapshot.retry_after)
            if key:
                IdempotencyKey.objects.remember(
                    workspace=workspace,
                    key=key,
                    now=now,
                    request_digest=digest_of_body(body),
                    answer=created.text,
                    location=created["Location"],
                    retry_after=snapshot.retry_after,
                )
        return created


@schema.job
class JobView(ApiView):
    def get(self, request: Request, job_id: str) -> HttpResponse:
        now = clock.now()
        job = find(request, job_id, now)
        headers: dict[str, str] = {}
        wait = asked_wait(request._request.META.get("HTTP_PREFER", ""))
        if job and wait is not None:
            seconds = min(float(wait), settings.HOLD_LIMIT)
            is_held, job, now = self._held(request, job, now, seconds)
            headers = {"Preference-Applied": f"wait={seconds:g}"} if is_held else {}
        if job is None:
            raise no_job(job_id)
        return answer_job(request, job, job.at(now), headers={"Vary": "Prefer", **headers})

    def _held(
        self, request: Request, job: Job, now: datetime, seconds: float
    ) -> tuple[bool, Job | None, datetime]:
        """Return whether the wait was granted, and the job as it is then, and when that is."""
        if job.at(now).status.is_terminal:
            return True, job, now
        with holds.place(job.public_id, limit=settings.MAX_HOLDS) as waker:
            if waker is None:
                return False, job, now
            look = partial(find, request, job.public_id)
            return True, *hold(look, waker=waker, clock=clock.now, seconds=seconds)

    def delete(self, request: Request, job_id: str) -> HttpResponse:
        job = existing(request, job_id, clock.now())
        job.delete()
        holds.wake(job.public_id)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)


@schema.cancel
class CancelView(ApiView):
    def post(self, request: Request, job_id: str) -> HttpResponse:
        NothingSerializer(data=body_of(request._request)).is_valid(raise_exception=True)
        job = existing(request, job_id, clock.now())
        try:
            job.cancel(clock.now)
        except JobEnded:
            raise Conflict(f"Job {job_id} had already ended, so it cannot be canceled.") from None
        except Job.DoesNotExist:
            raise no_job(job_id) from None
        holds.wake(job.public_id)
        return answer_job(request, job, job.at(clock.now()))


@schema.result
class ResultView(ApiView):
    def get(self, request: Request, job_id: str) -> HttpResponse:
        now = clock.now()
        job = existing(request, job_id, now)
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

    parameters = ("job_id",)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"} and prefers_html(request):
            told: HttpResponseBase = pages.status(request)
        else:
            told = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(told, ["Accept"])
        return told

    def get(self, request: Request) -> HttpResponse:
        now = clock.now()
        job_id = request.GET.get("job_id")
        if job_id is not None:
            job = existing(request, job_id, now)
        else:
            newest = read_settled(
                lambda: Job.objects.page(key_digest=workspace_of(request), now=now, limit=1), now
            )
            if not newest:
                raise Http404("There is no job yet; start one with POST /vid_trans_api/jobs.")
            job = newest[0]
        return answer_job(request, job, job.at(now))


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


def workspace_of(request: Request) -> str:
    """Return the digest of the key that the request came with, by which its workspace is known."""
    return str(request.auth)


def find(request: Request, job_id: str, now: datetime) -> Job | None:
    """Return that job as it is settled at that instant, or None where it is no job's id."""

    def read() -> list[Job]:
        job = Job.objects.find(job_id, key_digest=workspace_of(request))
        return [job] if job else []

    return next(iter(read_settled(read, now)), None)


def existing(request: Request, job_id: str, now: datetime) -> Job:
    job = find(request, job_id, now)
    if job is None:
        raise no_job(job_id)
    return job


def no_job(job_id: str) -> Http404:
    return Http404(f"There is no job {job_id!r} here.")


def jobs_url(request: Request) -> str:
    return request.build_absolute_uri(reverse("vid_trans_api:jobs"))


def documents(request: Request, jobs: list[tuple[Job, Snapshot]]) -> list[dict[str, Any]]:
    """Write jobs as JSON; only completed ones need URLs, which take a while to build."""
    has_results = any(snapshot.status is Status.COMPLETED for _, snapshot in jobs)
    root = jobs_url(request) if has_results else ""
    return [
        job_document(
            job,
            snapshot,
            result_url=f"{root}/{job.public_id}/result"
            if snapshot.status is Status.COMPLETED
            else None,
        )
        for job, snapshot in jobs
    ]


def answer_job(
    request: Request,
    job: Job,
    snapshot: Snapshot,
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer with one job; a pending one says when to ask again."""
    told = answer(documents(request, [(job, snapshot)])[0], status=status)
    if not snapshot.status.is_terminal and snapshot.retry_after is not None:
        told["Retry-After"] = str(snapshot.retry_after)
    for name, value in (headers or {}).items():
        told[name] = value
    return told


def answer(document: Any, *, status: int = HTTPStatus.OK) -> HttpResponse:
    """Answer with JSON that nobody may keep, as it is true only now."""
    return HttpResponse(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


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
