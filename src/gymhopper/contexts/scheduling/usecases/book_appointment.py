"""Book an appointment for one, from a request of theirs or of staff."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.scheduling.domain.appointment import (
    Appointment,
    Service,
    bookable,
    pattern_of,
)
from gymhopper.contexts.scheduling.domain.class_type import ClassType
from gymhopper.contexts.scheduling.domain.eligibility import Eligible, Occasion, Where, judge
from gymhopper.contexts.scheduling.domain.errors import Occupied
from gymhopper.contexts.scheduling.domain.free_busy import Range
from gymhopper.contexts.scheduling.domain.refusals import STAFF_BYPASS, BookingRefused, Refusal
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.domain.room import Room
from gymhopper.contexts.scheduling.domain.rules import BookingRules
from gymhopper.contexts.scheduling.domain.staffing import is_staffed
from gymhopper.contexts.scheduling.queries import catalogue
from gymhopper.contexts.scheduling.queries.bookers import bookers, hold
from gymhopper.contexts.scheduling.queries.free_times import free_times, place_for
from gymhopper.contexts.scheduling.storage.appointment_tables import service as service_table
from gymhopper.contexts.scheduling.storage.occupation import occupy_for_appointment
from gymhopper.contexts.scheduling.usecases.guardians import is_guardian
from gymhopper.contexts.scheduling.usecases.mark_appointment import rules_of, watch_appointment
from gymhopper.contexts.scheduling.usecases.reach import acts_for, place_of
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.membership.people.api import PeopleApi, Standing
from gymhopper.contracts.scheduling.appointments.events import AppointmentBooked
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.errors import Forbidden, InvalidInput, NotFound
from gymhopper.kernel.ids import new_id

_LEAST = text(
    "SELECT i.id FROM unnest(CAST(:instructors AS uuid[])) AS i (id)"
    " LEFT JOIN scheduling.appointment AS a ON a.instructor_id = i.id AND a.status <> 'cancelled'"
    " AND a.start_at >= :since AND a.start_at < :until GROUP BY i.id ORDER BY count(a.id), i.id"
    " LIMIT 1"
)
_INSTANT = timedelta(microseconds=1)
NO_SERVICE = "There is no service with this id."
NO_MEMBER = "There is no member with this id."


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAppointment:
    """What is asked for. Members leave out `member_id` for themselves, or name whom they are
    guardians of; without an instructor anybody will do."""

    service_id: UUID
    location_id: UUID
    start: datetime
    instructor_id: UUID | None = None
    member_id: UUID | None = None
    bypass: bool = False


@dataclass(frozen=True, slots=True)
class _Comer:
    person_id: UUID
    member_id: UUID | None
    desk: bool


async def book_appointment(
    runtime: Runtime, caller: AuthSubject, wanted: WantedAppointment
) -> Appointment:
    """It keeps its instructor, its room and its person from now on.

    Raises NotFound, Forbidden, Retired, InvalidInput, Occupied when nobody is free at that time,
    and BookingRefused when the person may not.
    """
    async with runtime.read(caller) as connection:
        organisation_id = await _organisation(connection, caller, wanted.service_id)
        zone = (await place_for(connection, organisation_id, wanted.location_id)).zone
    comer = await _comer(runtime, caller, organisation_id, wanted)
    told = await runtime.api(PeopleApi).standings(
        organisation_id=organisation_id,
        person_ids=(comer.person_id,),
        at=wanted.start,
        day=local_date(wanted.start, zone),
        ages=True,
    )
    standings = {each.person_id: each for each in told}
    # What is in the way is of others, whom a member does not see; what the person holds elsewhere
    # is nobody's business here.
    async with runtime.begin(caller.at(organisation_id)) as uow:
        service = await uow.session.get_one(Service, wanted.service_id, populate_existing=True)
        service.require()
        place = await place_of(uow, wanted.location_id)
        _require_time(service, wanted, uow.now, desk=comer.desk)
        asked = [x for x in service.instructor_ids if wanted.instructor_id in {None, x}]
        # Whoever wants one of them next is given what is left.
        await hold(uow.connection, [comer.person_id, *asked, *service.room_ids])
        instructor_id, room_id = await _free(uow, service, place, asked, wanted.start)
        alone = pattern_of(service).at(wanted.start)
        kept = pattern_of(service).around(wanted.start)
        occasion = await _occasion(uow, service, place, alone)
        member_id, eligible = await _eligible(uow, service, occasion, comer, wanted, standings)
        held = eligible.held
        rules = await rules_of(uow.connection, service, wanted.location_id)
        made = Appointment(
            id=new_id(),
            organisation_id=organisation_id,
            location_id=wanted.location_id,
            service_id=service.id,
            instructor_id=instructor_id,
            class_type_id=service.class_type_id,
            room_id=room_id,
            area_id=None if room_id is None else (await uow.session.get_one(Room, room_id)).area_id,
            person_id=comer.person_id,
            member_id=member_id,
            membership_id=None if held is None else held.state.membership_id,
            start_at=alone.start,
            until_at=alone.until,
            kept_from=kept.start,
            kept_until=kept.until,
            zone=place.zone,
            channel="desk" if comer.desk else "online",
            booked_at=uow.now,
            booked_by=caller.actor,
            free_until=alone.start - timedelta(minutes=service.free_minutes),
            terms=service.terms(rules.fee_hours),
            credits=eligible.credits,
        )
        await occupy_for_appointment(uow.connection, made)
        uow.add(made)
        await watch_appointment(uow, made, rules)
        uow.record(
            made, AppointmentBooked(appointment=made.state()), organisation_id=organisation_id
        )
        await uow.flush()
    return made


async def _organisation(connection: AsyncConnection, caller: AuthSubject, service_id: UUID) -> UUID:
    found = await catalogue.one(connection, service_table, service_id, None)
    organisation_id: UUID = found.organisation_id
    if not acts_for(caller, organisation_id):
        raise NotFound(NO_SERVICE, field="service_id")
    return organisation_id


async def _comer(
    runtime: Runtime, caller: AuthSubject, organisation_id: UUID, wanted: WantedAppointment
) -> _Comer:
    """Who comes: the member who asks, whom they guard, or whom staff name."""
    desk = caller.person_id is None
    if wanted.bypass and not desk:
        raise Forbidden("Only staff book over the rules.", code="staff_only")
    if wanted.member_id is None:
        if caller.person_id is None:
            raise InvalidInput("Say for which member.", field="member_id")
        return _Comer(caller.person_id, None, desk)
    member = await runtime.api(MembershipApi).member(member_id=wanted.member_id)
    if member is None or member.organisation_id != organisation_id:
        raise NotFound(NO_MEMBER, field="member_id")
    if not desk and member.person_id != caller.person_id and not is_guardian(caller, member):
        raise NotFound(NO_MEMBER, field="member_id")
    return _Comer(member.person_id, member.member_id, desk)


def _require_time(
    service: Service, wanted: WantedAppointment, now: datetime, *, desk: bool
) -> None:
    """Staff are held to nothing but that it is ahead, and within the same days."""
    within = bookable(service, now)
    earliest = now if desk else within.start
    if not max(earliest, now + _INSTANT) <= wanted.start < within.until:
        raise InvalidInput("It cannot be booked for this time now.", field="start_at")


async def _free(
    uow: UnitOfWork, service: Service, place: LocationState, asked: list[UUID], start: datetime
) -> tuple[UUID, UUID | None]:
    """Who is free, of several the one with the fewest appointments of that day; and the room."""
    instant = Range(start, start + _INSTANT)
    found = await free_times(uow.connection, service, place, asked, instant)
    free = found.get(start)
    if not free:
        raise Occupied("Nobody is free at this time.", field="start_at")
    day = local_date(start, place.zone)
    since, until = (start_of_day(day + timedelta(days=x), place.zone) for x in (0, 1))
    query = {"instructors": list(free), "since": since, "until": until}
    chosen: UUID = (await uow.connection.execute(_LEAST, query)).scalar_one()
    return chosen, free[chosen]


async def _occasion(
    uow: UnitOfWork, service: Service, place: LocationState, during: Range
) -> Occasion:
    kind, requirements = service.id, Requirements()
    if service.class_type_id is not None:
        found = await uow.session.get_one(ClassType, service.class_type_id)
        kind, requirements = found.id, found.requirements
    where = Where(
        place.location_id,
        service.organisation_id,
        None,
        place.city,
        place.tier,
        place.zone,
        place.rollover_hour,
    )
    return Occasion(
        service.id,
        kind,
        where,
        during.start,
        during.until,
        service.credits,
        requirements,
        BookingRules(),
        staffed=requirements.staffed_below is None or is_staffed(place, during.start, during.until),
    )


async def _eligible(
    uow: UnitOfWork,
    service: Service,
    occasion: Occasion,
    comer: _Comer,
    wanted: WantedAppointment,
    standings: dict[UUID, Standing],
) -> tuple[UUID | None, Eligible]:
    """Which member it is, and the membership that it rests on; none for a service that needs none.
    Raises BookingRefused."""
    known = await bookers(uow.connection, [occasion], [comer.person_id], uow.now, standings)
    booker = known[comer.person_id]
    member_id = comer.member_id or next((each.member_id for each in booker.held), None)
    over = STAFF_BYPASS if wanted.bypass else frozenset()
    # What needs no membership takes none, but a block is a block.
    judged = judge(booker, occasion, uow.now, over=over, guest=service.class_type_id is None)
    if isinstance(judged, Refusal):
        raise BookingRefused(judged)
    return member_id, judged
