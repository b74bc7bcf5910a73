"""Two gyms with a timetable each, and people who read it in their own calendars."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from icalendar import Calendar
from sqlalchemy import insert, update

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.roles import MEMBER
from gymhopper.contexts.scheduling.domain.booking import Booking
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.domain.class_type import ClassType
from gymhopper.contexts.scheduling.domain.instructor import Instructor
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.contexts.scheduling.domain.room import Room
from gymhopper.contexts.scheduling.domain.terms import Terms
from gymhopper.contexts.scheduling.storage.tables import class_, place
from gymhopper.contracts.identity.api import Caller
from gymhopper.contracts.venues.events import LocationState
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


@dataclass
class Gym:
    """An organisation with a studio, where Ida teaches."""

    runtime: Runtime
    clock: ManualClock
    id: UUID = field(default_factory=new_id)
    location_id: UUID = field(default_factory=new_id)
    legal_entity_id: UUID = field(default_factory=new_id)
    class_type_id: UUID = field(default_factory=new_id)
    room_id: UUID = field(default_factory=new_id)
    instructor_id: UUID = field(default_factory=new_id)

    async def found(self) -> None:
        """What a timetable is made of."""
        state = LocationState(
            location_id=self.location_id,
            organisation_id=self.id,
            legal_entity_id=self.legal_entity_id,
            name="Mitte",
            zone="Europe/Berlin",
            country="DE",
            city="Berlin",
            tier=1,
            latitude=52.52,
            longitude=13.4,
        )
        made = {"organisation_id": self.id, "created_at": self.clock.now()}
        async with self.runtime.begin(SERVICE) as uow:
            await uow.connection.execute(
                insert(place).values(
                    location_id=self.location_id,
                    organisation_id=self.id,
                    version=1,
                    zone=state.zone,
                    city=state.city,
                    latitude=state.latitude,
                    longitude=state.longitude,
                    state=state,
                )
            )
            kind = ClassType(
                id=self.class_type_id,
                name="Yoga",
                description="",
                minutes=60,
                credits=1,
                requirements=Requirements(),
                **made,
            )
            studio = Room(
                id=self.room_id,
                location_id=self.location_id,
                name="Studio 1",
                area_id=None,
                spots=(),
                **made,
            )
            ida = Instructor(id=self.instructor_id, employee_id=None, name="Ida", **made)
            for each in (kind, studio, ida):
                uow.add(each)

    async def teach(self, start: datetime, name: str = "Yoga", **given: Any) -> Class:
        """A class of an hour."""
        of = Class(
            id=new_id(),
            host_organisation_id=self.id,
            location_id=self.location_id,
            class_type_id=self.class_type_id,
            schedule_id=None,
            on_date=None,
            name=name,
            start_at=start,
            until_at=start + timedelta(hours=1),
            zone="Europe/Berlin",
            capacity=10,
            caps=Caps(),
            created_at=self.clock.now(),
            **{"room_id": self.room_id, "instructor_ids": (self.instructor_id,)} | given,
        )
        async with self.runtime.begin(SERVICE) as uow:
            uow.add(of)
        return of

    async def book(self, of: Class, person_id: UUID, status: str = "booked", **given: Any) -> UUID:
        """A place in it, or in the line."""
        made = Booking(
            id=new_id(),
            class_id=of.id,
            host_organisation_id=self.id,
            person_id=person_id,
            member_id=new_id(),
            membership_id=None,
            channel="online",
            status=status,
            number=int.from_bytes(new_id().bytes[-3:]),
            start_at=of.start_at,
            until_at=of.until_at,
            spot=None,
            credits=0,
            terms=Terms(),
            booked_at=self.clock.now(),
            booked_by="test",
            free_until=of.start_at,
            offered_until=of.start_at if status == "offered" else None,
            ending="early" if status == "cancelled" else None,
            **{"home_organisation_id": self.id} | given,
        )
        async with self.runtime.begin(SERVICE) as uow:
            uow.add(made)
        return made.id

    async def cancel(self, of: Class) -> None:
        """The class does not take place."""
        async with self.runtime.begin(SERVICE) as uow:
            await uow.connection.execute(
                update(class_).where(class_.c.id == of.id).values(status="cancelled", cause="gym")
            )


@dataclass
class Town:
    """Two gyms; Ada is a member of both, Bob of the first."""

    runtime: Runtime
    ours: Gym
    theirs: Gym
    clients: dict[str, httpx.AsyncClient]

    async def call(
        self, who: str, method: str, path: str, *, expect: int, **options: Any
    ) -> httpx.Response:
        """A request, and its answer when it is the expected one."""
        answer = await self.clients[who].request(method, f"/api/v1{path}", **options)
        assert answer.status_code == expect, answer.text
        return answer

    async def open(self, who: str, kind: str, *, expect: int = 201, **of: object) -> Any:
        """A calendar of theirs, or the refusal."""
        body = {"kind": kind} | {name: str(value) for name, value in of.items()}
        return (await self.call(who, "POST", "/calendar-feeds", expect=expect, json=body)).json()

    async def listed(self, who: str) -> list[str]:
        """The ids of those that they are shown."""
        answer = await self.call(who, "GET", "/calendar-feeds", expect=200)
        return [each["id"] for each in answer.json()["items"]]

    async def events(self, of: Any) -> Sequence[Any]:
        """What is in the calendar, as a program reads it that knows the address alone."""
        answer = await self.read(of)
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        return list(Calendar.from_ical(answer.content).walk("VEVENT"))

    async def read(self, of: Any, *, expect: int = 200, **headers: str) -> httpx.Response:
        """What is at the address."""
        answer = await self.clients["nobody"].get(of["url"], headers=headers)
        assert answer.status_code == expect, answer.text
        return answer


def member(person_id: UUID, *within: UUID) -> Caller:
    return Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=person_id,
        within=within,
        scopes=tuple(MEMBER.scopes),
    )
