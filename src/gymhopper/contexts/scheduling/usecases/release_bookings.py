"""What was booked on a membership that rests or ends is given up, free of charge."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text

from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.jobs import Deferred
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.costs import returned
from gymhopper.contexts.scheduling.domain.eligibility import rests_at
from gymhopper.contexts.scheduling.queries.scene import hold_class
from gymhopper.contexts.scheduling.usecases.end_appointments import have_appointments_released
from gymhopper.contexts.scheduling.usecases.end_booking import end_booking
from gymhopper.contexts.scheduling.usecases.fill_places import have_filled, save_counts
from gymhopper.contracts.membership.state import MembershipState

RELEASE = "scheduling.release_booking"

_AHEAD = text(
    "SELECT id, class_id, membership_id, start_at FROM scheduling.booking"
    " WHERE membership_id = ANY(CAST(:memberships AS uuid[])) AND start_at > :now"
    " AND status IN ('booked', 'waiting', 'offered') ORDER BY start_at, id"
)
_STATE = text(
    "SELECT CAST(state AS text) FROM scheduling.entitlement WHERE membership_id = :membership_id"
)

_state = msgspec.json.Decoder(MembershipState).decode


async def have_released(uow: UnitOfWork, states: Sequence[MembershipState]) -> None:
    """Have bookings released for whose classes these memberships rest or are over."""
    stopping = {each.membership_id: each for each in states if _may_rest(each)}
    if not stopping:
        return
    asked = {"memberships": list(stopping), "now": uow.now}
    gone = [
        Deferred(
            lock=str(row.class_id),
            arguments={"booking_id": str(row.id)},
            correlation=correlation_id(),
        )
        for row in await uow.connection.execute(_AHEAD, asked)
        if rests_at(stopping[row.membership_id], row.start_at)
    ]
    await uow.defer_many(RELEASE, gone)
    await have_appointments_released(uow, list(stopping.values()))


async def release_booking(uow: UnitOfWork, booking_id: UUID) -> None:
    """Give it up, if its membership still rests then; the line comes up."""
    seen = await uow.session.get(Booking, booking_id)
    if seen is None:
        return
    scene = await hold_class(uow.connection, seen.class_id)
    booking = await uow.get(Booking, booking_id)
    if booking.status not in {"booked", "waiting", "offered"} or booking.start_at <= uow.now:
        return
    asked = {"membership_id": booking.membership_id}
    found = (await uow.connection.execute(_STATE, asked)).scalar_one_or_none()
    if found is None or not rests_at(_state(found), booking.start_at):
        return
    await end_booking(uow, scene, booking, "released", returned(booking))
    await save_counts(uow, scene)
    await have_filled(uow, scene)


def _may_rest(state: MembershipState) -> bool:
    return (
        state.contract == "ended"
        or state.end is not None
        or any(each.kind == "freeze" for each in state.overlays)
    )
