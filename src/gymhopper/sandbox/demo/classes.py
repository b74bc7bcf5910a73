"""Fills the timetable: what classes are made of, their series, and members who book them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from gymhopper.chassis.audit.behalf import By
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.asking import Wish
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.contexts.scheduling.usecases.book_class import book_together
from gymhopper.contexts.scheduling.usecases.cancel_class import cancel_one_class
from gymhopper.contexts.scheduling.usecases.keep_class_type import NewClassType, make_class_type
from gymhopper.contexts.scheduling.usecases.keep_instructor import add_instructor
from gymhopper.contexts.scheduling.usecases.keep_room import make_room
from gymhopper.contexts.scheduling.usecases.say_booking_rules import RulesFor, say_booking_rules
from gymhopper.contexts.scheduling.usecases.start_schedule import NewSchedule, start_schedule
from gymhopper.contexts.scheduling.usecases.substitute_instructor import (
    Substitution,
    substitute_instructor,
)
from gymhopper.contexts.scheduling.usecases.take_places import Ask
from gymhopper.sandbox.demo.keeping import Founded
from gymhopper.sandbox.demo.names import FIRST_NAMES
from gymhopper.sandbox.demo.network import Brand, Network, Venue
from gymhopper.sandbox.demo.people import Progress, Registered, Standing, dice, is_plain
from gymhopper.sandbox.demo.rules import opens
from gymhopper.sandbox.demo.timetable import (
    KINDS,
    ROOMS,
    RULES,
    TEACHERS,
    Kind,
    Series,
    series_at,
)
from gymhopper.sandbox.demo.waiting import once_heard

PATIENCE = 60.0
"""Seconds within which the news of places must have arrived."""

STAND_IN = "stand-in"
"""How the demonstration calls the teacher who steps in."""

KIND_CALLED = {each.name: each for each in KINDS}
BOOKED_AHEAD = timedelta(days=2)
STAND_IN_LINE = 3


async def fill_timetable(
    runtime: Runtime, network: Network, founded: Founded, progress: Progress
) -> None:
    """Give each brand its series, in one transaction; whoever has some keeps them."""
    for number, brand in enumerate(network.brands):
        progress("Timetables", number, len(network.brands))
        venues = [each for each in network.venues if each.brand == brand]
        await once_heard(
            partial(_fill, runtime, brand, venues, founded),
            PATIENCE,
            "The news of new places do not reach the timetable.",
        )
    progress("Timetables", len(network.brands), len(network.brands))


async def book_classes(runtime: Runtime, founded: Founded, people: Sequence[Registered]) -> None:
    """Have members book what is on next at their places, unless somebody has. At each brand one of
    these classes is called off, and somebody else teaches another one."""
    for venue in dict.fromkeys(one.person.home for one in people):
        takers = [one for one in people if _may_come(one, venue)]
        location_id = founded.venues[venue.name].location_id
        for each in _next(await _ahead(runtime, tables.class_.c.location_id == location_id)):
            if each.taken == each.waiting == 0:
                await book_together(runtime, each.id, _asks(runtime, each, takers))
    for organisation_id in sorted({each.organisation_id for each in founded.venues.values()}):
        await _upset(runtime, organisation_id)


async def _fill(runtime: Runtime, brand: Brand, venues: Sequence[Venue], founded: Founded) -> None:
    """Raises NotFound while scheduling has not heard of a place."""
    organisation_id = founded.venues[venues[0].name].organisation_id
    known = sa.select(tables.class_type.c.id).where(
        tables.class_type.c.organisation_id == organisation_id
    )
    async with runtime.begin(SERVICE) as uow:
        if (await uow.connection.execute(known)).first() is not None:
            return
        kinds = {kind: await _offer(uow, organisation_id, kind) for kind in KINDS}
        await say_booking_rules(uow, RulesFor(organisation_id=organisation_id), RULES)
        names = iter(dice("teachers", brand.name).sample(FIRST_NAMES, TEACHERS * len(venues) + 1))
        await _teacher(uow, organisation_id, f"{next(names)} ({STAND_IN})")
        for venue in venues:
            location_id = founded.venues[venue.name].location_id
            rooms = {
                name: (
                    await make_room(
                        uow, location_id=location_id, name=name, area_id=None, spots=spots
                    )
                ).id
                for name, spots in ROOMS.items()
            }
            teachers = [await _teacher(uow, organisation_id, next(names)) for _ in range(TEACHERS)]
            for series in series_at(venue):
                await start_schedule(
                    uow,
                    _schedule(series, location_id, kinds, rooms, teachers, founded.operator_id),
                )


async def _offer(uow: UnitOfWork, organisation_id: UUID, kind: Kind) -> UUID:
    made = await make_class_type(
        uow,
        NewClassType(
            organisation_id=organisation_id,
            name=kind.name,
            description=kind.description,
            minutes=kind.minutes,
            credits=1,
            requirements=kind.requirements,
        ),
    )
    if kind.rules:
        of = RulesFor(organisation_id=organisation_id, class_type_id=made.id)
        await say_booking_rules(uow, of, kind.rules)
    return made.id


async def _teacher(uow: UnitOfWork, organisation_id: UUID, name: str) -> UUID:
    made = await add_instructor(uow, organisation_id=organisation_id, name=name, employee=None)
    return made.id


def _schedule(
    series: Series,
    location_id: UUID,
    kinds: Mapping[Kind, UUID],
    rooms: Mapping[str, UUID],
    teachers: Sequence[UUID],
    operator_id: UUID,
) -> NewSchedule:
    """All members are the operator's, who has an allotment of every place that there is."""
    slot, kind = series.slot, series.slot.kind
    return NewSchedule(
        location_id=location_id,
        class_type_id=kinds[kind],
        rule=series.rule,
        start_time=slot.at,
        room_id=rooms[kind.room],
        instructor_ids=(teachers[slot.teacher],),
        capacity=kind.places,
        caps=Caps(networks={operator_id: kind.places or len(ROOMS[kind.room])}),
    )


