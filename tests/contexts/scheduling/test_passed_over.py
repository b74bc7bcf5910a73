"""Who was passed over, since they could not have a place, has it as soon as they can."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from contexts.scheduling.practice import Practice
from contexts.scheduling.studio import Person, Studio
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.kernel.ids import new_id

After = Callable[[Studio, Person, dict[str, str]], Awaitable[None]]


async def the_gym_calls_their_other_class_off(
    studio: Studio, _: Person, other: dict[str, str]
) -> None:
    path = f"/api/v1/classes/{other['class_id']}/cancel"
    assert (await studio.gym.http.post(path, json={})).status_code == 200


async def they_give_their_other_place_up(_: Studio, bert: Person, other: dict[str, str]) -> None:
    await bert.post(f"/bookings/{other['id']}/cancel")


async def they_have_more_credits(studio: Studio, bert: Person, other: dict[str, str]) -> None:
    more = LotLeft(lot_id=new_id(), left=1, granted_at=studio.gym.clock.now())
    await bert.has_credits(more, booking_id=UUID(other["id"]))


@pytest.mark.parametrize(
    "after",
    [
        the_gym_calls_their_other_class_off,
        they_give_their_other_place_up,
        they_have_more_credits,
    ],
)
async def test_whoever_was_passed_over_comes_up_once_they_can(studio: Studio, after: After) -> None:
    cycling, other = await studio.class_(places=1), await studio.class_(places=1, days=3)
    anna, bert = await studio.person(), await studio.person()
    await bert.has_credits(LotLeft(lot_id=new_id(), left=1, granted_at=studio.gym.clock.now()))
    first = await anna.book(cycling)
    assert (await bert.book(cycling))["status"] == "waiting"
    taken = await bert.book(other)
    assert (taken["status"], taken["credits"]) == ("booked", 1)
    await anna.post(f"/bookings/{first['id']}/cancel")
    await studio.work()
    assert await studio.counts(cycling) == (0, 1)

    await after(studio, bert, taken)
    await studio.work()
    assert await studio.counts(cycling) == (1, 0)
    assert (await studio.roster(cycling))["booked"] == [bert.person_id]


async def test_an_appointment_that_is_given_up_brings_its_person_up(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", class_type_id=studio.class_type["id"], credits=1)
    cycling = await studio.class_(places=1)
    anna, bert = await studio.person(), await studio.person()
    await bert.has_credits(LotLeft(lot_id=new_id(), left=1, granted_at=studio.gym.clock.now()))
    first = await anna.book(cycling)
    assert (await bert.book(cycling))["status"] == "waiting"
    made = await bert.post("/appointments", practice.wanted("09:00"), expect=201)
    await anna.post(f"/bookings/{first['id']}/cancel")
    await studio.work()
    assert await studio.counts(cycling) == (0, 1)

    await bert.post(f"/appointments/{made['id']}/cancel")
    await studio.work()
    assert (await studio.roster(cycling))["booked"] == [bert.person_id]
