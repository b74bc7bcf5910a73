"""Classes, bookings, appointments and what they are made of, explored by each kind of caller.
Whoever may do something gets as far as doing it, and nobody else does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from authorisation.calls import Ids
from authorisation.exploring import SOME, explore
from authorisation.rollback import with_rollback
from authorisation.world import World, two_organisations
from fixtures.people import MEMBER, NOBODY, session_as
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.identity.domain.roles import OWNER
from gymhopper.contexts.scheduling.domain.asking import Wish
from gymhopper.contexts.scheduling.usecases.book_appointment import (
    WantedAppointment,
    book_appointment,
)
from gymhopper.contexts.scheduling.usecases.book_class import book_class
from gymhopper.contexts.scheduling.usecases.follow_membership import (
    MembershipNews,
    follow_memberships,
)
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.state import MembershipState
from gymhopper.kernel.ids import new_id

TAGS = (
    *("appointments", "booking rules", "bookings", "calendar feeds", "class types", "classes"),
    *("instructors", "levels", "locations", "rooms", "schedules", "services"),
)

PERSON = text("SELECT person_id FROM membership.member WHERE id = :id")
CLASSES = text(
    "SELECT id FROM scheduling.class WHERE schedule_id = :id AND start_at > now()"
    " + interval '3 days' ORDER BY start_at LIMIT :classes"
)


def operations(lines: str) -> frozenset[str]:
    """A method and a path a line."""
    found = (each.split() for each in lines.strip().splitlines())
    return frozenset(f"{method} /api/v1{path}" for method, path in found)


READ = operations("""
    GET /appointments
    GET /booking-rules
    GET /bookings
    GET /class-types
    GET /class-types/{class_type_id}
    GET /classes
    GET /classes/{class_id}
    GET /instructors
    GET /instructors/{instructor_id}
    GET /instructors/{instructor_id}/availability
    GET /locations
    GET /locations/{location_id}
    GET /members/{member_id}/levels
    GET /rooms
    GET /rooms/{room_id}
    GET /services
    GET /services/{service_id}
    GET /services/{service_id}/free-times
""")
BOOK = operations("""
    GET /bookings/{booking_id}
    GET /bookings/{booking_id}/cancellation
    POST /bookings
    POST /bookings/{booking_id}/cancel
    POST /classes/{class_id}/book
""")
MEET = operations("""
    GET /appointments/{appointment_id}
    GET /appointments/{appointment_id}/cancellation
    POST /appointments
    POST /appointments/{appointment_id}/cancel
""")
DESK = operations("""
    GET /classes/{class_id}/roster
    PUT /members/{member_id}/levels/{discipline}
""")
MAKE = operations("""
    PATCH /classes/{class_id}
    PATCH /locations/{location_id}
    PATCH /services/{service_id}
    POST /classes
    POST /classes/{class_id}/cancel
    POST /services
    PUT /booking-rules
    PUT /instructors/{instructor_id}/availability
""")

MAY = {
    "owner": READ | BOOK | MEET | DESK | MAKE,
    "front_desk": READ | BOOK | MEET | DESK,
    MEMBER: READ | BOOK | MEET,
    "guardian": READ | BOOK | MEET,
    "stranger": frozenset[str](),
    NOBODY: frozenset[str](),
    "anonymous": frozenset[str](),
}
"""What each gets as far as doing, with things of the first side. The stranger is the owner of the
other one."""


@dataclass
class Callers:
    """Tokens and ids by the kind of caller."""

    world: World
    tokens: dict[str, str | None] = field(default_factory=dict)
    ids: dict[str, Ids] = field(default_factory=dict)


@pytest.fixture(scope="module")
async def callers() -> AsyncIterator[Callers]:
    async with two_organisations(rolled_back=False) as world:
        found = await all_callers(world)
        with_rollback(world.runtime.database)
        yield found


async def all_callers(world: World) -> Callers:
    """The member is a child of the first side, with a class and an appointment, and the guardian
    acts for it."""
    person_id, several = await a_child_who_is_booked(world)
    gyms = [UUID(side.ids["organisation_id"]) for side in (world.own, world.other)]
    found = Callers(world)
    for caller, ids in zip(MAY, several, strict=True):
        found.ids[caller] = world.personal.get(caller, world.personal[NOBODY]) | ids
        found.tokens[caller] = world.tokens.get(caller)
    found.tokens[MEMBER] = await session_as(world.runtime, MEMBER, gyms[0], person_id=person_id)
    found.tokens["guardian"] = world.tokens[MEMBER]
    found.tokens["stranger"] = await session_as(world.runtime, "owner", gyms[1])
    return found


async def a_child_who_is_booked(world: World) -> tuple[UUID, list[Ids]]:
    """Who it is, and for each caller the first side's ids with the child's, what it has booked, and
    a class that is free: bookings in company are not rolled back."""
    runtime, own = world.runtime, world.own.ids
    member_id, gym = UUID(own["child_id"]), UUID(own["organisation_id"])
    async with runtime.read(SERVICE) as connection:
        person_id = (await connection.execute(PERSON, {"id": member_id})).scalar_one()
        wanted = {"id": UUID(own["schedule_id"]), "classes": len(MAY) + 1}
        taken, *free = (await connection.execute(CLASSES, wanted)).scalars()
    held = MembershipState(
        membership_id=new_id(),
        member_id=member_id,
        person_id=person_id,
        organisation_id=gym,
        plan_id=new_id(),
        zone="Europe/Berlin",
        coverage=Coverage(include=(Clause(),)),
        contract="active",
        start=runtime.clock.now(),
    )
    async with runtime.begin(SERVICE) as uow:
        await follow_memberships(uow, [MembershipNews(1, held)])
    desk = AuthSubject(kind="staff", id=new_id(), organisation_id=gym, scopes=OWNER.scopes)
    booked = await book_class(
        runtime, desk, taken, Wish(person_id=person_id, member_id=member_id, desk=True)
    )
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    appointment = WantedAppointment(
        service_id=UUID(own["service_id"]),
        location_id=UUID(own["location_id"]),
        start=start,
        member_id=member_id,
    )
    made = await book_appointment(runtime, desk, appointment)
    theirs = {
        "member_id": member_id,
        "membership_id": held.membership_id,
        "booking_id": booked.booking.id,
        "appointment_id": made.id,
    }
    ids = own | {name: str(each) for name, each in theirs.items()}
    return person_id, [ids | {"class_id": str(each)} for each in free]


@pytest.mark.prove
@pytest.mark.parametrize("caller", MAY)
async def test_whoever_may_gets_as_far_as_doing_it(
    callers: Callers, tmp_path: Path, caller: str
) -> None:
    tags = (part for each in TAGS for part in ("--include-tag", each))
    token, ids = callers.tokens[caller], callers.ids[caller]
    found = await explore(callers.world, token, ids, tmp_path, *SOME, *tags)
    assert found.operations >= MAKE | DESK | MEET | BOOK | READ
    assert found.succeeded >= MAY[caller], sorted(MAY[caller] - found.succeeded)
    # What a stranger learns of their own gym on the way is tried, too, and is theirs.
    reached = found.named({*callers.world.own.marks, *ids.values()})
    refused = (BOOK | MEET | DESK | MAKE) - MAY[caller]
    assert not reached & refused, sorted(reached & refused)
