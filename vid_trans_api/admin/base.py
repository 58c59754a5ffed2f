"""What the staff pages share: read-only pages, long lists and the format of their cells."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from vid_trans_api.admin.lists import (
    MOST_WORDS,
    BoundedPaginator,
    LongList,
    OnePageActionForm,
)
from vid_trans_api.simulation.faults import Rule
from vid_trans_api.web.plans import EMPTY, describe_rule


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Shows rows that cannot be added or edited."""

    empty_value_display = EMPTY

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LongListAdmin(ReadOnlyAdmin):
    """Shows rows of which there may be millions, the newest first."""

    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-pk",)
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    action_form = OnePageActionForm

    class Media:
        css: ClassVar = {"all": ["vid_trans_api/style.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LongList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.split()
        if len(words) > MOST_WORDS:
            note = f"Only the first {MOST_WORDS} words of the search count."
            self.message_user(request, note, messages.WARNING)
        return super().get_search_results(request, queryset, " ".join(words[:MOST_WORDS]))


def format_instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def format_rules(rules: Sequence[Rule]) -> str:
    return "; ".join(map(describe_rule, rules)) or EMPTY
