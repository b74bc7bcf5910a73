"""Columns that hold a value of the domain as JSON."""

from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Dialect, types
from sqlalchemy.dialects.postgresql import JSONB

T = TypeVar("T")


class Value(types.TypeDecorator[T], Generic[T]):
    """A `jsonb` column of one frozen type; read and checked by msgspec."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: type[T]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: T | None, _: Dialect) -> Any:
        """Plain lists, dicts and strings, as the JSON encoder wants them."""
        return None if value is None else msgspec.to_builtins(value)

    def process_result_value(self, value: Any, _: Dialect) -> T | None:
        """The value; msgspec.ValidationError when the row holds something else."""
        return None if value is None else msgspec.convert(value, self.kind)
