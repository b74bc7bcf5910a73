"""A booking comes to nothing, for whatever reason, and what follows from that."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.costs import Cost
from gymhopper.contexts.scheduling.domain.penalties import Fee, Strike, Why, hold_until
from gymhopper.contexts.scheduling.queries.scene import Scene
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases.fill_places import have_lines_seen_again
from gymhopper.contexts.scheduling.usecases.keep_fees import have_fall_due
from gymhopper.contexts.scheduling.usecases.timing import OFFER_ENDS
from gymhopper.contracts.scheduling.events import BookingCancelled, StrikeGiven
from gymhopper.contracts.scheduling.state import Ending
from gymhopper.kernel.ids import new_id


async def end_booking(
    uow: UnitOfWork,
    scene: Scene,
    booking: Booking,
    ending: Ending,
    cost: Cost,
    *,
    by: By | None = None,
) -> None:
    """End a live booking of a class that is held. The counts of the scene change; whoever holds it
    stores them, and has its line moved up."""
    had_place, was = booking.holds_place, booking.status
    if had_place:
        scene.fill(booking.lane, -1)
    else:
        scene.waiting -= 1
    if was == "offered":
        await uow.unschedule(OFFER_ENDS, str(booking.id))
    booking.status, booking.ending, booking.ended_at = "cancelled", ending, uow.now
    event = BookingCancelled(
        booking=booking.state(scene.state, scene.rules),
        ending=ending,
        had_place=had_place,
        credits_back=cost.credits_back,
        fee=cost.fee,
    )
    uow.record(booking, event, organisation_id=booking.host_organisation_id, by=by)
    _note(uow, booking, was, by)
    if had_place:
        await have_lines_seen_again(uow, [booking.person_id])
    if ending == "late":
        await penalise(uow, scene, booking, cost, "late_cancel", by=by)


async def penalise(
    uow: UnitOfWork, scene: Scene, booking: Booking, cost: Cost, why: Why, *, by: By | None = None
) -> None:
    """The fee that falls due later, and the strike, where the gym's rules say so. What was charged
    before for the same is not asked for again."""
    if cost.fee is not None and cost.fee.amount > 0:
        fee = Fee(
            id=new_id(),
            booking_id=booking.id,
            host_organisation_id=booking.host_organisation_id,
            home_organisation_id=booking.home_organisation_id,
            person_id=booking.host_person_id or booking.person_id,
            amount=cost.fee.amount,
            currency=cost.fee.currency,
            why=why,
            due_at=uow.now + timedelta(hours=booking.terms.fee_hours),
        )
        await have_fall_due(uow, fee)
    strikes = scene.rules.strikes
    if strikes is not None and (strikes.late if why == "late_cancel" else strikes.missed):
        await _strike(uow, scene, booking, by)


async def _strike(uow: UnitOfWork, scene: Scene, booking: Booking, by: By | None) -> None:
    strikes = scene.rules.strikes
    assert strikes is not None  # noqa: S101 - the caller has looked
    person_id = booking.host_person_id or booking.person_id
    count = 1 + await _counted(uow, booking.host_organisation_id, person_id, strikes.within_days)
    strike = Strike(
        id=new_id(),
        organisation_id=booking.host_organisation_id,
        person_id=person_id,
        booking_id=booking.id,
        given_at=uow.now,
        held_until=hold_until(strikes, count, uow.now),
    )
    event = StrikeGiven(
        strike_id=strike.id,
        organisation_id=strike.organisation_id,
        person_id=person_id,
        booking_id=booking.id,
        count=count,
        held_until=strike.held_until,
    )
    uow.record(strike, event, organisation_id=strike.organisation_id, by=by)
    uow.add(strike)


async def _counted(uow: UnitOfWork, organisation_id: UUID, person_id: UUID, days: int) -> int:
    """How many strikes count; those that led to a hold which is over do not count twice."""
    of = tables.strike.c
    since = uow.now - timedelta(days=days)
    last_hold = (
        select(func.max(of.given_at))
        .where(
            of.organisation_id == organisation_id,
            of.person_id == person_id,
            of.held_until.is_not(None),
            of.taken_back_at.is_(None),
        )
        .scalar_subquery()
    )
    query = select(func.count()).where(
        of.organisation_id == organisation_id,
        of.person_id == person_id,
        of.taken_back_at.is_(None),
        of.given_at > func.greatest(since, func.coalesce(last_hold, since)),
    )
    return int((await uow.session.execute(query)).scalar_one())


def _note(uow: UnitOfWork, booking: Booking, was: str, by: By | None) -> None:
    if by is not None:
        uow.note(
            "scheduling.booking",
            booking.id,
            before={"status": was},
            after={"status": booking.status, "late": booking.ending == "late"},
            organisation_id=booking.host_organisation_id,
            person_id=booking.person_id,
            by=by,
        )
