"""Free places go to those who stand in line, first come first served."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from gymhopper.chassis.correlation import correlation_id
from gymhopper.chassis.jobs import Deferred
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain import asking
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.eligibility import Eligible, judge
from gymhopper.contexts.scheduling.queries.bookers import bookers, hold
from gymhopper.contexts.scheduling.queries.line import first_in_line, held_bookings
from gymhopper.contexts.scheduling.queries.scene import Scene, hold_class
from gymhopper.contexts.scheduling.storage.writing import update_counts
from gymhopper.contexts.scheduling.usecases.timing import FILL, OFFER_ENDS, watch_class
from gymhopper.contracts.membership.people.api import Standing
from gymhopper.contracts.scheduling.events import BookingOffered, BookingPromoted

_IN_LINE = text(
    "SELECT DISTINCT b.class_id FROM scheduling.booking AS b"
    " JOIN scheduling.class AS c ON c.id = b.class_id"
    " WHERE b.person_id = ANY(CAST(:people AS uuid[])) AND b.status = 'waiting'"
    " AND b.start_at > :now AND c.status = 'scheduled' AND c.taken < c.capacity ORDER BY b.class_id"
)


async def have_filled(uow: UnitOfWork, scene: Scene) -> None:
    """Have free places given to the line, if there are both."""
    if scene.free and scene.line_moves(uow.now):
        key = str(scene.class_id)
        await uow.defer(FILL, lock=key, class_id=key)


async def have_lines_seen_again(uow: UnitOfWork, people: Iterable[UUID]) -> None:
    """Have the free places of classes given in whose lines these people stand: what kept them from
    having one (credits, limits, a freeze, a debt) may be over."""
    rows = await uow.connection.execute(_IN_LINE, {"people": list(people), "now": uow.now})
    await uow.defer_many(
        FILL,
        [
            Deferred(lock=key, arguments={"class_id": key}, correlation=correlation_id())
            for key in (str(row.class_id) for row in rows)
        ],
    )


async def fill_places(uow: UnitOfWork, class_id: UUID, standings: Mapping[UUID, Standing]) -> int:
    """Give the free places of a class to its line; how many were given or offered.

    Who cannot have the place now keeps theirs in line, and so does whoever has no standing yet:
    they came after it was asked, and have another turn. Nobody comes up after the cut-off.
    """
    scene = await hold_class(uow.connection, class_id)
    if not (scene.free and scene.line_moves(uow.now)):
        return 0
    line = [
        (booking_id, person_id)
        for booking_id, person_id in await first_in_line(uow.connection, class_id, uow.now)
        if person_id in standings
    ]
    people = [person_id for _, person_id in line]
    await hold(uow.connection, people)
    known = await bookers(uow.connection, [scene.occasion], people, uow.now, standings)
    before = scene.taken, scene.waiting
    for each in await held_bookings(uow.session, [booking_id for booking_id, _ in line]):
        if not scene.free:
            break
        if not scene.takes(each.lane):
            continue
        seen = asking.seen_from(known[each.person_id], scene.state.host_organisation_id, scene.caps)
        found = judge(seen, scene.occasion, uow.now, promotes=each.id)
        if isinstance(found, Eligible) and found.held is not None:
            await bring_up(uow, scene, each, found)
    if scene.taken != before[0]:
        await save_counts(uow, scene)
        await watch_class(uow, scene, *before)
    return scene.taken - before[0]


async def save_counts(uow: UnitOfWork, scene: Scene) -> None:
    """Store how many places are taken and waited for."""
    await update_counts(
        uow.connection,
        scene.class_id,
        taken=scene.taken,
        waiting=scene.waiting,
        last_number=scene.last_number,
    )


async def bring_up(uow: UnitOfWork, scene: Scene, booking: Booking, found: Eligible) -> None:
    """A place, or the offer of one. Never at the member's cost: what comes later than a free
    cancellation is asked for, or can be declined for as long as an offer would stand."""
    rules, state = scene.rules, scene.state
    late = scene.late(uow.now)
    mode = rules.late_promotion if late else rules.waitlist_mode
    until = min(uow.now + timedelta(minutes=rules.offer_minutes), rules.cut_off(state.start))
    assert found.held is not None  # noqa: S101 - the caller has looked
    booking.membership_id = found.held.state.membership_id
    booking.credits = found.credits
    scene.fill(booking.lane)
    scene.waiting -= 1
    if mode == "offer":
        booking.status, booking.offered_until = "offered", until
        told = booking.state(state, rules)
        event: BookingOffered | BookingPromoted = BookingOffered(booking=told, offered_until=until)
        await uow.schedule(OFFER_ENDS, str(booking.id), until)
    else:
        booking.status = "booked"
        booking.free_until = max(booking.free_until, until) if late else booking.free_until
        event = BookingPromoted(
            booking=booking.state(state, rules), free_until=booking.free_until if late else None
        )
    uow.record(booking, event, organisation_id=booking.host_organisation_id)
