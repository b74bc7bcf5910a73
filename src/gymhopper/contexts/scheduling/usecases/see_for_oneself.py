"""What a person may do with classes that they look at, and why not."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.database import Asks
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.scheduling.domain import asking
from gymhopper.contexts.scheduling.domain.caps import lane
from gymhopper.contexts.scheduling.domain.eligibility import Booker, Eligible, judge
from gymhopper.contexts.scheduling.domain.refusals import Code, Refusal, Verdict
from gymhopper.contexts.scheduling.queries.bookers import bookers, with_standing
from gymhopper.contexts.scheduling.queries.lines_today import lines_today
from gymhopper.contexts.scheduling.queries.scene import Scene, count_channels
from gymhopper.contexts.scheduling.usecases.standings import standings_of
from gymhopper.contracts.scheduling.state import BookingStatus, Channel


class You(msgspec.Struct, frozen=True, kw_only=True):
    """`may` is what a booking would come to; None: it would be refused with `reason`, until `from_`
    where that is known. `booking_id` and `status` are of the booking that there is."""

    may: Literal["book", "wait"] | None = None
    reason: Code | None = None
    from_: datetime | None = msgspec.field(default=None, name="from")
    membership_id: UUID | None = None
    credits: int = 0
    booking_id: UUID | None = None
    status: BookingStatus | None = None
    memberships: tuple[Verdict, ...] = ()


async def see_for_oneself(
    runtime: Runtime, caller: AuthSubject, scenes: Sequence[Scene]
) -> dict[UUID, You]:
    """For each of the classes, by its id; nothing for a caller who is no person.

    What has to be signed, and ages, are judged as of the last class of each gym that asks for it.
    """
    person_id = caller.person_id
    found: dict[UUID, You] = {}
    if person_id is None:
        return found
    now = runtime.clock.now()
    gyms: dict[UUID, list[Scene]] = {}
    for each in scenes:
        gyms.setdefault(each.state.host_organisation_id, []).append(each)
    for several in gyms.values():
        several.sort(key=lambda scene: scene.state.start)
        strictest = max(reversed(several), key=_asks_for)
        # Membership is asked at the same time: whoever reads waits for the slower one alone.
        standings, (known, lines) = await asyncio.gather(
            standings_of(runtime, strictest, [person_id]),
            _known(runtime, several, person_id, now),
        )
        booker = with_standing(known, standings[person_id])
        for scene in several:
            lined_up = lines.get(scene.state.zone, 0)
            found[scene.class_id] = _you(scene, booker, now, lined_up)
    return found


async def _known(
    runtime: Runtime, several: Sequence[Scene], person_id: UUID, now: datetime
) -> tuple[Booker, dict[str, int]]:
    """The person, but for their standing, and their lines of today."""
    # What others have booked is not the person's to see; how many have is.
    async with runtime.asking(SERVICE) as connection:
        await count_channels(connection, several)
        occasions = [each.occasion for each in several]
        known = await bookers(connection, occasions, [person_id], now, {})
        return known[person_id], await _lines(connection, several, person_id, now)


async def _lines(
    connection: Asks, several: Sequence[Scene], person_id: UUID, now: datetime
) -> dict[str, int]:
    """How often the person has stood in line at the gym today, by the zones of its classes."""
    host = several[0].state.host_organisation_id
    zones = {x.state.zone for x in several if x.rules.waitlist_a_day is not None}
    return {
        zone: (await lines_today(connection, host, [person_id], now, zone)).get(person_id, 0)
        for zone in sorted(zones)
    }


def _asks_for(scene: Scene) -> tuple[bool, bool]:
    """To have the largest say is to ask for ages; to have none is to ask for nothing."""
    asked = scene.occasion.requirements
    return asked.by_age, asked.waivers


def _you(scene: Scene, booker: Booker, now: datetime, lines: int) -> You:
    own = next((x for x in booker.engagements if x.class_id == scene.class_id), None)
    if own is not None:
        return You(booking_id=own.booking_id, status=own.status)
    host = scene.state.host_organisation_id
    seen = asking.seen_from(booker, host, scene.caps)
    found = judge(seen, scene.occasion, now)
    if isinstance(found, Refusal):
        return You(reason=found.code, from_=found.from_, memberships=found.held)
    return _with_place(scene, found, now, lines)


def _with_place(scene: Scene, found: Eligible, now: datetime, lines: int) -> You:
    assert found.held is not None  # noqa: S101 - nothing was booked over
    state = found.held.state
    home = state.organisation_id
    channel: Channel = "network" if home != scene.state.host_organisation_id else "online"
    may: Literal["book", "wait"] | None = None
    if scene.takes(lane(channel, home)) and not scene.goes_first(now):
        may = "book"
    elif scene.line_is_open(now):
        may = "wait"
    if may is None:
        return You(reason="WAITLIST_FULL")
    most = scene.rules.waitlist_a_day
    if may == "wait" and most is not None and lines >= most:
        return You(reason="TOO_MANY_BOOKINGS")
    return You(may=may, membership_id=state.membership_id, credits=found.credits)
