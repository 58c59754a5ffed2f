"""The workspaces that were used last, and how to recognise them without their keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Max, OuterRef, QuerySet, Subquery

from vid_trans_api.models import Job, LoggedRequest, Workspace

SEARCHED: Final = 500
"""How many of the newest requests, and of the newest jobs, are searched for workspaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedWorkspace:
    """A workspace, and what a developer recognises it by."""

    workspace: Workspace
    newest_request: LoggedRequest | None
    """Only when it was received, and its User-Agent. None if no request is logged."""
    newest_job: Job | None

    @property
    def facts(self) -> tuple[object, ...]:
        """What a page shows of it, apart from what follows from the time."""
        request, job = self.newest_request, self.newest_job
        return (self.workspace.pk, request and request.number, job and (job.number, job.title))

    def idle_seconds(self, real: datetime) -> float | None:
        """Return the seconds since its last request; `real` is the server's time.

        Without a request, it is the age of its newest job.
        """
        if self.newest_request is not None:
            return (real - self.newest_request.server_received_at).total_seconds()
        if self.newest_job is not None:
            return self.newest_job.age(self.workspace.now(real))
        return None


def workspaces_used_last(count: int, *, excluding: str) -> list[UsedWorkspace]:
    """Return the workspaces with the newest requests, then those with the newest jobs.

    `excluding` is the digest of a key whose workspace is left out. A workspace that is only among
    older requests and jobs than the newest `SEARCHED` is not found.
    """
    # One more, as one is left out.
    found = {
        *_of_newest(LoggedRequest.objects.all(), count + 1),
        *_of_newest(Job.objects.all(), count + 1),
    }
    workspaces = (
        Workspace.objects.filter(pk__in=found)
        .exclude(key_digest=excluding)
        .annotate(
            newest_request=_newest_number(LoggedRequest.objects.all()),
            newest_job=_newest_number(Job.objects.all()),
        )
    )
    numbers = {each: _numbers(each) for each in workspaces}
    newest = sorted(numbers, key=lambda each: numbers[each], reverse=True)[:count]
    shown = [numbers[each] for each in newest]
    requests = LoggedRequest.objects.only("server_received_at", "user_agent").in_bulk(
        [number for number, _ in shown]
    )
    jobs = Job.objects.in_bulk([number for _, number in shown])
    return [
        UsedWorkspace(
            workspace=each,
            newest_request=requests.get(numbers[each][0]),
            newest_job=jobs.get(numbers[each][1]),
        )
        for each in newest
    ]


def _of_newest(rows: QuerySet[Any], count: int) -> list[int]:
    """Return the numbers of the workspaces that the newest rows belong to, the newest first."""
    newest = rows.order_by("-number").values("number")[:1]
    few = rows.filter(number__gt=Subquery(newest) - SEARCHED)
    # + 0: group these few, and do not scan all rows by workspace.
    by_newest = few.values(owner=F("workspace_id") + 0).annotate(last=Max("number"))
    return list(by_newest.order_by("-last").values_list("owner", flat=True)[:count])


def _numbers(annotated: Any) -> tuple[int, int]:
    """Return the numbers of a workspace's newest request and newest job, 0 if there is none."""
    return annotated.newest_request or 0, annotated.newest_job or 0


def _newest_number(rows: QuerySet[Any]) -> Subquery:
    of_workspace = rows.filter(workspace=OuterRef("pk"))
    return Subquery(of_workspace.order_by("-number").values("number")[:1])