def _may_come(one: Registered, venue: Venue) -> bool:
    """Whether nothing can be said against bookings of theirs at the place."""
    person = one.person
    return (
        person.standing is Standing.GOOD
        and is_plain(person.offer)
        and opens(person.offer.coverage, venue)
        and person.home.city == venue.city
    )


async def _ahead(runtime: Runtime, of: sa.ColumnElement[bool]) -> list[Any]:
    """The next days' classes of a place or a brand, in their order."""
    table, now = tables.class_.c, runtime.clock.now()
    query = (
        sa.select(
            *(table.id, table.name, table.capacity, table.status, table.taken, table.waiting),
            *(table.room_id, table.instructor_ids, table.substitute),
        )
        .where(of, table.start_at > now, table.start_at < now + BOOKED_AHEAD)
        .order_by(table.start_at, table.id)
    )
    async with runtime.read(SERVICE) as connection:
        return list((await connection.execute(query)).all())


def _next(ahead: Iterable[Any]) -> Iterator[Any]:
    """The first class that more ask for than it has places, and the first other one."""
    seen: set[bool] = set()
    for each in ahead:
        sought = KIND_CALLED[each.name].sought
        if each.status == "scheduled" and sought not in seen:
            seen.add(sought)
            yield each


def _asks(runtime: Runtime, class_: Any, takers: Sequence[Registered]) -> list[Ask]:
    """The same people whenever they are asked about the same class; some choose their bike."""
    chance = dice("bookings", class_.id)
    kind = KIND_CALLED[class_.name]
    many = chance.randint(class_.capacity // 4, class_.capacity // 2)
    if kind.sought:
        many = class_.capacity + STAND_IN_LINE
    spots = [each.name for each in ROOMS[kind.room] if not each.out_of_order]
    chosen = [*chance.sample(spots, len(spots) // 2), *([None] * many)]
    by = By.present(SERVICE, runtime.clock.now())
    return [
        Ask(wish=Wish(person_id=one.person_id, spot=spot), by=by)
        for one, spot in zip(chance.sample(takers, min(many, len(takers))), chosen, strict=False)
    ]


async def _upset(runtime: Runtime, organisation_id: UUID) -> None:
    """Of those that somebody booked the last one is called off, and the one before has another
    teacher, unless it was done before."""
    table = tables.class_.c
    ahead = await _ahead(runtime, table.host_organisation_id == organisation_id)
    stand_in = sa.select(tables.instructor.c.id).where(
        tables.instructor.c.organisation_id == organisation_id,
        tables.instructor.c.name.endswith(f"({STAND_IN})"),
    )
    booked = [each for each in ahead if each.status == "scheduled" and each.taken]
    async with runtime.begin(SERVICE) as uow:
        instead = (await uow.connection.execute(stand_in)).scalar_one()
        if booked and not any(each.status == "cancelled" for each in ahead):
            await cancel_one_class(uow, booked.pop().id)
        if booked and not any(each.substitute for each in ahead):
            ill = booked[-1]
            await substitute_instructor(
                uow,
                ill.id,
                Substitution(from_instructor_id=ill.instructor_ids[0], to_instructor_id=instead),
            )
