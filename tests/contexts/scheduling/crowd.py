"""A few people who want the same few classes, and what must hold whatever they do."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contexts.scheduling.studio import Person, Studio
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.membership.state import Overlay
from gymhopper.kernel.ids import new_id

LIVE = ("booked", "waiting", "offered", "attended", "missed")
HOLDING = ("booked", "offered", "attended", "missed")


class Ledger:
    """The credits of one person, as membership would keep them."""

    def __init__(self, person: Person, given: int, now: datetime) -> None:
        self.person = person
        self.lot_id = new_id()
        self.granted_at = now
        self.left = given
        self.heard: set[UUID] = set()
        """Bookings and appointments whose credits are taken here."""
        self.floor = 0
        """What is left may be less than nothing once the desk has taken some away."""

    def lot(self) -> LotLeft:
        return LotLeft(lot_id=self.lot_id, left=max(0, self.left), granted_at=self.granted_at)

    async def hears(self, told: Envelope) -> None:
        """Take up what a booking or an appointment took or gave back, if it is on this one."""
        data: Any = told.data
        taken = getattr(data, "booking", None) or getattr(data, "appointment", None)
        if taken is None or taken.membership_id != self.person.state.membership_id:
            return
        key: UUID = getattr(taken, "booking_id", None) or taken.appointment_id
        if told.type.split(".")[2] in {"made", "promoted", "booked"} and key not in self.heard:
            self.left -= taken.credits
            self.heard.add(key)
        elif getattr(data, "credits_back", 0):
            assert key in self.heard, "nothing returns that was not taken"
            self.left += data.credits_back
        else:
            return
        await self.person.has_credits(self.lot(), booking_id=key)


class Crowd:
    """The first people have credits, the others go as often as they like."""

    PEOPLE = 6
    CLASSES = 3
    ON_CREDIT = 3

    def __init__(self, studio: Studio, people: list[Person], classes: list[str]) -> None:
        self.studio = studio
        self.people = people
        self.classes = classes
        now = studio.gym.clock.now()
        self.ledgers = [Ledger(each, 2, now) for each in people[: self.ON_CREDIT]]
        self.read = 0
        """How many of the events the ledger has heard."""
        self.frozen: set[UUID] = set()
        self.most: dict[str, int] = {}
        """The highest number that a class was ever full with since it shrank."""

    @classmethod
    async def gather(cls, town: Any) -> "Crowd":
        studio = await Studio.open(town.ours, town.people)
        await studio.rules(free_minutes=60, cut_off_minutes=30, offer_minutes=20, overlapping=True)
        people = [await studio.person() for _ in range(cls.PEOPLE)]
        classes = [
            await studio.class_(places=2, days=1),
            await studio.class_(places=1, days=2),
            await studio.class_(places=3, days=1.5, caps=Caps(online=2)),
        ]
        crowd = cls(studio, people, classes)
        for each in crowd.ledgers:
            await each.person.has_credits(each.lot())
        return crowd

    async def books(self, who: int, which: int) -> None:
        await self._tries(self.people[who], f"/classes/{self.classes[which]}/book")

    async def all_book(self, which: int) -> None:
        for each in range(self.PEOPLE):
            await self.books(each, which)

    async def cancels(self, who: int, which: int) -> None:
        await self._on_booking(who, which, "cancel")

    async def accepts(self, who: int, which: int) -> None:
        await self._on_booking(who, which, "accept")

    async def is_resized(self, which: int, places: int) -> None:
        answer = await self.studio.gym.http.patch(
            f"/api/v1/classes/{self.classes[which]}", json={"capacity": places}
        )
        assert answer.status_code in {200, 409}, answer.text
        await self.studio.work()

    async def is_cancelled(self, which: int) -> None:
        """Another class takes its place in the timetable of the test."""
        answer = await self.studio.gym.http.post(
            f"/api/v1/classes/{self.classes[which]}/cancel", json={}
        )
        assert answer.status_code in {200, 409}, answer.text
        await self._renew(which)

    async def freezes_or_thaws(self, who: int) -> None:
        person, now = self.people[who], self.studio.gym.clock.now()
        if person.person_id in self.frozen:
            self.frozen.discard(person.person_id)
            await person.has(overlays=())
        else:
            self.frozen.add(person.person_id)
            freeze = Overlay(overlay_id=new_id(), kind="freeze", start=now, until=None)
            await person.has(overlays=(freeze,))
        await self.studio.work()

    async def has_other_credits(self, who: int, left: int) -> None:
        """The desk gives some away, or takes some back."""
        ledger = self.ledgers[who % self.ON_CREDIT]
        await self.the_ledger_hears()
        ledger.left = left
        await ledger.person.has_credits(ledger.lot())
        ledger.floor = min(0, await self._credits_of(ledger))

    async def the_ledger_hears(self) -> None:
        """What bookings took and gave back, up to now, one after the other."""
        told = await self.studio.gym.told()
        fresh, self.read = told[self.read :], len(told)
        for each in fresh:
            for ledger in self.ledgers:
                await ledger.hears(each)

    async def time_passes(self, by: timedelta) -> None:
        await self.studio.gym.pass_time(by)
        await self.studio.work()
        now = self.studio.gym.clock.now()
        for which in range(self.CLASSES):
            [row] = await self.studio.gym.sql(
                "SELECT start_at FROM scheduling.class WHERE id = :id",
                id=UUID(self.classes[which]),
            )
            if row.start_at <= now:
                await self._renew(which)

    async def offers(self, *, on: bool) -> None:
        await self.studio.rules(
            free_minutes=60,
            cut_off_minutes=30,
            offer_minutes=20,
            overlapping=True,
            waitlist_mode="offer" if on else "promote",
        )

    async def check(self) -> None:
        """Everything agrees, of all classes that there ever were."""
        await self.studio.work()
        await self.studio.gym.sound()
        for each in self.classes:
            await self._check_class(each)
        await self._check_credits()

    async def _check_class(self, class_id: str) -> None:
        sql = self.studio.gym.sql
        [row] = await sql("SELECT * FROM scheduling.class WHERE id = :id", id=UUID(class_id))
        bookings = await sql(
            "SELECT * FROM scheduling.booking WHERE class_id = :id ORDER BY number",
            id=UUID(class_id),
        )
        holding = [each for each in bookings if each.status in HOLDING]
        waiting = [each for each in bookings if each.status == "waiting"]
        assert (len(holding), len(waiting)) == (row.taken, row.waiting)
        # A class may be made smaller than it is full, but nobody comes in then.
        most = max(row.capacity, min(self.most.get(class_id, 0), row.taken))
        assert len(holding) <= most, "more than there are places"
        self.most[class_id] = len(holding)
        live = Counter(each.person_id for each in bookings if each.status in LIVE)
        assert all(count == 1 for count in live.values()), "one live booking a person"
        if row.status == "cancelled":
            assert not holding
            assert not waiting
            return
        free = row.capacity - len(holding)
        online = row.caps.get("online")
        room = free if online is None else min(free, online - len(holding))
        now = self.studio.gym.clock.now()
        if room > 0 and now < row.start_at - timedelta(minutes=30):
            stuck = [each for each in waiting if await self._could_come(each)]
            assert not stuck, "a free place goes to the first who can have it"

    async def _could_come(self, booking: Any) -> bool:
        if booking.person_id in self.frozen:
            return False
        ledger = next((x for x in self.ledgers if x.person.person_id == booking.person_id), None)
        return ledger is None or await self._credits_of(ledger) > 0

    async def _credits_of(self, ledger: Ledger) -> int:
        """What is left there, without what the ledger has not heard of."""
        rows = await self.studio.gym.sql(
            "SELECT coalesce(sum(credits), 0) AS taken FROM scheduling.booking"
            " WHERE person_id = :id AND status IN ('booked', 'offered', 'attended', 'missed')"
            " AND NOT credits_known",
            id=ledger.person.person_id,
        )
        return int(ledger.left - rows[0].taken)

    async def _check_credits(self) -> None:
        for each in self.ledgers:
            left = await self._credits_of(each)
            assert left >= each.floor, "more than there were"
            each.floor = min(0, left)

    async def _tries(self, person: Person, path: str) -> None:
        answer = await person.http.post(f"/api/v1{path}", json={})
        assert answer.status_code in {200, 201, 409}, answer.text
        await self.studio.work()

    async def _on_booking(self, who: int, which: int, deed: str) -> None:
        person = self.people[who]
        rows = await self.studio.gym.sql(
            "SELECT id FROM scheduling.booking WHERE class_id = :id AND person_id = :person"
            " ORDER BY number DESC LIMIT 1",
            id=UUID(self.classes[which]),
            person=person.person_id,
        )
        for row in rows:
            await self._tries(person, f"/bookings/{row.id}/{deed}")

    async def _renew(self, which: int) -> None:
        self.classes[which] = await self.studio.class_(places=1 + which, days=1 + which)
