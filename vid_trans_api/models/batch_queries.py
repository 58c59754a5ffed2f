"""Deleting many rows while the server serves requests."""

from typing import Final, TypeVar

from django.db import models, transaction

_Row_co = TypeVar("_Row_co", bound=models.Model, covariant=True)


class BatchQuerySet(models.QuerySet[_Row_co]):
    BATCH: Final = 5_000

    def delete_in_batches(self) -> int:
        """Delete all of them, one batch in a transaction, so that requests get a turn in between.

        Returns how many there were.
        """
        deleted = 0
        while batch := list(self.values_list("pk", flat=True)[: self.BATCH]):
            deleted += self.filter(pk__in=batch).delete()[0]
        return deleted

    def delete_locked_in_batches(self) -> int:
        """Delete all of them as `delete_in_batches` does, but none that is used meanwhile.

        A creation locks the rows that it uses, so each batch is locked, and then read again.
        """
        deleted = 0
        while True:
            with transaction.atomic():
                rows = self.select_for_update(of=("self",)).order_by("pk")
                batch = list(rows.values_list("pk", flat=True)[: self.BATCH])
                if not batch:
                    return deleted
                deleted += self.filter(pk__in=batch).delete()[0]
