"""Give places in a class, or in its line, to those who ask: to many at once, one after the other.

One transaction holds the class, learns what is needed of everybody with one question of each kind,
and decides in the order in which they asked. So a rush costs a few round trips for a hundred
people, and whoever had an answer before another one asked stands before that one: the class's row
is held from before the first decision until all of them are committed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.gathering import IN_A_TURN
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain import asking
from gymhopper.contexts.scheduling.domain.asking import Wish
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.caps import lane
from gymhopper.contexts.scheduling.domain.eligibility import (
    Booker,
    Engagement,
    judge,
)
from gymhopper.contexts.scheduling.domain.refusals import BookingRefused, Refusal
from gymhopper.contexts.scheduling.queries.bookers import bookers, hold
from gymhopper.contexts.scheduling.queries.lines_today import lines_today
from gymhopper.contexts.scheduling.queries.parties import Party, parties
from gymhopper.contexts.scheduling.queries.scene import Scene, hold_class
from gymhopper.contexts.scheduling.storage.writing import insert_bookings, spots_taken
from gymhopper.contexts.scheduling.usecases.fill_places import have_filled, save_counts
from gymhopper.contexts.scheduling.usecases.timing import watch_class
from gymhopper.contracts.membership.people.api import Standing
from gymhopper.contracts.scheduling.events import BookingMade, BookingWaitlisted
from gymhopper.kernel.errors import GymhopperError
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A wish, and who has it."""

    wish: Wish
    by: By


@dataclass(frozen=True, slots=True)
class Given:
    """A booking, with its class, and its place in line (from 1) where it has none in the class."""

    booking: Booking
    scene: Scene
    position: int | None


@dataclass(slots=True, kw_only=True)
class _There:
    """Who is in the class already: it grows with each place that is given."""

    parties: dict[UUID, Party]
    spots: set[str] = field(default_factory=set)
    lines: dict[UUID, int] = field(default_factory=dict)

    def party_for(self, wish: Wish, most: int) -> Party | None:
        """With whom a guest comes; None for who is none. Raises BookingRefused."""
        if wish.host_person_id is None:
            return None
        found = self.parties.get(wish.host_person_id)
        if found is None or found.guests >= most:
            raise BookingRefused(Refusal("TOO_MANY_GUESTS"))
        return found

    def waits_too_often(self, wish: Wish, most: int | None) -> bool:
        """Whether they have stood in line as often as they may on a day."""
        return most is not None and self.lines.get(wish.person_id, 0) >= most


async def take_places(
    uow: UnitOfWork,
    class_id: UUID,
    asks: Sequence[Ask],
    standings: Mapping[UUID, Standing],
) -> list[Given | GymhopperError]:
    """What each of them gets, in the order of asking. Raises NotFound for the class.

    The unit of work may touch everybody's rows: whoever calls has made sure of who asks.
    """
    scene = await hold_class(uow.connection, class_id)
    people = list(dict.fromkeys(each.wish.person_id for each in asks))
    await hold(uow.connection, people)
    before = scene.taken, scene.waiting
    known = await bookers(uow.connection, [scene.occasion], people, uow.now, standings)
    hosts = [x.wish.host_person_id for x in asks if x.wish.host_person_id is not None]
    there = _There(parties=await parties(uow.connection, class_id, hosts))
    if any(each.wish.spot is not None for each in asks):
        there.spots = await spots_taken(uow.connection, class_id)
    if scene.rules.waitlist_a_day is not None:
        there.lines = await lines_today(
            uow.connection,
            scene.state.host_organisation_id,
            people,
            uow.now,
            scene.state.zone,
        )
    answers: list[Given | GymhopperError] = []
    for nth, each in enumerate(asks):
        if nth % IN_A_TURN == IN_A_TURN - 1:
            await asyncio.sleep(0)
        try:
            given = _give(scene, known[each.wish.person_id], each, there, uow.now)
        except GymhopperError as error:
            answers.append(error)
            continue
        person = known[each.wish.person_id]
        known[each.wish.person_id] = _engaged(person, given.booking)
        answers.append(given)
    made = [
        (found, ask.by)
        for found, ask in zip(answers, asks, strict=True)
        if isinstance(found, Given)
    ]
    if made:
        for nth, (given, by) in enumerate(made):
            if nth % IN_A_TURN == IN_A_TURN - 1:
                await asyncio.sleep(0)
            _tell(uow, given, by)
        await insert_bookings(uow.connection, [given.booking for given, _ in made])
        await save_counts(uow, scene)
        await watch_class(uow, scene, *before)
        await have_filled(uow, scene)
    return answers


