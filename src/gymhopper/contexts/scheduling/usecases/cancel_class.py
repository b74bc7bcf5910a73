"""A class does not take place: nobody who booked it came too late for that."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.costs import returned
from gymhopper.contexts.scheduling.domain.errors import ClassOver
from gymhopper.contexts.scheduling.domain.occurrence import Cause, Class
from gymhopper.contexts.scheduling.queries.live_bookings import live_bookings
from gymhopper.contexts.scheduling.queries.told import class_states, rules_of
from gymhopper.contexts.scheduling.storage.occupation import vacate
from gymhopper.contexts.scheduling.usecases.alarms import stop_alarms
from gymhopper.contexts.scheduling.usecases.fill_places import have_lines_seen_again
from gymhopper.contexts.scheduling.usecases.reach import held, place_of
from gymhopper.contexts.scheduling.usecases.timing import OFFER_ENDS
from gymhopper.contracts.scheduling.events import BookingCancelled, ClassCancelled


async def cancel_one_class(uow: UnitOfWork, class_id: UUID) -> tuple[Class, int]:
    """The gym cancels it, also when it has begun and not ended; returns how many bookings it had.

    Raises NotFound, ClassOver, Forbidden.
    """
    found = await held(uow, Class, class_id, "class")
    await place_of(uow, found.location_id)
    if found.until_at <= uow.now:
        raise ClassOver("This class is over.")
    return found, await cancel_class(uow, found, "gym")


async def cancel_class(uow: UnitOfWork, class_: Class, cause: Cause) -> int:
    """Cancel the class, whose row is held, and each of its bookings: no fee, and the credits of
    whoever had a place come back. Returns how many bookings that were. Raises ClassOver."""
    class_.cancel(cause)
    rules = (await rules_of(uow.connection, [class_]))[class_.id]
    bookings = (await live_bookings(uow.session, [class_.id]))[class_.id]
    class_.taken = class_.waiting = 0
    await vacate(uow.connection, [class_.id])
    await stop_alarms(uow, class_)
    [state] = await class_states(uow.connection, [class_])
    uow.record(
        class_,
        ClassCancelled(occurrence=state, cause=cause),
        organisation_id=class_.host_organisation_id,
    )
    holding = {each.person_id for each in bookings if each.holds_place}
    for each in bookings:
        had_place, cost = each.holds_place, returned(each)
        if each.status == "offered":
            await uow.unschedule(OFFER_ENDS, str(each.id))
        each.status, each.ending, each.ended_at = "cancelled", "by_gym", uow.now
        each.offered_until = None
        ended = BookingCancelled(
            booking=each.state(state, rules),
            ending="by_gym",
            had_place=had_place,
            credits_back=cost.credits_back,
        )
        uow.record(each, ended, organisation_id=each.host_organisation_id)
    await uow.flush()
    await have_lines_seen_again(uow, holding)
    return len(bookings)
