"""Deleting many rows while the server serves requests."""

from typing import Final, TypeVar

from django.db import models, transaction

_Row_co = TypeVar("_Row_co", bound=models.Model, covariant=True)


class ChunkedQuerySet(models.QuerySet[_Row_co]):
    CHUNK: Final = 5_000

    def delete_in_chunks(self) -> int:
        """Delete all of them, one chunk in a transaction, so that requests get a turn in between.

        Returns how many there were.
        """
        deleted = 0
        while chunk := list(self.values_list("pk", flat=True)[: self.CHUNK]):
            deleted += self.filter(pk__in=chunk).delete()[0]
        return deleted

    def delete_locked_in_chunks(self) -> int:
        """Delete all of them as `delete_in_chunks` does, but none that is used meanwhile.

        A creation locks the rows that it uses, so each chunk is locked, and then read again.
        """
        deleted = 0
        while True:
            with transaction.atomic():
                rows = self.select_for_update(of=("self",)).order_by("pk")
                chunk = list(rows.values_list("pk", flat=True)[: self.CHUNK])
                if not chunk:
                    return deleted
                deleted += self.filter(pk__in=chunk).delete()[0]