def _give(scene: Scene, booker: Booker, ask: Ask, there: _There, now: datetime) -> Given:
    """The booking that comes of it. Raises BookingRefused."""
    wish, host = ask.wish, scene.state.host_organisation_id
    party = there.party_for(wish, scene.rules.guests)
    asking.check_spot(wish.spot, scene.spots)
    asking.check_wait_until(wish.wait_until, now, scene.state.start)
    seen = asking.seen_from(booker, host, scene.caps, only=wish.guarded_at)
    found = judge(
        seen,
        scene.occasion,
        now,
        wanted=wish.membership_id,
        over=wish.over,
        guest=wish.host_person_id is not None,
    )
    if isinstance(found, Refusal):
        raise BookingRefused(found)
    home, member_id = wish.home_organisation_id or host, wish.member_id
    if found.held is not None:
        home, member_id = found.held.state.organisation_id, found.held.member_id
    if member_id is None:
        raise BookingRefused(Refusal("NO_MEMBERSHIP"))
    channel = asking.channel_of(wish, home, host)
    of = lane(channel, home)
    # Nobody overtakes a line that is still moved up.
    seated = scene.takes(of) and not scene.goes_first(now)
    if not seated and not (wish.or_wait and scene.line_is_open(now)):
        raise BookingRefused(Refusal("WAITLIST_FULL" if wish.or_wait else "CLASS_FULL"))
    over = found.over
    if not seated and there.waits_too_often(wish, scene.rules.waitlist_a_day):
        if "TOO_MANY_BOOKINGS" not in wish.over:
            raise BookingRefused(Refusal("TOO_MANY_BOOKINGS"))
        over = tuple(dict.fromkeys((*over, "TOO_MANY_BOOKINGS")))
    spot = wish.spot if seated else None
    if spot is not None and spot in there.spots:
        raise BookingRefused(Refusal("SPOT_TAKEN"))
    scene.last_number += 1
    if seated:
        scene.fill(of)
        there.spots.update({spot} if spot else ())
    else:
        scene.keep_waiting(of)
        there.lines[wish.person_id] = there.lines.get(wish.person_id, 0) + 1
    booking = Booking(
        id=new_id(),
        class_id=scene.class_id,
        host_organisation_id=host,
        home_organisation_id=home,
        person_id=wish.person_id,
        member_id=member_id,
        membership_id=None if found.held is None else found.held.state.membership_id,
        channel=channel,
        status="booked" if seated else "waiting",
        number=scene.last_number,
        start_at=scene.state.start,
        until_at=scene.state.until,
        spot=spot,
        credits=found.credits,
        terms=scene.rules.terms,
        booked_at=now,
        booked_by=ask.by.actor,
        free_until=scene.rules.free_until(scene.state.start),
        bypassed=over,
        waited=not seated,
        wait_until=None if seated else wish.wait_until,
        host_booking_id=None if party is None else party.booking_id,
        host_person_id=wish.host_person_id,
    )
    if party is not None:
        party.guests += 1
    if seated:
        there.parties[wish.person_id] = Party(booking.id)
    return Given(booking, scene, None if seated else scene.waiting)


def _engaged(booker: Booker, booking: Booking) -> Booker:
    """The person after the booking: whoever asks twice in one breath has it only once."""
    engagement = Engagement(
        booking.id, booking.class_id, "booked", booking.start_at, booking.until_at
    )
    return msgspec.structs.replace(booker, engagements=(*booker.engagements, engagement))


def _tell(uow: UnitOfWork, given: Given, by: By) -> None:
    state = given.booking.state(given.scene.state, given.scene.rules)
    event = (
        BookingMade(booking=state)
        if given.position is None
        else BookingWaitlisted(booking=state, position=given.position)
    )
    uow.record(given.booking, event, organisation_id=given.booking.host_organisation_id, by=by)
    uow.note(
        "scheduling.booking",
        given.booking.id,
        after={"status": given.booking.status, "channel": given.booking.channel},
        organisation_id=given.booking.host_organisation_id,
        person_id=given.booking.person_id,
        by=by,
    )
