"""Who is to come to a class, and who came: for whoever stands at its door."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contexts.scheduling.studio import Person, Studio
from contexts.scheduling.test_guests import invited
from contexts.scheduling.town import Town
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.kernel.ids import new_id

DAY = timedelta(days=1)
FEE = {"amount": 800, "currency": "EUR"}
STRIKES = {"most": 3, "within_days": 30, "hold_days": 7}


async def mark(studio: Studio, class_id: str, *, expect: int = 200, **said: Any) -> Any:
    return await studio.gym.post(f"/classes/{class_id}/attendance", said, expect=expect)


async def full_class(studio: Studio, count: int) -> tuple[str, list[Person], list[Any]]:
    """A class with so many people in it, which begins in a day."""
    cycling = await studio.class_(places=count, days=1)
    people = [await studio.person() for _ in range(count)]
    return cycling, people, [await each.book(cycling) for each in people]


async def test_a_roster_names_who_comes_and_who_waits(studio: Studio) -> None:
    await studio.rules(guests=1)
    cycling = await studio.class_(places=2)
    anna, bert, cleo, dora = [await studio.person() for _ in range(4)]
    own = await anna.book(cycling)
    eve = invited(studio, anna)
    await anna.book(cycling, {"member_id": str(eve.member_id)})
    gone = await bert.book(cycling)
    for each in (cleo, dora):
        await each.book(cycling)
    await bert.post(f"/bookings/{gone['id']}/cancel")
    found = await studio.gym.get(f"/classes/{cycling}/roster")
    assert (found["taken"], found["waiting"], found["capacity"]) == (2, 2, 2)
    shown = [(x["person_id"], x["status"], x["position"]) for x in found["items"]]
    assert shown == [
        (str(anna.person_id), "booked", None),
        (str(eve.person_id), "booked", None),
        (str(cleo.person_id), "waiting", 1),
        (str(dora.person_id), "waiting", 2),
    ]
    assert found["items"][1]["host_booking_id"] == own["id"]
    assert found["items"][0]["last_name"] == f"No. {anna.person_id.int % 1000}"
    del studio.people.members[dora.member_id]
    unnamed = (await studio.gym.get(f"/classes/{cycling}/roster"))["items"][-1]
    assert (unnamed["first_name"], unnamed["last_name"]) == (None, None)


async def test_of_a_networks_members_there_are_first_names(studio: Studio, town: Town) -> None:
    network = town.theirs.organisation_id
    cycling = await studio.class_(caps=Caps(networks={network: 1}))
    await (await studio.person(organisation_id=network)).book(cycling)
    [shown] = (await studio.gym.get(f"/classes/{cycling}/roster"))["items"]
    assert (shown["channel"], shown["first_name"], shown["last_name"]) == ("network", "Ada", None)


async def test_the_staff_of_the_place_see_it_and_nobody_else(studio: Studio, town: Town) -> None:
    cycling, [anna], _ = await full_class(studio, 1)
    paths = {"GET": f"/api/v1/classes/{cycling}/roster"}
    paths["POST"] = f"/api/v1/classes/{cycling}/attendance"

    async def answers(http: httpx.AsyncClient) -> list[int]:
        return [
            (await http.request(method, path, json={"marks": []})).status_code
            for method, path in paths.items()
        ]

    gym = studio.gym
    here, elsewhere = {"location_id": UUID(studio.location)}, {"location_id": new_id()}
    for role in ("front_desk", "instructor", "manager"):
        assert await answers(gym.in_role(role)) == [200, 200]
        assert await answers(gym.in_role(role, **here)) == [200, 200]
        assert await answers(gym.in_role(role, **elsewhere)) == [403, 403]
    assert await answers(gym.in_role("manager", legal_entity_id=UUID(int=7))) == [200, 200]
    assert await answers(gym.in_role("manager", legal_entity_id=UUID(int=8))) == [403, 403]
    assert await answers(gym.in_role("support")) == [200, 403]
    assert await answers(gym.in_role("kiosk")) == [403, 403]
    assert await answers(anna.http) == [403, 403]
    assert await answers(town.theirs.http) == [404, 404]
    assert await answers(town.admin.http) == [200, 200]
    await gym.get(f"/classes/{new_id()}/roster", expect=404)


async def test_everybody_not_named_came(studio: Studio) -> None:
    await studio.rules(missed_fee=FEE, strikes=STRIKES)
    cycling, people, bookings = await full_class(studio, 3)
    waits = await (await studio.person()).book(cycling)
    assert waits["status"] == "waiting"
    studio.gym.clock.advance(DAY)
    missing = {"booking_id": bookings[1]["id"], "status": "missed"}
    for changed in (3, 0):
        marked = await mark(studio, cycling, marks=[missing], rest="attended")
        assert marked["changed"] == changed
        assert [each["status"] for each in marked["items"]] == ["attended", "missed", "attended"]
    told = [await studio.gym.told_types(each["id"]) for each in (bookings[1], bookings[2])]
    assert told == [["booking.made", "booking.missed"], ["booking.made", "booking.attended"]]
    [fee] = await studio.gym.sql("SELECT person_id, status FROM scheduling.fee")
    assert (fee.person_id, fee.status) == (people[1].person_id, "pending")
    assert (await studio.roster(cycling))["waiting"] == [UUID(waits["person_id"])]


async def test_what_was_said_before_stays_unless_it_is_named(studio: Studio) -> None:
    cycling, _, bookings = await full_class(studio, 2)
    studio.gym.clock.advance(DAY)
    first, second = [each["id"] for each in bookings]
    await mark(studio, cycling, marks=[{"booking_id": first, "status": "attended"}])
    missed = await mark(studio, cycling, rest="missed")
    assert [each["status"] for each in missed["items"]] == ["attended", "missed"]
    back = await mark(studio, cycling, marks=[{"booking_id": second, "status": "booked"}])
    assert [each["status"] for each in back["items"]] == ["attended", "booked"]


async def test_nobody_is_marked_when_one_cannot_be(studio: Studio) -> None:
    cycling, people, bookings = await full_class(studio, 2)
    _, _, [foreign] = await full_class(studio, 1)
    good = {"booking_id": bookings[0]["id"], "status": "attended"}
    early = await mark(studio, cycling, rest="attended", expect=409)
    assert early["code"] == "illegal_transition"
    studio.gym.clock.advance(DAY - timedelta(hours=1))
    await mark(studio, cycling, marks=[good], rest="missed", expect=409)
    other = {"booking_id": foreign["id"], "status": "attended"}
    unknown = await mark(studio, cycling, marks=[good, other], expect=404)
    assert unknown["field"] == "marks.1.booking_id"
    twice = await mark(studio, cycling, marks=[good, good], expect=422)
    assert twice["field"] == "marks.1.booking_id"
    await people[1].post(f"/bookings/{bookings[1]['id']}/cancel")
    gone = {"booking_id": bookings[1]["id"], "status": "attended"}
    await mark(studio, cycling, marks=[good, gone], expect=404)
    assert (await people[0].get(f"/bookings/{bookings[0]['id']}"))["status"] == "booked"


async def test_one_who_waits_did_not_come(studio: Studio) -> None:
    cycling = await studio.class_(places=0, days=0.1)
    waits = await (await studio.person()).book(cycling)
    said = [{"booking_id": waits["id"], "status": "attended"}]
    studio.gym.clock.advance(DAY / 10)
    assert (await mark(studio, cycling, marks=said, expect=409))["code"] == "illegal_transition"


async def test_two_taps_at_once_are_one(studio: Studio) -> None:
    await studio.rules(missed_fee=FEE, strikes=STRIKES)
    cycling, _, _ = await full_class(studio, 4)
    studio.gym.clock.advance(DAY)
    taps = await asyncio.gather(*(mark(studio, cycling, rest="missed") for _ in range(4)))
    assert sorted(each["changed"] for each in taps) == [0, 0, 0, 4]
    [found] = await studio.gym.sql("SELECT count(*) AS fees FROM scheduling.fee")
    assert found.fees == 4
    await studio.gym.sound()


@pytest.mark.parametrize("charged", [False, True])
async def test_whoever_is_missed_again_owes_the_fee_once(studio: Studio, charged: bool) -> None:
    await studio.rules(missed_fee=FEE, strikes=STRIKES)
    cycling, _, _ = await full_class(studio, 1)
    studio.gym.clock.advance(DAY)
    await mark(studio, cycling, rest="missed")
    if charged:
        await studio.gym.pass_time(DAY)
    [booking] = (await studio.gym.get(f"/classes/{cycling}/roster"))["items"]
    for status in ("attended", "missed"):
        said = [{"booking_id": booking["booking_id"], "status": status}]
        assert (await mark(studio, cycling, marks=said))["changed"] == 1
    fees = await studio.gym.sql("SELECT status FROM scheduling.fee ORDER BY id")
    assert [each.status for each in fees] == (["charged"] if charged else ["waived", "pending"])
    [strikes] = await studio.gym.sql(
        "SELECT count(*) FILTER (WHERE taken_back_at IS NULL) AS standing FROM scheduling.strike"
    )
    assert strikes.standing == 1
