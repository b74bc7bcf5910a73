"""Places in classes take credits of the ledger and return them, once, whatever is heard twice."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from contexts.membership.conftest import Reporter
from contexts.membership.test_credits import (
    DAY,
    TEN,
    balance,
    kinds,
    pack,
    state,
    visit,
    visits,
)
from contexts.membership.test_transfers import transfer
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events.envelope import Envelope
from gymhopper.chassis.transports.delivery import Delivery
from gymhopper.contexts.membership.storage.invariants import INVARIANTS
from gymhopper.contexts.membership.subscribers import subscriptions
from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.credits.events import MembershipCreditsCounted
from gymhopper.contracts.membership.events import MembershipCreditOverdrawn
from gymhopper.contracts.scheduling import events as told
from gymhopper.contracts.scheduling.state import BookingState
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

YOGA, BOXING = UUID(int=7), UUID(int=8)


@pytest.fixture(autouse=True)
async def books_balance_and_nothing_was_set_aside(gym: Any) -> Any:
    yield
    asked = INVARIANTS | {"parked": "SELECT count(*) FROM bus.parked"}
    async with gym.runtime.database.transaction(SERVICE) as connection:
        for what, query in asked.items():
            assert (await connection.execute(text(query))).scalar() == 0, what


@dataclass
class Place:
    """A booking as scheduling tells of it, one event after another."""

    gym: Any
    state: BookingState
    told: Reporter = field(default_factory=Reporter)

    async def made(self) -> None:
        await self._tell(told.BookingMade(booking=self.state))

    async def promoted(self) -> None:
        await self._tell(told.BookingPromoted(booking=self.state))

    async def cancelled(self, back: int, ending: Any = "early") -> None:
        await self._tell(
            told.BookingCancelled(
                booking=self.state, ending=ending, had_place=True, credits_back=back
            )
        )

    async def undone(self, back: int) -> None:
        await self._tell(told.LateCancelUndone(booking=self.state, credits_back=back))

    async def missed(self, back: int) -> None:
        await self._tell(told.BookingMissed(booking=self.state, how="staff", credits_back=back))

    async def taken_back(self, again: int) -> None:
        await self._tell(told.AttendanceTakenBack(booking=self.state, credits_again=again))

    async def moved(self, start: datetime) -> None:
        self.state = replace(self.state, start=start)
        await self._tell(told.BookingMoved(booking=self.state))

    async def _tell(self, event: Event) -> None:
        """Twice: what is heard again, be it under another id, changes nothing."""
        await self.gym.deliver(event, of=self.told)
        await self.again(event, self.told.version)

    async def again(self, event: Event, version: int) -> None:
        """Let an event of the booking come once more, past the inbox."""
        now = self.gym.clock.now()
        envelope = Envelope(
            id=new_id(),
            type=event.type,
            time=now,
            aggregate="booking",
            aggregate_id=self.told.id,
            aggregate_version=version,
            organisation_id=self.gym.organisation_id,
            correlation_id="again",
            causation_id=None,
            actor="test",
            data=event,
        )
        async with self.gym.runtime.begin(SERVICE) as uow:
            await Delivery("membership", subscriptions).take(uow, [envelope])


def place(
    gym: Any, bought: Any, *, costs: int = 1, start: datetime | None = None, kind: UUID = YOGA
) -> Place:
    start = start or gym.clock.now() + DAY
    booking_id = new_id()
    booking = BookingState(
        booking_id=booking_id,
        class_id=new_id(),
        class_type_id=kind,
        host_organisation_id=gym.organisation_id,
        home_organisation_id=gym.organisation_id,
        location_id=new_id(),
        person_id=UUID(bought["person_id"]),
        member_id=UUID(bought["member_id"]),
        membership_id=UUID(bought["id"]),
        channel="online",
        status="booked",
        start=start,
        until=start + timedelta(hours=1),
        zone="Europe/Vienna",
        enter_from=start - timedelta(minutes=30),
        enter_until=start + timedelta(hours=1),
        credits=costs,
    )
    return Place(gym, booking, Reporter(id=booking_id))


async def gift(gym: Any, bought: Any, units: int, until: str | None) -> None:
    body = {"units": units, "until": until, "reason": "sorry"}
    await gym.post(f"/memberships/{bought['id']}/credits", body)


async def left(gym: Any, bought: Any) -> list[int]:
    return [each["left"] for each in (await balance(gym, bought))["lots"]]


async def counted(gym: Any, bought: Any) -> list[MembershipCreditsCounted]:
    found = [each.data for each in await gym.told(bought["id"])]
    return [each for each in found if isinstance(each, MembershipCreditsCounted)]


async def test_a_place_takes_its_credits_from_doors_and_tells_what_is_left(gym: Any) -> None:
    bought = await pack(gym)
    booked = place(gym, bought, costs=2)
    await booked.made()
    assert await left(gym, bought) == [1]
    assert await kinds(gym, bought) == ["grant", "reserve"]
    assert (await state(gym, bought)).credits == 1
    (_, last) = await counted(gym, bought)
    assert last.booking_id == booked.state.booking_id
    assert [(each.left, each.class_types) for each in last.lots] == [(1, None)]
    assert (await gym.told_types(bought["id"]))[-2:] == ["credits_changed", "credits_counted"]


async def test_what_scheduling_is_told_follows_each_change_once(gym: Any) -> None:
    bought = await pack(gym, months=1)
    await visits(gym, bought, 1)
    await gift(gym, bought, 1, None)
    body = {"lot_id": (await balance(gym, bought))["lots"][0]["id"], "units": 1, "reason": "x"}
    await gym.post(f"/memberships/{bought['id']}/credits/refunds", body)
    await gym.pass_time(31 * DAY)
    told = await counted(gym, bought)
    assert [[lot.left for lot in each.lots] for each in told] == [[3], [2], [2, 1], [1, 1], [1]]
    assert {each.booking_id for each in told} == {None}
    versions = [each.aggregate_version for each in await gym.told(bought["id"])]
    assert versions == sorted(set(versions))


async def test_several_lots_pay_in_the_order_of_their_ends_and_get_back_the_latest_first(
    gym: Any,
) -> None:
    bought = await pack(gym, months=6)
    await gift(gym, bought, 1, "2026-03-20")
    await gift(gym, bought, 2, "2026-04-20")
    booked = place(gym, bought, costs=4)
    await booked.made()
    assert await left(gym, bought) == [2, 0, 0]
    await booked.cancelled(2, "late")
    assert await left(gym, bought) == [3, 0, 1]
    await booked.undone(1)
    assert await left(gym, bought) == [3, 0, 2]


async def test_a_lot_pays_only_for_its_classes_and_until_its_end(gym: Any) -> None:
    bought = await pack(gym, months=1, visits=False, class_types=[str(YOGA)])
    await place(gym, bought, kind=BOXING).made()
    await place(gym, bought, start=gym.clock.now() + 32 * DAY).made()
    assert (await left(gym, bought), (await state(gym, bought)).credits) == ([3], 0)
    await place(gym, bought).made()
    assert (await left(gym, bought), (await state(gym, bought)).credits) == ([2], 0)


async def test_a_promotion_after_a_place_takes_nothing_twice(gym: Any) -> None:
    bought = await pack(gym)
    booked = place(gym, bought)
    await booked.made()
    await booked.promoted()
    assert await left(gym, bought) == [2]


async def test_credits_return_and_are_taken_again_as_often_as_staff_say(gym: Any) -> None:
    bought = await pack(gym)
    booked = place(gym, bought, costs=2)
    await booked.made()
    for _ in range(2):
        await booked.missed(1)
        assert await left(gym, bought) == [2]
        await booked.taken_back(1)
        assert await left(gym, bought) == [1]
    await booked.missed(5)
    assert await left(gym, bought) == [3]
    assert (await state(gym, bought)).credits == 3


async def test_an_old_event_that_comes_again_changes_nothing(gym: Any) -> None:
    bought = await pack(gym)
    booked = place(gym, bought)
    await booked.made()
    await booked.cancelled(1)
    await booked.again(told.BookingMade(booking=booked.state), 1)
    assert await left(gym, bought) == [3]


@pytest.mark.parametrize("policy", ["forgive", "charge", "next_lot"])
async def test_a_place_beyond_the_credits_is_settled_as_the_plan_says(
    gym: Any, policy: str
) -> None:
    bought = await pack(gym, overshoot=policy, units=1)
    booked = place(gym, bought, costs=3)
    await booked.made()
    assert await kinds(gym, bought) == ["grant", "reserve", "overdraw"]
    found = [each.data for each in await gym.told(bought["id"])]
    (beyond,) = [each for each in found if isinstance(each, MembershipCreditOverdrawn)]
    assert (beyond.booking_id, beyond.policy) == (booked.state.booking_id, policy)
    assert beyond.price == Money(20_000, "EUR")
    assert beyond.visit_id not in (beyond.booking_id, booked.state.class_id)
    owes = policy == "next_lot"
    assert (await balance(gym, bought))["overdrawn"] == (2 if owes else 0)
    await gift(gym, bought, 1, None)
    assert await left(gym, bought) == [0, 0 if owes else 1]

    # Of the two beyond the credits one was paid by the gift where the next lot pays.
    await booked.cancelled(3)
    expected = {"forgive": [1, 1], "charge": [1, 1, 2], "next_lot": [1, 0, 1]}
    assert await left(gym, bought) == expected[policy]
    assert (await balance(gym, bought))["overdrawn"] == 0


async def test_a_lot_for_classes_alone_pays_what_a_class_took_before(gym: Any) -> None:
    bought = await pack(gym, overshoot="next_lot", visits=False, units=1)
    await place(gym, bought, costs=2).made()
    await gift(gym, bought, 3, None)
    assert await left(gym, bought) == [0, 2]


async def test_what_returns_to_a_lot_that_ran_out_is_lost_unless_the_gym_called_it_off(
    gym: Any,
) -> None:
    bought = await pack(gym, expires_from="never")
    await gift(gym, bought, 2, "2026-03-20")
    missed, called_off = place(gym, bought), place(gym, bought)
    await missed.made()
    await called_off.made()
    await gym.pass_time(30 * DAY)
    await missed.missed(1)
    assert (await left(gym, bought), (await kinds(gym, bought))[-2:]) == (
        [3, 0],
        ["release", "expire"],
    )
    await called_off.cancelled(1, "by_gym")
    assert await left(gym, bought) == [3, 0, 1]
    lots = (await balance(gym, bought))["lots"]
    assert (lots[2]["source"], lots[2]["expires_at"]) == ("goodwill", "2026-04-30T22:00:00Z")
    assert (await kinds(gym, bought))[-3:] == ["release", "hand_over", "take_over"]
    await gym.pass_time(31 * DAY)
    assert await left(gym, bought) == [3, 0, 0]


async def test_a_visit_of_long_ago_is_paid_by_what_came_back_too_late(gym: Any) -> None:
    bought = await pack(gym, expires_from="never")
    before = gym.clock.now()
    await gift(gym, bought, 1, "2026-03-20")
    missed = place(gym, bought)
    await missed.made()
    await gym.pass_time(30 * DAY)
    await missed.missed(1)
    await gym.deliver(visit(gym, bought, at=before))
    assert await left(gym, bought) == [3, 0]


async def test_what_comes_back_before_anybody_noticed_that_the_lot_ran_out_is_not_forgotten(
    gym: Any,
) -> None:
    bought = await pack(gym, expires_from="never")
    before = gym.clock.now()
    await gift(gym, bought, 2, "2026-03-20")
    missed = place(gym, bought)
    await missed.made()
    gym.clock.advance(30 * DAY)
    await missed.missed(1)
    await gym.pass_time(timedelta(0))
    assert await left(gym, bought) == [3, 0]
    await gym.deliver(*(visit(gym, bought, at=before) for _ in range(2)))
    assert await left(gym, bought) == [3, 0]


async def test_a_lots_first_use_by_a_class_is_when_that_starts(gym: Any) -> None:
    bought = await pack(gym, months=1, expires_from="first_use")
    start = gym.clock.now() + 2 * DAY
    booked, dropped = place(gym, bought, start=start), place(gym, bought)
    for each in (booked, dropped):
        await each.made()
    await dropped.cancelled(1)
    await gym.pass_time(DAY)
    assert (await balance(gym, bought))["lots"][0]["expires_at"] is None
    await gym.pass_time(DAY)
    assert (await balance(gym, bought))["lots"][0]["expires_at"] == "2026-04-03T22:00:00Z"
    until = datetime(2026, 4, 3, 22, tzinfo=UTC)
    assert (await counted(gym, bought))[-1].lots[0].expires_at == until
    # Whoever comes to that class is at a door now: doors hear of it a minute later.
    assert (await gym.told_types(bought["id"]))[-1] == "credits_counted"
    await gym.pass_time(timedelta(minutes=1))
    assert (await gym.told_types(bought["id"]))[-1] == "credits_changed"


async def test_a_first_use_moves_with_its_class(gym: Any) -> None:
    bought = await pack(gym, months=1, expires_from="first_use")
    booked = place(gym, bought)
    await booked.made()
    await booked.moved(gym.clock.now() + 3 * DAY)
    await gym.pass_time(2 * DAY)
    assert (await balance(gym, bought))["lots"][0]["expires_at"] is None
    await gym.pass_time(DAY)
    assert (await balance(gym, bought))["lots"][0]["expires_at"] == "2026-04-04T22:00:00Z"


async def test_what_returns_after_its_pack_went_over_goes_there(gym: Any) -> None:
    offer = {"kind": "pack", "pack": {"units": 3}, "transferable": True}
    bought = await gym.active(interval_count=3, offer=offer, prices=[TEN])
    booked = place(gym, bought, start=gym.clock.now() + 3 * DAY)
    await booked.made()
    other = await gym.member(first_name="Bo")
    moved = await transfer(gym, bought, other)
    await booked.cancelled(1, "released")
    heir = moved["to_membership"]
    assert (await left(gym, bought), await left(gym, heir)) == ([0], [2, 1])
    lots = (await balance(gym, heir))["lots"]
    assert lots[0]["expires_at"] == lots[1]["expires_at"]
    assert [each.left for each in (await counted(gym, heir))[-1].lots] == [2, 1]


async def test_what_costs_nothing_or_has_no_credits_leaves_the_ledger_alone(gym: Any) -> None:
    bought, usual = await pack(gym), await gym.active()
    free, without = place(gym, bought, costs=0), place(gym, usual)
    for each in (free, without):
        await each.made()
        await each.cancelled(0)
    assert await kinds(gym, bought) == ["grant"]
    assert "credits_counted" not in await gym.told_types(usual["id"])
