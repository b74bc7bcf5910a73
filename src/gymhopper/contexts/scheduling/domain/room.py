"""Rooms, and the spots in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from gymhopper.contexts.scheduling.domain.errors import Retired
from gymhopper.kernel.errors import InvalidInput


class Spot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place that can be chosen, such as bike 12, and where it is drawn on the map of the room.

    `row` and `column` count from 0, from the front and from the left.
    """

    name: str
    row: int
    column: int
    out_of_order: bool = False


@dataclass(eq=False, kw_only=True)
class Room:
    """A part of a location in which classes are. `area_id` is where it lies as doors know it."""

    id: UUID
    organisation_id: UUID
    location_id: UUID
    name: str
    area_id: UUID | None
    spots: tuple[Spot, ...]
    created_at: datetime
    retired_at: datetime | None = None
    version: int = 0

    def __post_init__(self) -> None:
        check_spots(self.spots)

    def change(self, given: Mapping[str, Any], now: datetime) -> None:
        """Take over what is given, by the names of the fields, and whether it is `retired`. Raises
        InvalidInput."""
        check_spots(given.get("spots", self.spots))
        for name, value in given.items():
            if name == "retired":
                self.retired_at = (self.retired_at or now) if value else None
            else:
                setattr(self, name, value)

    def require(self) -> None:
        """Raises Retired when nothing new takes place in it."""
        if self.retired_at is not None:
            raise Retired("This room is not in use any more.", field="room_id")


def check_spots(spots: tuple[Spot, ...]) -> None:
    """Raises InvalidInput when two have the same name or stand in the same place."""
    if len({each.name for each in spots}) < len(spots):
        raise InvalidInput("Each spot has a name of its own.", field="spots")
    if len({(each.row, each.column) for each in spots}) < len(spots):
        raise InvalidInput("Each spot has a place of its own on the map.", field="spots")
