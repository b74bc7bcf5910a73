"""What is said of bookings, and what holds because of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.scheduling.storage.tables import booking_rules


class SaidRules(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of the bookings of all, of a location, of a kind of class, or of both."""

    location_id: UUID | None
    class_type_id: UUID | None
    version: int
    rules: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """All that touches some classes, what weighs more after what weighs less."""

    said: Sequence[SaidRules]

    @property
    def version(self) -> int:
        """Grows with each of them; none is ever taken away."""
        return sum(each.version for each in self.said)


async def said_rules(
    connection: AsyncConnection,
    organisation_id: UUID,
    location_id: UUID | None,
    class_type_id: UUID | None,
) -> list[SaidRules]:
    """All that touches such classes, what weighs more after what weighs less."""
    table = booking_rules.c
    query = (
        select(table.location_id, table.class_type_id, table.version, table.rules)
        .where(
            table.organisation_id == organisation_id,
            or_(table.location_id.is_(None), table.location_id == location_id),
            or_(table.class_type_id.is_(None), table.class_type_id == class_type_id),
        )
        .order_by(table.class_type_id.is_not(None), table.location_id.is_not(None))
    )
    return [SaidRules(**row) for row in (await connection.execute(query)).mappings()]
