"""Say of a whole class who came, at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.queries.live_bookings import live_bookings
from gymhopper.contexts.scheduling.queries.scene import hold_class
from gymhopper.contexts.scheduling.usecases.mark_attendance import Mark, say
from gymhopper.kernel.errors import InvalidInput, NotFound


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one booking."""

    booking_id: UUID
    status: Mark


@dataclass(frozen=True, slots=True)
class Marked:
    """All that have a place in the class, and how many of them became something else now."""

    bookings: Sequence[Booking]
    changed: int


async def mark_class(
    uow: UnitOfWork,
    class_id: UUID,
    said: Sequence[Said],
    rest: Literal["attended", "missed"] | None,
    by: By,
) -> Marked:
    """What is `said` of some, and `rest` of those with a place of whom nobody has said anything.

    Said again, it changes nothing. Raises NotFound for a booking that the class does not have,
    InvalidInput when one is named twice, and what marking any of them alone raises: then nobody is
    marked.
    """
    scene = await hold_class(uow.connection, class_id)
    live = (await live_bookings(uow.session, [class_id]))[class_id]
    by_id = {each.id: each for each in live}
    _require_named(said, by_id.keys())
    wanted: dict[UUID, Mark] = {}
    if rest is not None:
        wanted = {each.id: rest for each in live if each.status == "booked"}
    wanted |= {each.booking_id: each.status for each in said}
    changed = 0
    for booking in live:
        if booking.id in wanted:
            changed += await say(uow, scene, booking, wanted[booking.id], by)
    return Marked([each for each in live if each.holds_place], changed)


def _require_named(said: Sequence[Said], known: Collection[UUID]) -> None:
    seen: set[UUID] = set()
    for nth, each in enumerate(said):
        field = f"marks.{nth}.booking_id"
        if each.booking_id not in known:
            raise NotFound("The class has no such booking.", field=field)
        if each.booking_id in seen:
            raise InvalidInput("Each booking is named once.", field=field)
        seen.add(each.booking_id)
