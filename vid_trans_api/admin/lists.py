"""The admin's long lists: filters, and counts with an upper bound."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from vid_trans_api.models import DeliveryState, read_consistent, read_time
from vid_trans_api.snapshots import Status

LARGEST_COUNT: Final = 1000
"""Counting stops here: in a large database it would take longer than everything else."""

MOST_WORDS: Final = 20
"""The words of a search that count: each adds conditions, and a query can have only so many."""


def server_time_of(request: HttpRequest) -> datetime:
    """Return the server's time for a request; repeated calls return the same instant."""
    if not hasattr(request, "server_time"):
        request.server_time = read_time()  # type: ignore[attr-defined]  # the request keeps it
    instant: datetime = request.server_time  # type: ignore[attr-defined]
    return instant


def format_count(count: int) -> str:
    """Format a count of at most one more than the largest count: 17, or 1,000+."""
    return f"{count:,}" if count <= LARGEST_COUNT else f"{LARGEST_COUNT:,}+"


class ChoiceFilter(admin.SimpleListFilter):
    """A filter with fixed choices. Any other value is refused."""

    def narrow(self, rows: Any, choice: str, server_time: datetime) -> Any:
        """Return the rows of a choice."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        choice = self.value()
        if choice is None:
            return queryset
        if choice not in dict(self.lookup_choices):
            raise IncorrectLookupParameters
        return self.narrow(queryset, choice, server_time_of(request))


class CountedFilter(ChoiceFilter):
    """A filter that shows the number of jobs of each choice.

    The counts ignore the other filters. Together they would take longer than the list itself.
    """

    def count(self, jobs: Any, choice: str, server_time: datetime) -> int:
        """Count the jobs of a choice, up to one more than the largest count."""
        return int(self.narrow(jobs, choice, server_time).count_up_to(LARGEST_COUNT + 1))

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        all_jobs, *choices = super().choices(changelist)
        yield all_jobs
        for (choice, label), shown in zip(self.lookup_choices, choices, strict=True):
            count = self.count(changelist.root_queryset, str(choice), server_time_of(self.request))
            yield {**shown, "display": f"{label} ({format_count(count)})"}


class StatusFilter(CountedFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(status.value, status.label) for status in Status]

    def count(self, jobs: Any, choice: str, server_time: datetime) -> int:
        found = jobs.with_status_anywhere(Status(choice), server_time)
        return int(found.count_up_to(LARGEST_COUNT + 1))

    def narrow(self, jobs: Any, choice: str, server_time: datetime) -> Any:
        status = Status(choice)
        if status is Status.PENDING:
            return jobs.pending_by_end(server_time)
        return jobs.with_status_anywhere(status, server_time)


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

    def narrow(self, jobs: Any, choice: str, server_time: datetime) -> Any:
        return jobs.created_within(self.ages[choice], server_time)


class StateFilter(ChoiceFilter):
    """Filters deliveries by their state."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = (DeliveryState.PENDING, DeliveryState.DELIVERED, DeliveryState.FAILED)
        return [(state.value, state.capitalize()) for state in states]

    def narrow(self, rows: Any, choice: str, server_time: datetime) -> Any:
        return rows.in_state(DeliveryState(choice))


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Counts up to the largest count; older rows are found by a filter or a search.

    The admin also pages through the history of one job with it.
    """

    @cached_property
    def count(self) -> int:
        return min(LARGEST_COUNT, self._count_up_to_limit)

    @cached_property
    def _count_up_to_limit(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: LARGEST_COUNT + 1].count())

    @property
    def formatted_count(self) -> str:
        return format_count(self._count_up_to_limit)


class LongList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count  # avoids another, unbounded count


class JobList(LongList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        page = self.result_list
        self.result_list = read_consistent(lambda: list(page.all()), server_time_of(request))


class OnePageActionForm(ActionForm):
    """Limits actions to the selected rows of one page; "select all" would mean the database."""

    def clean_select_across(self) -> bool:
        return False
