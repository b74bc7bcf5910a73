"""A list of periods in one column."""

from datetime import datetime
from typing import Any

from sqlalchemy import types
from sqlalchemy.dialects.postgresql import JSONB

from gymhopper.kernel.period import Period


class Periods(types.TypeDecorator[list[Period]]):
    """`[[start, until or null], ...]` with ISO 8601 instants. Replace the list to change it."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: list[Period] | None, dialect: Any) -> Any:  # noqa: ARG002 - SQLAlchemy's signature
        """To JSON."""
        return [
            [each.start.isoformat(), each.until.isoformat() if each.until else None]
            for each in value or ()
        ]

    def process_result_value(self, value: Any, dialect: Any) -> list[Period]:  # noqa: ARG002 - SQLAlchemy's signature
        """From JSON."""
        return [
            Period(datetime.fromisoformat(start), datetime.fromisoformat(until) if until else None)
            for start, until in value
        ]
