"""Rooms, and the spots in them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

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


def check_spots(spots: tuple[Spot, ...]) -> None:
    """Raises InvalidInput when two have the same name or stand in the same place."""
    if len({each.name for each in spots}) < len(spots):
        raise InvalidInput("Each spot has a name of its own.", field="spots")
    if len({(each.row, each.column) for each in spots}) < len(spots):
        raise InvalidInput("Each spot has a place of its own on the map.", field="spots")
