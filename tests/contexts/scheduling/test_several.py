"""Several classes in one request, each of which is answered by itself."""

import asyncio
from typing import Any
from uuid import UUID

from contexts.scheduling.studio import Person, Studio
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.kernel.ids import new_id


async def several(person: Person, *class_ids: str, **body: Any) -> list[str]:
    """What came of each: its status, or why not."""
    answer = await person.post("/bookings", {"class_ids": list(class_ids), **body})
    assert [each["class_id"] for each in answer["items"]] == list(class_ids)
    return [outcome(each) for each in answer["items"]]


def outcome(item: Any) -> str:
    """Either a booking or a problem."""
    assert (item["booking"] is None) != (item["problem"] is None)
    if item["booking"] is not None:
        return str(item["booking"]["status"])
    return str(item["problem"]["reason"] or item["problem"]["code"])


async def test_each_class_is_answered_by_itself(studio: Studio) -> None:
    await studio.rules(waitlist=1)
    free, full = await studio.class_(places=1, days=2), await studio.class_(places=0, days=3)
    closed = await studio.class_(places=0, days=4)
    anna, bert = await studio.person(), await studio.person()
    await bert.book(closed)
    found = await several(anna, full, closed, str(new_id()), free, free)
    assert found == ["waiting", "WAITLIST_FULL", "not_found", "booked", "ALREADY_BOOKED"]
    assert await studio.counts(full) == (0, 1)
    assert await studio.counts(free) == (1, 0)
    assert await studio.counts(closed) == (0, 1)
    told = [each for each in await studio.gym.told_types() if each.startswith("booking.")]
    assert told == ["booking.waitlisted", "booking.waitlisted", "booking.made"]


async def test_a_refusal_says_what_it_says_of_one_class(studio: Studio) -> None:
    await studio.rules(opening={"days": 3})
    soon, later = await studio.class_(days=2), await studio.class_(days=5)
    anna = await studio.person()
    answer = await anna.post("/bookings", {"class_ids": [later, soon]})
    alone = await anna.book(later, expect=409)
    told = answer["items"][0]["problem"]
    assert told["from"] == "2026-03-04T09:00:00Z"
    assert {name: alone.get(name) for name in told} == told
    assert answer["items"][1]["booking"] == await anna.get(
        f"/bookings/{answer['items'][1]['booking']['id']}"
    )


async def test_each_place_counts_for_those_behind_it(studio: Studio) -> None:
    await studio.rules(most_open=3)
    days = [await studio.class_(days=each) for each in (2, 2.01, 2.5, 3, 4)]
    one = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=1, per="day"),))
    anna = await studio.person(coverage=one)
    assert await several(anna, days[0], days[1], days[3], days[4]) == [
        "booked",
        "OVERLAPPING_BOOKING",
        "booked",
        "booked",
    ]
    bert = await studio.person()
    await bert.has_credits(LotLeft(lot_id=new_id(), left=2, granted_at=studio.gym.clock.now()))
    kind = await studio.gym.class_type(credits=1)
    paid = [await studio.class_(days=each, class_type_id=UUID(kind["id"])) for each in (2, 3, 4)]
    assert await several(bert, *paid) == ["booked", "booked", "NO_CREDITS"]


async def test_staff_book_several_for_a_member(studio: Studio) -> None:
    await studio.rules(opening={"days": 1})
    here = [await studio.class_(days=each) for each in (2, 3)]
    elsewhere = await studio.class_(days=4, location_id=UUID(await studio.gym.location()))
    anna = await studio.person()
    body = {"class_ids": [*here, elsewhere], "member_id": str(anna.member_id)}
    desk = studio.gym.in_role("front_desk", location_id=UUID(studio.location))
    answer = await desk.post("/api/v1/bookings", json=body | {"bypass": True})
    items = answer.json()["items"]
    assert [outcome(each) for each in items] == ["booked", "booked", "not_your_place"]
    assert items[0]["booking"]["bypassed"] == ["WINDOW_NOT_OPEN"]
    assert items[0]["booking"]["channel"] == "desk"


async def test_who_may_ask_for_none_is_refused_as_a_whole(studio: Studio) -> None:
    classes = {"class_ids": [await studio.class_(days=each) for each in (2, 3)]}
    anna, bert = await studio.person(), await studio.person()
    other = {"member_id": str(bert.member_id)}
    assert (await anna.post("/bookings", classes | other, expect=404))["field"] == "member_id"
    over = await anna.post("/bookings", classes | {"bypass": True}, expect=403)
    assert over["code"] == "staff_only"
    assert (await studio.gym.post("/bookings", classes, expect=422))["field"] == "member_id"
    await anna.post("/bookings", {"class_ids": [str(new_id())] * 51}, expect=422)


async def test_the_request_is_served_once_and_a_rehearsal_never(studio: Studio) -> None:
    days = [await studio.class_(places=1, days=each) for each in (2, 3)]
    anna = await studio.person()
    tried = await anna.http.post(
        "/api/v1/bookings", json={"class_ids": days}, headers={"Dry-Run": "true"}
    )
    assert [outcome(each) for each in tried.json()["items"]] == ["booked", "booked"]
    assert await studio.counts(days[0]) == (0, 0)
    answers = [
        await anna.http.post(
            "/api/v1/bookings", json={"class_ids": days}, headers={"Idempotency-Key": "once"}
        )
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert [outcome(each) for each in answers[1].json()["items"]] == ["booked", "booked"]
    assert await studio.counts(days[0]) == await studio.counts(days[1]) == (1, 0)


async def test_many_who_book_the_same_in_any_order_never_wait_in_a_circle(studio: Studio) -> None:
    days = [await studio.class_(places=4, days=each) for each in (2, 3, 4)]
    people = [await studio.person() for _ in range(6)]
    await asyncio.gather(
        *(
            several(each, *(days if nth % 2 else reversed(days)))
            for nth, each in enumerate(people * 2)
        )
    )
    for each in days:
        assert await studio.counts(each) == (4, 2)
    await studio.gym.sound()
