"""Queries that store, find and lock workspaces."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models import OuterRef

from vid_trans_api.models.compiled import CompiledQuery, Named, TimedQuery
from vid_trans_api.models.database import WorkspaceNow, as_stored, lock_creations, read_time
from vid_trans_api.simulation.seeds import random_seed

if TYPE_CHECKING:
    from vid_trans_api.models.workspaces import Workspace


class QuotaExceeded(Exception):
    """The database may not hold more jobs or workspaces; the message says which."""


_MOST_DIGITS: Final = len(str(models.BigAutoField.MAX_BIGINT))
"""int() refuses, or takes long for, very many digits."""


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def of_key(self, key_digest: str) -> "Workspace":
        """Return the workspace of a key; an unsaved one if it is not stored."""
        found = _compiled_of_key(self.model).first_at({"key": key_digest})
        if found is None:
            workspace = self.model(key_digest=key_digest, seed=random_seed())
            workspace.read_at = read_time()
            return workspace
        return _from_columns(self.model, *found)

    def find(self, number: str) -> "Workspace | None":
        """Return the workspace that the text names by its primary key, or None."""
        if not number.isdecimal() or len(number) > _MOST_DIGITS:
            return None
        return self.filter(pk=number).first()

    def stored(self, key_digest: str) -> "Workspace":
        """Return the workspace of a key. Store it if it is not stored yet.

        Raises QuotaExceeded if it would be one more than MAX_WORKSPACES.
        """
        most = settings.MAX_WORKSPACES
        with transaction.atomic():
            workspace, is_new = self.get_or_create(
                key_digest=key_digest,
                defaults={"seed": random_seed},  # type: ignore[misc]  # the stubs know no callable
            )
            if is_new and most:
                lock_creations()
                if self.model.objects.count() > most:
                    raise QuotaExceeded(
                        f"There are {most} workspaces, as many as MAX_WORKSPACES allows."
                    )
        return workspace

    def locked(self, key_digest: str) -> "Workspace":
        """Lock the workspace of a key until the transaction ends. Store it if necessary."""
        found = _compiled_locked(self.model).first_at({"key": key_digest})
        if found is None:
            workspace = self.select_for_update().stored(key_digest)
            workspace.read_at = read_time()
            return workspace
        return _from_columns(self.model, *found)

    def mark_evicted(self, responded_at: datetime) -> None:
        """Note that requests responded to until then, by their own clock, may be missing."""
        is_later = models.Q(evicted_until=None) | models.Q(evicted_until__lt=responded_at)
        self.filter(is_later).update(evicted_until=responded_at)

    def empty_since(self, instant: datetime) -> "WorkspaceQuerySet":
        """Return those that hold nothing, have no settings, and were not reset since then."""
        tables: list[Any] = [each.related_model for each in self.model._meta.related_objects]
        rows = [models.Exists(each.objects.filter(workspace=OuterRef("pk"))) for each in tables]
        was_reset = models.Q(reset_at__gte=instant)
        settings = (
            "clock",
            "defaults",
            "faults",
            "rate_limit",
            "requests_left",
            "max_concurrent_jobs",
            "wallet",
        )
        has_none = {f"{name}__isnull": True for name in settings}
        return self.filter(*(~each for each in rows), ~was_reset, webhook_secret="", **has_none)

    def with_queued_jobs(self, server_time: datetime) -> "WorkspaceQuerySet":
        """Return those in which a queued job has not ended, so that one may wait for its turn."""
        now = models.Case(
            models.When(clock__isnull=True, then=models.Value(server_time)),
            default=WorkspaceNow("clock", server_time),
            output_field=models.DateTimeField(),
        )
        jobs: Any = self.model._meta.get_field("jobs").related_model
        queued = jobs.objects.filter(workspace=OuterRef("pk"), is_queued=True)
        # Not with an OR: SQLite would read all jobs that were ever queued.
        return self.alias(time_there=now).filter(
            models.Exists(queued.filter(finishes_at=None))
            | models.Exists(queued.filter(finishes_at__gt=OuterRef("time_there")))
        )

    def to_report(self, server_time: datetime) -> list[int]:
        """Return the primary keys of those in which ends are to be reported by then."""
        rows = _compiled_to_report(self.model).all({"now": as_stored(server_time)})
        return [primary_key for (primary_key,) in rows]

    def with_own_clock(self) -> "WorkspaceQuerySet":
        return self.filter(clock__isnull=False)


@cache
def _compiled_to_report(workspaces: "type[Workspace]") -> CompiledQuery:
    due = workspaces.objects.filter(report_at__lte=Named("now"))
    return CompiledQuery(due.order_by("report_at").values_list("pk"))


@cache
def _compiled_of_key(workspaces: "type[Workspace]") -> TimedQuery:
    return TimedQuery(workspaces.objects.filter(key_digest="key"))


@cache
def _compiled_locked(workspaces: "type[Workspace]") -> TimedQuery:
    return TimedQuery(workspaces.objects.select_for_update().filter(key_digest="key"))


@cache
def _compiled_locked_again(workspaces: "type[Workspace]") -> TimedQuery:
    return TimedQuery(workspaces.objects.select_for_update().filter(pk=Named("pk")))


def lock_and_read_again(workspace: "Workspace") -> None:
    """Lock a workspace until the transaction ends, and read it again. Raises DoesNotExist."""
    found = _compiled_locked_again(type(workspace)).first_at({"pk": workspace.pk})
    if found is None:
        raise workspace.DoesNotExist
    columns, workspace.read_at = found
    for name, value in zip(_column_names(type(workspace)), columns, strict=True):
        setattr(workspace, name, value)


def _from_columns(
    workspaces: "type[Workspace]", columns: Sequence[Any], read_at: datetime
) -> "Workspace":
    workspace = workspaces.from_db(DEFAULT_DB_ALIAS, _column_names(workspaces), columns)
    workspace.read_at = read_at
    return workspace


@cache
def _column_names(workspaces: "type[Workspace]") -> list[str]:
    return [field.attname for field in workspaces._meta.concrete_fields]
