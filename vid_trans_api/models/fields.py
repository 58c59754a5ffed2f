"""Model fields that keep values as JSON."""

import json
from functools import lru_cache
from typing import Any, Final, Protocol, Self

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

_MOST_REMEMBERED: Final = 4096
"""How many texts are kept parsed: a job that was read will soon be read again."""


class JsonValue(Protocol):
    """A value that can be kept as JSON."""

    def to_json(self) -> dict[str, Any]: ...

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self: ...


class ValueField(models.JSONField):
    """Keeps a frozen value as JSON, and returns it as that value."""

    def __init__(self, value_class: type[JsonValue], **options: Any) -> None:
        self.value_class = value_class
        super().__init__(**options)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Describe it to migrations as a plain JSONField, so that they import nothing of ours."""
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.JSONField", list(arguments), dict(options)

    def clone(self) -> models.JSONField:  # type: ignore[override]  # only migrations clone fields
        _, _, arguments, options = self.deconstruct()
        return models.JSONField(*arguments, **options)

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> JsonValue | None:
        return None if value is None else _read(self.value_class, value)

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 (as the base class has it)
    ) -> Any:
        stored = value.to_json() if isinstance(value, self.value_class) else value
        return super().get_db_prep_value(stored, connection, prepared)


class ValuesField(ValueField):
    """Keeps a tuple of frozen values."""

    def from_db_value(
        self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> Any:
        return None if value is None else _read_all(self.value_class, value)

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 (as the base class has it)
    ) -> Any:
        stored = value and [each.to_json() for each in value]
        return super().get_db_prep_value(stored, connection, prepared)


@lru_cache(_MOST_REMEMBERED)
def _read(value_class: type[JsonValue], text: str) -> JsonValue:
    return value_class.from_json(json.loads(text))


@lru_cache(_MOST_REMEMBERED)
def _read_all(value_class: type[JsonValue], text: str) -> tuple[JsonValue, ...]:
    return tuple(map(value_class.from_json, json.loads(text)))
