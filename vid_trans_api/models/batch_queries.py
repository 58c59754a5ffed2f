"""Deleting many rows while the server serves requests."""

from typing import Final, TypeVar

from django.db import models

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
