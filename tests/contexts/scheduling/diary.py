"""Two instructors who share a room, people who have appointments with them, classes that are in the
way, and what must hold whatever they all do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from contexts.scheduling.crowd import Ledger
from contexts.scheduling.diary_checks import (
    Rest,
    credits_left,
    credits_to_spend,
    nobody_is_in_two_places,
)
from contexts.scheduling.studio import Person, Studio
from gymhopper.contracts.membership.state import Overlay
from gymhopper.kernel.ids import new_id

VIENNA = timedelta(hours=1)
"""Ahead of UTC, until the end of March."""

HALF = timedelta(minutes=30)
DAY = timedelta(days=1)
USUAL = [(540, 780), (660, 900)]
"""When each of them is there, every day: minutes after midnight."""


@dataclass
class Diary:
    """The first people have credits, the others come as often as they like; the last one only asks,
    without booking."""

    studio: Studio
    people: list[Person]
    probe: Person
    room: str
    instructors: list[str]
    services: list[Any]
    ledgers: list[Ledger]
    rests: dict[UUID, Rest]
    classes: list[str] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    retired: set[str] = field(default_factory=set)
    read: int = 0
    """How many of the events the ledgers have heard."""
    looked: int = 0
    """How often everything was looked at."""

    PEOPLE = 4
    ON_CREDIT = 2
    GIVEN = 3

    @classmethod
    async def open(cls, town: Any) -> "Diary":
        studio = await Studio.open(town.ours, town.people)
        gym, now = studio.gym, studio.gym.clock.now()
        room = (await gym.room(studio.location))["id"]
        instructors = [await gym.instructor(name) for name in ("Grace", "Joe")]
        both = {"instructor_ids": instructors, "step_minutes": 30, "days_ahead": 3}
        training = {"minutes": 60, "buffer_before": 5, "buffer_after": 10, "free_minutes": 120}
        kind = {"class_type_id": studio.class_type["id"], "credits": 1, "room_ids": [room]}
        services = [
            await gym.post("/services", {"name": "Training"} | training | kind | both),
            await gym.post(
                "/services", {"name": "Check", "minutes": 30, "notice_minutes": 60} | both
            ),
        ]
        people = [await studio.person() for _ in range(cls.PEOPLE)]
        ledgers = [Ledger(each, cls.GIVEN, now) for each in people[: cls.ON_CREDIT]]
        for each in ledgers:
            await each.person.has_credits(each.lot())
        diary = cls(
            studio=studio,
            people=people,
            probe=await studio.person(),
            room=room,
            instructors=instructors,
            services=services,
            ledgers=ledgers,
            rests={each.person_id: Rest() for each in people},
        )
        for which in range(len(instructors)):
            await diary.has_hours(which)
        for who in range(cls.PEOPLE):
            await diary.books(who, who % 2, 12 * who)
        return diary

    @property
    def now(self) -> datetime:
        found: datetime = self.studio.gym.clock.now()
        return found

    def slot(self, slot: int) -> datetime:
        """Half hours of today, tomorrow and the day after, from nine on the wall clock."""
        days, half = divmod(slot, 12)
        midnight = (self.now + VIENNA).replace(hour=0, minute=0) - VIENNA
        return midnight + days * DAY + timedelta(hours=9) + half * HALF

    # What people do

    async def books(self, who: int, which: int, nth: int) -> None:
        """One of the times that are shown, soon rather than late, with somebody who is named there
        or with anybody."""
        person, shown = self.people[who], await self.shown(which)
        if not shown:
            return
        free = shown[nth // 4 % len(shown)]
        named = free["instructor_ids"][0] if nth % 3 == 0 else None
        await self._book(person, which, free["start_at"], instructor_id=named, shown=True)

    async def asks_for(self, who: int, which: int, slot: int, instructor: int | None) -> None:
        """Any time at all."""
        named = None if instructor is None else self.instructors[instructor]
        start = self.slot(slot)
        free = any(
            datetime.fromisoformat(each["start_at"]) == start
            and (named is None or named in each["instructor_ids"])
            for each in await self.shown(which)
        )
        await self._book(
            self.people[who], which, start.isoformat(), instructor_id=named, shown=free
        )

    async def is_booked_by_the_desk(self, who: int, which: int, slot: int) -> None:
        """The desk is not held to any notice."""
        asked = self._asked(which, self.slot(slot).isoformat())
        asked["member_id"] = str(self.people[who].member_id)
        await self._desk("POST", "/appointments", asked, {201, 409, 422})

    async def cancels(self, nth: int, how: str) -> None:
        """By the person, by the desk for the person, or by the gym."""
        appointment = await self._one_of("appointment", nth)
        if appointment is None:
            return
        path = f"/appointments/{appointment.id}/cancel"
        if how == "person":
            http = next(x.http for x in self.people if x.person_id == appointment.person_id)
        else:
            http = self.studio.gym.http
        answer = await http.post(f"/api/v1{path}", json={"by_gym": how == "gym"})
        over = appointment.status != "booked" or appointment.until_at <= self.now
        assert answer.status_code == (409 if over else 200), answer.text

    async def is_marked(self, nth: int, status: str) -> None:
        """Staff say who came."""
        appointment = await self._one_of("appointment", nth)
        if appointment is not None:
            path = f"/appointments/{appointment.id}/attendance"
            await self._desk("POST", path, {"status": status}, {200, 409})

    async def books_a_class(self, who: int, nth: int) -> None:
        if self.classes:
            path = f"/api/v1/classes/{self.classes[nth % len(self.classes)]}/book"
            answer = await self.people[who].http.post(path, json={})
            assert answer.status_code in {201, 409}, answer.text

    async def leaves_a_class(self, nth: int) -> None:
        booking = await self._one_of("booking", nth)
        if booking is not None:
            http = next(x.http for x in self.people if x.person_id == booking.person_id)
            answer = await http.post(f"/api/v1/bookings/{booking.id}/cancel", json={})
            assert answer.status_code in {200, 409}, answer.text

    # What the gym does

    async def adds_a_class(self, slot: int, instructor: int | None, in_the_room: bool) -> None:
        """With one place, so that others stand in line."""
        made = await self._desk(
            "POST",
            "/classes",
            {
                "location_id": self.studio.location,
                "class_type_id": self.studio.class_type["id"],
                "start_at": self.slot(slot).isoformat(),
                "capacity": 1,
                "room_id": self.room if in_the_room else None,
                "instructor_ids": [] if instructor is None else [self.instructors[instructor]],
            },
            {201, 409, 422},
        )
        if "id" in made:
            self.classes.append(made["id"])

    async def cancels_a_class(self, nth: int) -> None:
        if self.classes:
            class_id = self.classes.pop(nth % len(self.classes))
            await self._desk("POST", f"/classes/{class_id}/cancel", {}, {200, 409})

    async def has_hours(self, which: int, *exceptions: Any) -> None:
        start, until = USUAL[which]
        every = [{"weekday": each, "start": start, "until": until} for each in range(1, 8)]
        body = {"location_id": self.studio.location, "weekly": every, "exceptions": exceptions}
        path = f"/instructors/{self.instructors[which]}/availability"
        await self._desk("PUT", path, body, {200})

    async def has_other_hours(self, which: int, day: int, hours: Sequence[tuple[int, int]]) -> None:
        """On one day, instead of whatever was said of other days before."""
        other = [{"start": start, "until": until} for start, until in hours]
        await self.has_hours(which, {"on": self._date(day), "hours": other})

    async def freezes(self, nth: int, start: int, days: int) -> None:
        person, since = await self._whose(nth), self.now + start * timedelta(hours=5)
        until = since + days * DAY
        self.rests[person.person_id].frozen = (since, until)
        await person.has(
            overlays=(Overlay(overlay_id=new_id(), kind="freeze", start=since, until=until),)
        )

    async def ends(self, nth: int, hours: int) -> None:
        """At once, or later."""
        person, end = await self._whose(nth), self.now + timedelta(hours=hours)
        self.rests[person.person_id].over = end
        await person.has(end=end, contract="active" if hours else "ended")

    async def runs_again(self, who: int) -> None:
        """Neither frozen nor over."""
        self.rests[self.people[who].person_id] = Rest()
        await self.people[who].has(end=None, contract="active", overlays=())

    async def closes(self, day: int) -> None:
        self.closed |= {self._date(day)}
        await self.studio.gym.closed_on(self.studio.location, *sorted(self.closed))

    async def opens(self) -> None:
        """On every day again."""
        self.closed.clear()
        await self.studio.gym.closed_on(self.studio.location)

    async def retires(self, which: int) -> None:
        self.retired.add(self.services[which]["id"])
        await self._desk("PATCH", self._service(which), {"retired": True}, {200})

    async def is_offered_again(self) -> None:
        """Whatever was retired."""
        self.retired.clear()
        for which in range(len(self.services)):
            await self._desk("PATCH", self._service(which), {"retired": False}, {200})

    async def keeps_free(self, which: int, before: int, after: int) -> None:
        """So many minutes, around what is booked from now on."""
        changed = {"buffer_before": before, "buffer_after": after}
        await self._desk("PATCH", self._service(which), changed, {200})

    async def the_ledger_hears(self) -> None:
        fresh = await self._unheard()
        self.read += len(fresh)
        for each in fresh:
            for ledger in self.ledgers:
                await ledger.hears(each)

    async def time_passes(self, minutes: int) -> None:
        await self.studio.gym.pass_time(timedelta(minutes=minutes))

    # What must hold

    async def check(self) -> None:
        await self.studio.work()
        await self.studio.gym.sound()
        appointments = await self._rows("appointment")
        nobody_is_in_two_places(
            appointments, await self._rows("class"), await self._rows("booking")
        )
        self._all_rests_on_something(appointments)
        unheard = await self._unheard()
        for each in self.ledgers:
            assert credits_left(each, unheard) >= 0, "more than there were"
        self.looked += 1
        which = self.looked % len(self.services)
        if self.services[which]["id"] in self.retired:
            assert await self.shown(which) == []
        else:
            await self._shown_is_what_can_be_booked(which)

    async def shown(self, which: int) -> list[Any]:
        """The free times of a service, of all the days for which it is booked."""
        found = await self.probe.get(
            f"/services/{self.services[which]['id']}/free-times",
            location_id=self.studio.location,
            **{"from": self.now.isoformat(), "until": (self.now + 5 * DAY).isoformat()},
        )
        items: list[Any] = found["items"]
        return items

    def _all_rests_on_something(self, appointments: Sequence[Any]) -> None:
        for each in appointments:
            if each.status == "booked" and each.start_at > self.now:
                rests = each.membership_id and self.rests[each.person_id].at(each.start_at)
                assert not rests, "its membership is no good then"
                day = f"{each.start_at + VIENNA:%Y-%m-%d}"
                assert day not in self.closed, "the location is closed then"

    async def _shown_is_what_can_be_booked(self, which: int) -> None:
        """Some times of each kind are asked for, as if to book them."""
        shown = await self.shown(which)
        free = {datetime.fromisoformat(each["start_at"]): each for each in shown}
        for each in (shown[self.looked % len(shown)], shown[-1]) if shown else ():
            await self._try(which, each["start_at"], 201)
            absent = [x for x in self.instructors if x not in each["instructor_ids"]]
            for named in absent:
                await self._try(which, each["start_at"], 409, instructor_id=named)
        others = [x for x in map(self.slot, range(36)) if self._in_time(which, x) and x not in free]
        for nth in (self.looked, 7 * self.looked):
            if others:
                await self._try(which, others[nth % len(others)].isoformat(), 409)
        if shown:
            between = datetime.fromisoformat(shown[0]["start_at"]) + timedelta(minutes=5)
            await self._try(which, between.isoformat(), 409)

    def _in_time(self, which: int, start: datetime) -> bool:
        notice = timedelta(minutes=self.services[which]["notice_minutes"])
        return self.now + notice < start < self.now + 3 * DAY

    async def _try(self, which: int, start: str, expect: int, **changes: Any) -> None:
        asked = self._asked(which, start) | changes
        answer = await self.probe.http.post(
            "/api/v1/appointments", json=asked, headers={"Dry-Run": "true"}
        )
        assert answer.status_code == expect, (start, answer.text)
        assert expect == 201 or answer.json()["code"] == "occupied", answer.text

    async def _book(
        self, person: Person, which: int, start: str, *, instructor_id: str | None, shown: bool
    ) -> None:
        """Whoever may is given a time that is shown, and nobody another one."""
        left = await self._left(person)
        asked = self._asked(which, start) | {"instructor_id": instructor_id}
        answer: httpx.Response = await person.http.post("/api/v1/appointments", json=asked)
        told = answer.json()
        if not shown:
            refused = {"retired"} if self.services[which]["id"] in self.retired else {"occupied"}
            # Too early, too late, or over.
            assert told.get("code") in refused | {"invalid_input"}, answer.text
            return
        rests = self.rests[person.person_id].at(datetime.fromisoformat(start))
        needs = which == 0
        if answer.status_code == httpx.codes.CREATED:
            assert not (needs and rests)
            assert told["credits"] == (1 if needs and left is not None else 0)
            assert left is None or left >= told["credits"]
            return
        assert (answer.status_code, told["code"]) == (409, "booking_refused"), answer.text
        assert needs or told["reason"] == "OVERLAPPING_BOOKING", answer.text
        assert left == 0 or told["reason"] != "NO_CREDITS", answer.text

    async def _left(self, person: Person) -> int | None:
        """The credits that can be spent; None for who comes without any."""
        ledger = next((each for each in self.ledgers if each.person is person), None)
        if ledger is None:
            return None
        return credits_to_spend(ledger, await self._unheard())

    async def _unheard(self) -> Sequence[Any]:
        """The events that the ledgers have yet to hear."""
        return (await self.studio.gym.told())[self.read :]

    def _service(self, which: int) -> str:
        return f"/services/{self.services[which]['id']}"

    def _asked(self, which: int, start: str) -> dict[str, Any]:
        return {
            "service_id": self.services[which]["id"],
            "location_id": self.studio.location,
            "start_at": start,
        }

    async def _desk(self, method: str, path: str, body: Any, expect: set[int]) -> Any:
        answer = await self.studio.gym.http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code in expect, answer.text
        return answer.json()

    async def _rows(self, table: str) -> Sequence[Any]:
        query = f"SELECT * FROM scheduling.{table} ORDER BY id"  # noqa: S608 - the tables above
        found: Sequence[Any] = await self.studio.gym.sql(query)
        return found

    async def _one_of(self, table: str, nth: int) -> Any:
        """Of all that there ever were, those that are still to come more often."""
        rows = await self._rows(table)
        live = [each for each in rows if each.status not in {"cancelled", "missed"}]
        several = rows if nth % 5 == 0 else live
        return several[nth % len(several)] if several else None

    async def _whose(self, nth: int) -> Person:
        """Somebody with an appointment that takes a membership, or anybody while there is none."""
        rows = await self._rows("appointment")
        held = {each.person_id for each in rows if each.status == "booked" and each.membership_id}
        several = [each for each in self.people if each.person_id in held] or self.people
        return several[nth % len(several)]

    def _date(self, day: int) -> str:
        return f"{self.now + VIENNA + day * DAY:%Y-%m-%d}"
