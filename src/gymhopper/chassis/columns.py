"""Kinds of columns that all contexts use."""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

INSTANT = TIMESTAMP(timezone=True)
"""A moment, whatever the zone; read back in UTC."""


class JsonOf(TypeDecorator[T]):
    """`JsonOf(tuple[Hours, ...])` reads and writes such tuples; None is SQL's NULL."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: T | None, dialect: Dialect) -> Any:
        """The value as what JSON has."""
        del dialect
        return msgspec.to_builtins(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> T | None:
        """The value as what the domain has."""
        del dialect
        return None if value is None else msgspec.convert(value, self.kind)
