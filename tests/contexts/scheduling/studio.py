"""Classes that can be booked, and people who book them: what tests of bookings begin with."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.identity.domain.roles import MEMBER
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contexts.scheduling.domain.occurrence import Class
from gymhopper.contracts.identity.api import Caller
from gymhopper.contracts.membership.api import MemberRef, PersonName
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.credits.events import MembershipCreditsCounted
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.membership.events import MembershipActivated
from gymhopper.contracts.membership.people.api import Standing
from gymhopper.contracts.membership.state import MembershipState
from gymhopper.kernel.ids import new_id

EVERYWHERE = Coverage(include=(Clause(),))


@dataclass
class KnownPeople:
    """Keeps `PeopleApi` and the part of `MembershipApi` that bookings ask."""

    members: dict[UUID, MemberRef] = field(default_factory=dict)
    unsigned: set[UUID] = field(default_factory=set)
    ages: dict[UUID, int] = field(default_factory=dict)

    async def member(self, *, member_id: UUID) -> MemberRef | None:
        return self.members.get(member_id)

    async def names(self, *, person_ids: tuple[UUID, ...]) -> tuple[PersonName, ...]:
        there = {each.person_id for each in self.members.values()}
        return tuple(
            PersonName(person_id=each, first_name="Ada", last_name=f"No. {each.int % 1000}")
            for each in person_ids
            if each in there
        )

    async def standings(
        self,
        *,
        organisation_id: UUID,
        person_ids: tuple[UUID, ...],
        at: datetime,  # noqa: ARG002  # nothing changes with time here
        day: date,  # noqa: ARG002  # ages are given as they will be
        ages: bool,
    ) -> tuple[Standing, ...]:
        here = {x.person_id for x in self.members.values() if x.organisation_id == organisation_id}
        return tuple(
            Standing(
                person_id=each,
                unsigned=each in self.unsigned,
                age=self.ages.get(each) if ages else None,
            )
            for each in person_ids
            if each in here
        )


@dataclass
class Reporter:
    """Stands for a membership, whose events arrive in the order of its versions."""

    id: UUID
    version: int = 0


@dataclass
class Person:
    """A member of the gym with a membership, signed in."""

    studio: "Studio"
    member_id: UUID
    person_id: UUID
    state: MembershipState
    reporter: Reporter
    http: httpx.AsyncClient

    async def book(self, class_id: str, body: Any = None, *, expect: int = 201, **h: str) -> Any:
        path = f"/api/v1/classes/{class_id}/book"
        answer = await self.http.post(path, json=body or {}, headers=h)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def refused(self, class_id: str, body: Any = None) -> Any:
        """Why the person cannot book."""
        problem = await self.book(class_id, body, expect=409)
        assert problem["code"] == "booking_refused", problem
        return problem["reason"]

    async def post(self, path: str, body: Any = None, *, expect: int = 200) -> Any:
        answer = await self.http.post(f"/api/v1{path}", json=body or {})
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        answer = await self.http.get(f"/api/v1{path}", params=query)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def has(self, **changes: Any) -> None:
        """The membership is different from now on."""
        for name, value in changes.items():
            self.state = MembershipState(**{**_fields(self.state), name: value})
        await self.studio.gym.deliver(self.reporter, MembershipActivated(membership=self.state))

    async def has_credits(self, *lots: LotLeft, booking_id: UUID | None = None) -> None:
        """The ledger says what is left."""
        await self.has(credits=sum(each.left for each in lots))
        counted = MembershipCreditsCounted(membership=self.state, lots=lots, booking_id=booking_id)
        await self.studio.gym.deliver(self.reporter, counted)


def _fields(state: MembershipState) -> dict[str, Any]:
    return {name: getattr(state, name) for name in state.__struct_fields__}


class Studio:
    """A gym with one kind of class at one place."""

    def __init__(self, gym: Any, people: KnownPeople, location: str, class_type: Any) -> None:
        self.gym = gym
        self.people = people
        self.location = location
        self.class_type = class_type

    @classmethod
    async def open(cls, gym: Any, people: KnownPeople, **class_type: Any) -> "Studio":
        return cls(gym, people, await gym.location(), await gym.class_type(**class_type))

    async def rules(self, **rules: Any) -> None:
        """What the gym says of its bookings."""
        await self.gym.put("/booking-rules", {"rules": rules})

    async def class_(self, places: int = 2, *, days: float = 2, **changes: Any) -> str:
        """A class of an hour, so many days from now."""
        start = self.gym.clock.now() + timedelta(days=days)
        usual: dict[str, Any] = {
            "id": new_id(),
            "host_organisation_id": self.gym.organisation_id,
            "location_id": UUID(self.location),
            "class_type_id": UUID(self.class_type["id"]),
            "schedule_id": None,
            "on_date": None,
            "name": "Cycling",
            "start_at": start,
            "until_at": start + timedelta(hours=1),
            "zone": "Europe/Vienna",
            "room_id": None,
            "instructor_ids": (),
            "capacity": places,
            "caps": Caps(),
            "created_at": self.gym.clock.now(),
        }
        made = Class(**usual | changes)
        async with self.gym.runtime.begin(SERVICE) as uow:
            uow.add(made)
        return str(made.id)

    async def person(
        self,
        *,
        coverage: Coverage = EVERYWHERE,
        organisation_id: UUID | None = None,
        **state: Any,
    ) -> Person:
        """Somebody with a membership that covers everything, unless told otherwise."""
        home = organisation_id or self.gym.organisation_id
        member_id, person_id = new_id(), new_id()
        held = MembershipState(
            **{
                "membership_id": new_id(),
                "member_id": member_id,
                "person_id": person_id,
                "organisation_id": home,
                "plan_id": new_id(),
                "zone": "Europe/Vienna",
                "coverage": coverage,
                "contract": "active",
                "start": self.gym.clock.now() - timedelta(days=30),
            }
            | state
        )
        person = self.stranger(member_id, person_id, home, held)
        await person.has()
        return person

    def stranger(
        self, member_id: UUID, person_id: UUID, home: UUID, state: MembershipState
    ) -> Person:
        """Somebody whose membership nobody has told of."""
        self.people.members[member_id] = MemberRef(
            member_id=member_id, person_id=person_id, organisation_id=home
        )
        caller = Caller(
            kind="member",
            id=new_id(),
            organisation_id=None,
            person_id=person_id,
            within=(home,),
            scopes=tuple(MEMBER.scopes),
        )
        http = self.gym._known(str(person_id), caller)
        reporter = Reporter(state.membership_id)
        return Person(self, member_id, person_id, state, reporter, http)

    async def roster(self, class_id: str) -> dict[str, list[UUID]]:
        """Who is in which state, in the order of their numbers."""
        rows = await self.gym.sql(
            "SELECT person_id, status FROM scheduling.booking WHERE class_id = :id ORDER BY number",
            id=UUID(class_id),
        )
        found: dict[str, list[UUID]] = {}
        for row in rows:
            found.setdefault(row.status, []).append(row.person_id)
        return found

    async def counts(self, class_id: str) -> tuple[int, int]:
        """How many places the class says are taken, and waited for."""
        [row] = await self.gym.sql(
            "SELECT taken, waiting FROM scheduling.class WHERE id = :id", id=UUID(class_id)
        )
        return row.taken, row.waiting

    async def work(self) -> None:
        """Let the background do what was deferred."""
        await self.gym.work()
