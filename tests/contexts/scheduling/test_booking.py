"""Booking a class: a place, or one in line, or a reason."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.scheduling.studio import Studio
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.contracts.membership.state import DebtStage, Overlay
from gymhopper.kernel.ids import new_id

DAY = timedelta(days=1)


async def test_a_place_is_taken_and_told(studio: Studio) -> None:
    cycling = await studio.class_(places=2)
    anna = await studio.person()
    booking = await anna.book(cycling)
    assert booking["status"] == "booked"
    assert booking["channel"] == "online"
    assert (booking["number"], booking["position"]) == (1, None)
    assert booking["membership_id"] == str(anna.state.membership_id)
    [told] = await studio.gym.told(booking["id"])
    assert told.type == "scheduling.booking.made.v1"
    assert told.data.booking.person_id == anna.person_id
    assert told.actor.startswith("member:")
    assert await studio.counts(cycling) == (1, 0)
    assert (await anna.get("/bookings"))["items"] == [booking]


async def test_a_full_class_has_a_line_in_the_order_of_asking(studio: Studio) -> None:
    cycling = await studio.class_(places=1)
    people = [await studio.person() for _ in range(4)]
    found = [await each.book(cycling) for each in people]
    assert [each["status"] for each in found] == ["booked", "waiting", "waiting", "waiting"]
    assert [each["position"] for each in found] == [None, 1, 2, 3]
    assert [each["number"] for each in found] == [1, 2, 3, 4]
    assert await studio.counts(cycling) == (1, 3)


async def test_a_hundred_at_once_share_few_transactions_and_exactly_the_places_are_given(
    studio: Studio,
) -> None:
    cycling = await studio.class_(places=7)
    people = [await studio.person() for _ in range(60)]
    # All of them through one process, which has one place where they meet.
    path = f"/api/v1/classes/{cycling}/book"
    answers = await asyncio.gather(
        *(
            studio.gym.http.post(
                path, json={}, headers={"Authorization": f"Bearer {each.person_id}"}
            )
            for each in people
        )
    )
    found = [each.json() for each in answers]
    booked = [each for each in found if each["status"] == "booked"]
    waiting = [each for each in found if each["status"] == "waiting"]
    assert (len(booked), len(waiting)) == (7, 53)
    assert sorted(each["number"] for each in found) == list(range(1, 61))
    assert max(each["number"] for each in booked) < min(each["number"] for each in waiting)
    assert sorted(each["position"] for each in waiting) == list(range(1, 54))
    assert await studio.counts(cycling) == (7, 53)
    [row] = await studio.gym.sql(
        "SELECT count(DISTINCT CAST(xmin AS text)) AS transactions FROM scheduling.booking"
    )
    assert row.transactions < 10
    assert len(await studio.gym.told_types()) >= 60


async def test_processes_that_know_nothing_of_each_other_take_turns(studio: Studio) -> None:
    cycling, rowing = await studio.class_(places=3), await studio.class_(places=3)
    await studio.rules(most_open=1)
    # Each client has an application of its own.
    people = [await studio.person() for _ in range(8)]
    answers = await asyncio.gather(
        *(
            each.http.post(f"/api/v1/classes/{class_id}/book", json={})
            for class_id in (cycling, rowing)
            for each in people
        )
    )
    codes = sorted(each.status_code for each in answers)
    assert codes == [201] * 8 + [409] * 8
    for class_id in (cycling, rowing):
        numbers = await studio.gym.sql(
            "SELECT number, status FROM scheduling.booking WHERE class_id = :id ORDER BY number",
            id=UUID(class_id),
        )
        assert [each.number for each in numbers] == list(range(1, len(numbers) + 1))
        assert [each.status for each in numbers][:3] == ["booked"] * min(3, len(numbers))
        assert all(each.status == "waiting" for each in numbers[3:])
    mine = await studio.gym.sql(
        "SELECT person_id FROM scheduling.booking GROUP BY person_id HAVING count(*) > 1"
    )
    assert mine == []


async def test_a_request_that_comes_again_with_its_key_has_the_same_answer(studio: Studio) -> None:
    cycling = await studio.class_(places=1)
    anna, bert = await studio.person(), await studio.person()
    path, key = f"/api/v1/classes/{cycling}/book", {"Idempotency-Key": "once"}
    first = await anna.http.post(path, json={}, headers=key)
    again = await anna.http.post(path, json={}, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await studio.counts(cycling) == (1, 0)
    other = await anna.http.post(path, json={"spot": "1"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    # The same words are another one's key.
    assert (await bert.book(cycling, **key))["status"] == "waiting"


async def test_the_same_key_twice_at_once_books_once(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    path, key = f"/api/v1/classes/{cycling}/book", {"Idempotency-Key": "once"}
    both = await asyncio.gather(*(anna.http.post(path, json={}, headers=key) for _ in range(2)))
    codes = sorted(each.status_code for each in both)
    assert codes in ([201, 201], [201, 409])
    assert await studio.counts(cycling) == (1, 0)


async def test_a_dry_run_books_nothing(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    tried = await anna.book(cycling, **{"Dry-Run": "true"})
    assert tried["status"] == "booked"
    assert await studio.counts(cycling) == (0, 0)
    assert (await anna.get("/bookings"))["items"] == []


async def test_nobody_is_twice_in_a_class(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    await anna.book(cycling)
    assert await anna.refused(cycling) == "ALREADY_BOOKED"
    answers = await asyncio.gather(*(anna.refused(cycling) for _ in range(3)))
    assert set(answers) == {"ALREADY_BOOKED"}
    assert await studio.counts(cycling) == (1, 0)


async def test_who_asks_twice_in_one_breath_is_in_once(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    path = f"/api/v1/classes/{cycling}/book"
    both = await asyncio.gather(*(anna.http.post(path, json={}) for _ in range(4)))
    assert sorted(each.status_code for each in both) == [201, 409, 409, 409]
    assert await studio.counts(cycling) == (1, 0)


async def test_nobody_is_in_two_classes_at_once_unless_the_gym_says_so(studio: Studio) -> None:
    first = await studio.class_()
    second = await studio.class_(days=2 + 0.5 / 24)
    anna = await studio.person()
    await anna.book(first)
    assert await anna.refused(second) == "OVERLAPPING_BOOKING"
    await studio.rules(overlapping=True)
    assert (await anna.book(second))["status"] == "booked"


async def test_bookings_open_and_close(studio: Studio) -> None:
    await studio.rules(opening={"days": 2, "at": "09:00:00"}, close_minutes=30)
    # The clock stands at 10:00 in Vienna: the class is at noon, four days later.
    cycling = await studio.class_(days=4 + 2 / 24)
    anna = await studio.person()
    refused = await anna.book(cycling, expect=409)
    assert refused["reason"] == "WINDOW_NOT_OPEN"
    assert refused["from"] == "2026-03-04T08:00:00Z"
    studio.gym.clock.advance(2 * DAY - timedelta(hours=1, seconds=1))
    assert await anna.refused(cycling) == "WINDOW_NOT_OPEN"
    studio.gym.clock.advance(timedelta(seconds=1))
    assert (await anna.book(cycling))["status"] == "booked"
    studio.gym.clock.advance(2 * DAY + timedelta(hours=2, minutes=30))
    assert await (await studio.person()).refused(cycling) == "WINDOW_CLOSED"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"end": "before"}, "WILL_EXPIRE"),
        ({"start": "after"}, "STARTS_LATER"),
        ({"contract": "pending", "start": None}, "STARTS_LATER"),
        ({"overlays": "frozen then"}, "FROZEN"),
        ({"overlays": "blocked now"}, "EXCLUDED"),
        ({"debt_stages": "no booking"}, "PAST_DUE"),
        ({"coverage": Coverage(include=(Clause(tier_up_to=0),))}, "TIER_TOO_LOW"),
        ({"coverage": Coverage(include=(Clause(cities=("Graz",)),))}, "NOT_COVERED"),
        ({"coverage": Coverage(include=(Clause(),), class_types=(UUID(int=9),))}, "NOT_COVERED"),
    ],
)
async def test_what_is_held_may_not_do_for_the_class(
    studio: Studio, state: dict[str, Any], reason: str
) -> None:
    cycling = await studio.class_()
    now = studio.gym.clock.now()
    start = now + 2 * DAY
    meant: dict[str, Any] = {
        "before": start,
        "after": start + timedelta(seconds=1),
        "frozen then": (
            Overlay(overlay_id=new_id(), kind="freeze", start=start, until=start + DAY),
        ),
        "blocked now": (Overlay(overlay_id=new_id(), kind="block", start=now, until=now + DAY),),
        "no booking": (DebtStage(stage="no_booking", at=now),),
    }
    changes = {k: meant[v] if isinstance(v, str) and v in meant else v for k, v in state.items()}
    anna = await studio.person(**changes)
    problem = await anna.book(cycling, expect=409)
    assert problem["reason"] == reason
    assert problem["memberships"] == [
        {"membership_id": str(anna.state.membership_id), "code": reason}
    ]


async def test_a_freeze_that_is_over_by_then_and_a_debt_to_come_are_not_in_the_way(
    studio: Studio,
) -> None:
    cycling = await studio.class_()
    now = studio.gym.clock.now()
    anna = await studio.person(
        overlays=(
            Overlay(overlay_id=new_id(), kind="freeze", start=now - DAY, until=now + DAY),
            Overlay(overlay_id=new_id(), kind="block", start=now + DAY, until=now + 3 * DAY),
        ),
        debt_stages=(
            DebtStage(stage="remind", at=now - DAY),
            DebtStage(stage="no_booking", at=now + DAY),
        ),
    )
    assert (await anna.book(cycling))["status"] == "booked"


async def test_limits_count_reservations_in_the_period_of_the_class(studio: Studio) -> None:
    two_a_month = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=2, per="month"),))
    anna = await studio.person(coverage=two_a_month)
    march = [await studio.class_(days=each) for each in (2, 3, 4)]
    april = await studio.class_(days=31)
    assert (await anna.book(march[0]))["status"] == "booked"
    second = await anna.book(march[1])
    assert await anna.refused(march[2]) == "USAGE_LIMIT_REACHED"
    assert (await anna.book(april))["status"] == "booked"
    await anna.post(f"/bookings/{second['id']}/cancel")
    assert (await anna.book(march[2]))["status"] == "booked"


async def test_a_daily_limit_is_the_day_of_the_place(studio: Studio) -> None:
    one_a_day = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=1, per="day"),))
    anna = await studio.person(coverage=one_a_day)
    # 10:00 in Vienna: fourteen hours later it is the next day there, and not yet in UTC.
    await anna.book(await studio.class_(days=2))
    assert await anna.refused(await studio.class_(days=2 + 13 / 24)) == "DAILY_LIMIT_REACHED"
    assert (await anna.book(await studio.class_(days=2 + 14 / 24)))["status"] == "booked"


async def test_credits_are_reserved_before_the_ledger_has_heard(studio: Studio) -> None:
    now = studio.gym.clock.now()
    anna = await studio.person(credits=2)
    lot = LotLeft(lot_id=new_id(), left=2, granted_at=now)
    await anna.has_credits(lot)
    classes = [await studio.class_(days=each) for each in (2, 3, 4)]
    first = await anna.book(classes[0])
    assert first["credits"] == 1
    await anna.book(classes[1])
    assert await anna.refused(classes[2]) == "NO_CREDITS"
    # The ledger has heard of the first one only: one is left there, which the second takes.
    one_left = LotLeft(lot_id=lot.lot_id, left=1, granted_at=now)
    await anna.has_credits(one_left, booking_id=UUID(first["id"]))
    assert await anna.refused(classes[2]) == "NO_CREDITS"


async def test_credits_for_other_classes_or_gone_by_then_do_not_pay(studio: Studio) -> None:
    now = studio.gym.clock.now()
    cycling = await studio.class_()
    anna = await studio.person(credits=2)
    await anna.has_credits(
        LotLeft(lot_id=new_id(), left=1, granted_at=now, class_types=(UUID(int=5),)),
        LotLeft(lot_id=new_id(), left=1, granted_at=now, expires_at=now + DAY),
    )
    assert await anna.refused(cycling) == "NO_CREDITS"


async def test_the_cheapest_for_the_member_is_used_unless_they_choose(studio: Studio) -> None:
    now = studio.gym.clock.now()
    pack = await studio.person(credits=3)
    await pack.has_credits(LotLeft(lot_id=new_id(), left=3, granted_at=now))
    unlimited = await studio.person(person_id=pack.person_id, member_id=pack.member_id)
    first, second = await studio.class_(days=2), await studio.class_(days=3)
    booking = await pack.book(first)
    assert booking["membership_id"] == str(unlimited.state.membership_id)
    assert booking["credits"] == 0
    chosen = await pack.book(second, {"membership_id": str(pack.state.membership_id)})
    assert (chosen["membership_id"], chosen["credits"]) == (str(pack.state.membership_id), 1)


async def test_somebody_without_a_membership_is_told_so(studio: Studio) -> None:
    anna = await studio.person()
    ghost = studio.stranger(new_id(), new_id(), studio.gym.organisation_id, anna.state)
    assert await ghost.refused(await studio.class_()) == "NO_MEMBERSHIP"


async def test_a_class_that_is_not_there(studio: Studio) -> None:
    anna = await studio.person()
    assert (await anna.book(str(new_id()), expect=404))["code"] == "not_found"
    assert (await anna.book("no-id", expect=422))["code"] == "invalid_input"


async def test_bad_bodies_are_refused_as_everywhere(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    path = f"/api/v1/classes/{cycling}/book"
    nothing = await anna.http.post(path, content=b"", headers={"content-type": "application/json"})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid_input")
    half = await anna.http.post(path, content=b"{", headers={"content-type": "application/json"})
    assert (half.status_code, half.json()["code"]) == (400, "malformed_json")
    text = await anna.http.post(path, content=b"{}", headers={"content-type": "text/plain"})
    assert text.status_code == 415
    unknown = await anna.http.post(path, json={"colour": "red"})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "colour")
    stranger = await anna.http.post(path, json={}, headers={"Authorization": "Bearer nobody"})
    assert stranger.status_code == 401
    assert await studio.counts(cycling) == (0, 0)


async def test_a_cancelled_class_and_one_that_has_begun_are_closed(studio: Studio) -> None:
    anna = await studio.person()
    cancelled = await studio.class_(status="cancelled")
    assert await anna.refused(cancelled) == "WINDOW_CLOSED"
    soon = await studio.class_(days=0.01)
    studio.gym.clock.advance(DAY)
    assert await anna.refused(soon) == "WINDOW_CLOSED"


async def test_a_class_without_places_has_a_line_only(studio: Studio) -> None:
    none = await studio.class_(places=0)
    assert (await (await studio.person()).book(none))["status"] == "waiting"
    bert = await studio.person()
    assert await bert.refused(none, {"waitlist": False}) == "CLASS_FULL"


async def test_a_line_can_be_full(studio: Studio) -> None:
    await studio.rules(waitlist=1)
    cycling = await studio.class_(places=1)
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    await anna.book(cycling)
    await bert.book(cycling)
    assert await cleo.refused(cycling) == "WAITLIST_FULL"
