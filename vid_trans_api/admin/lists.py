"""The admin's lists of jobs: their filters, and counting that stops in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from vid_trans_api import clock
from vid_trans_api.models import read_consistent
from vid_trans_api.snapshots import Status

MOST_COUNTED: Final = 1000
"""No list is counted further: in a large store that would take longer than all the rest."""


def now_of(request: HttpRequest) -> datetime:
    """Return what the server's clock read at a request, the same whenever it is asked for."""
    if not hasattr(request, "now"):
        request.now = clock.now()  # type: ignore[attr-defined]  # kept where it belongs
    instant: datetime = request.now  # type: ignore[attr-defined]
    return instant


def _told(count: int) -> str:
    """Write how many jobs were counted, which goes one further than it is told: 17, or 1,000+."""
    return f"{count:,}" if count <= MOST_COUNTED else f"{MOST_COUNTED:,}+"


class CountedFilter(admin.SimpleListFilter):
    """A filter that tells how many jobs there are of each choice, whatever else is asked for.

    Counted together with another filter, they would cost more than the list itself.
    """

    def of(self, choice: str, jobs: Any, now: datetime) -> Any:
        """Return the jobs of that choice at that instant of the server's clock, to be counted."""
        return self.narrow(jobs, choice, now)

    def narrow(self, jobs: Any, choice: str, now: datetime) -> Any:
        """Return those of the jobs that the choice leaves at that instant of the server's clock."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        choice = self.value()
        if choice is None:
            return queryset
        if choice not in dict(self.lookup_choices):
            raise IncorrectLookupParameters
        return self.narrow(queryset, choice, now_of(request))

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        all_of_them, *choices = super().choices(changelist)
        yield all_of_them
        jobs = changelist.root_queryset
        for (choice, label), shown in zip(self.lookup_choices, choices, strict=True):
            of_choice = self.of(str(choice), jobs, now_of(self.request))
            count = _told(of_choice.count_up_to(MOST_COUNTED + 1))
            yield {**shown, "display": f"{label} ({count})"}


class StatusFilter(CountedFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, status.label) for status in Status]

    def of(self, choice: str, jobs: Any, now: datetime) -> Any:
        return jobs.with_status_anywhere(Status(choice), now)

    def narrow(self, jobs: Any, choice: str, now: datetime) -> Any:
        status = Status(choice)
        if status is Status.PENDING:
            return jobs.pending_by_end(now)
        return jobs.with_status_anywhere(status, now)


class AgeFilter(CountedFilter):
    title = "age"
    parameter_name = "age"
    ages: ClassVar = {
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(weeks=1),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(age, f"Past {age}") for age in self.ages]

    def narrow(self, jobs: Any, choice: str, now: datetime) -> Any:
        return jobs.created_within(self.ages[choice], now)


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Counts no further than the admin counts; older jobs are found by a filter or a search."""

    @cached_property
    def count(self) -> int:
        return min(MOST_COUNTED, self._counted)

    @cached_property
    def _counted(self) -> int:
        jobs: Any = self.object_list
        return int(jobs.count_up_to(MOST_COUNTED + 1))

    @property
    def how_many(self) -> str:
        return _told(self._counted)


class JobList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = self.result_list
        self.result_list = read_consistent(lambda: list(page.all()), now_of(request))
        self.full_result_count = self.result_count  # the foot of the list tells it, bounded
