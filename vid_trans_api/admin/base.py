"""What the staff pages share: read-only pages and the format of their cells."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from vid_trans_api.simulation.faults import Rule
from vid_trans_api.web.plans import EMPTY, describe_rule


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Shows rows that cannot be added or edited."""

    empty_value_display = EMPTY

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def format_instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def format_rules(rules: Sequence[Rule]) -> str:
    return "; ".join(map(describe_rule, rules)) or EMPTY
