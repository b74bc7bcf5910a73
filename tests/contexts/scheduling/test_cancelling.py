"""Giving a place up: what it costs, and who comes up from the line."""

from datetime import timedelta
from uuid import UUID

import pytest

from contexts.scheduling.studio import Studio
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.credits.lots import LotLeft
from gymhopper.kernel.ids import new_id

DAY = timedelta(days=1)
FEE = {"amount": 500, "currency": "EUR"}


async def test_in_time_it_is_free_and_the_next_comes_up(studio: Studio) -> None:
    cycling = await studio.class_(places=1)
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    first = await anna.book(cycling)
    second = await bert.book(cycling)
    await cleo.book(cycling)
    shown = await anna.get(f"/bookings/{first['id']}/cancellation")
    assert (shown["late"], shown["fee"]) == (False, None)
    assert shown["sentence"] == "Cancel now and it costs nothing."
    ended = await anna.post(f"/bookings/{first['id']}/cancel", {"fee": 0})
    assert (ended["status"], ended["ending"]) == ("cancelled", "early")
    assert await studio.counts(cycling) == (0, 2)
    await studio.work()
    assert await studio.counts(cycling) == (1, 1)
    assert await studio.roster(cycling) == {
        "cancelled": [anna.person_id],
        "booked": [bert.person_id],
        "waiting": [cleo.person_id],
    }
    assert await studio.gym.told_types(second["id"]) == ["booking.waitlisted", "booking.promoted"]
    assert (await anna.book(cycling))["status"] == "waiting"


async def test_late_it_costs_what_was_agreed_when_it_was_booked(studio: Studio) -> None:
    await studio.rules(late_fee=FEE, free_minutes=720)
    cycling = await studio.class_(days=1)
    anna = await studio.person()
    booking = await anna.book(cycling)
    assert booking["late_fee"] == FEE
    await studio.rules(late_fee={"amount": 900, "currency": "EUR"}, free_minutes=720)
    studio.gym.clock.advance(timedelta(hours=12))
    shown = await anna.get(f"/bookings/{booking['id']}/cancellation")
    assert (shown["late"], shown["fee"]) == (True, FEE)
    assert shown["sentence"] == "Cancel now and it costs 5.00 EUR."
    stale = await anna.post(f"/bookings/{booking['id']}/cancel", {"fee": 0}, expect=409)
    assert stale["code"] == "stale_cost"
    ended = await anna.post(f"/bookings/{booking['id']}/cancel", {"fee": 500})
    assert ended["ending"] == "late"
    [told] = [
        each for each in await studio.gym.told(booking["id"]) if each.type.endswith("cancelled.v1")
    ]
    assert told.data.fee.amount == 500
    [fee] = await studio.gym.sql("SELECT amount, status, due_at FROM scheduling.fee")
    assert (fee.amount, fee.status) == (500, "pending")
    assert fee.due_at == studio.gym.clock.now() + DAY


async def test_staff_forgive_and_members_do_not(studio: Studio) -> None:
    await studio.rules(late_fee=FEE)
    cycling = await studio.class_(days=0.1)
    anna = await studio.person()
    booking = await anna.book(cycling)
    path = f"/bookings/{booking['id']}/cancel"
    assert (await anna.post(path, {"free": True}, expect=403))["code"] == "staff_only"
    ended = await studio.gym.post(path, {"free": True}, expect=200)
    assert ended["ending"] == "early"
    assert await studio.gym.sql("SELECT 1 FROM scheduling.fee") == []


async def test_a_late_cancellation_keeps_the_credit_and_an_early_one_returns_it(
    studio: Studio,
) -> None:
    now = studio.gym.clock.now()
    anna = await studio.person(credits=2)
    await anna.has_credits(LotLeft(lot_id=new_id(), left=2, granted_at=now))
    soon, later = await studio.class_(days=0.2), await studio.class_(days=2)
    for class_id, back, lost in ((soon, 0, 1), (later, 1, 0)):
        booking = await anna.book(class_id)
        shown = await anna.get(f"/bookings/{booking['id']}/cancellation")
        assert (shown["credits_back"], shown["credits_lost"]) == (back, lost)
        await anna.post(f"/bookings/{booking['id']}/cancel")
        told = (await studio.gym.told(booking["id"]))[-1]
        assert told.data.credits_back == back


async def test_nobody_cancels_for_others(studio: Studio) -> None:
    cycling = await studio.class_()
    anna, bert = await studio.person(), await studio.person()
    booking = await anna.book(cycling)
    path = f"/bookings/{booking['id']}"
    await bert.post(f"{path}/cancel", expect=404)
    await bert.get(path, expect=404)
    await bert.get(f"{path}/cancellation", expect=404)
    assert (await bert.get("/bookings"))["items"] == []
    assert await studio.counts(cycling) == (1, 0)


async def test_what_was_cancelled_stays_so(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    booking = await anna.book(cycling)
    path = f"/bookings/{booking['id']}/cancel"
    await anna.post(path)
    assert (await anna.post(path, expect=409))["code"] == "illegal_transition"
    assert await studio.counts(cycling) == (0, 0)


async def test_whoever_cannot_have_the_place_keeps_theirs_in_line(studio: Studio) -> None:
    cycling = await studio.class_(places=1)
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    first = await anna.book(cycling)
    await bert.book(cycling)
    await cleo.book(cycling)
    await bert.has(coverage=Coverage(include=(Clause(cities=("Graz",)),)))
    await anna.post(f"/bookings/{first['id']}/cancel")
    await studio.work()
    assert await studio.roster(cycling) == {
        "cancelled": [anna.person_id],
        "waiting": [bert.person_id],
        "booked": [cleo.person_id],
    }


async def test_a_free_place_is_not_for_a_channel_that_is_full(studio: Studio) -> None:
    cycling = await studio.class_(places=2, caps=Caps(online=1))
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    await anna.book(cycling)
    desk = await studio.gym.post(
        f"/classes/{cycling}/book", {"member_id": str(bert.member_id)}, expect=201
    )
    await cleo.book(cycling)
    await studio.gym.post(f"/bookings/{desk['id']}/cancel", {}, expect=200)
    await studio.work()
    assert (await studio.roster(cycling))["waiting"] == [cleo.person_id]
    assert await studio.counts(cycling) == (1, 1)


async def test_whoever_comes_up_pays_with_what_they_have_then(studio: Studio) -> None:
    now = studio.gym.clock.now()
    cycling = await studio.class_(places=1)
    anna, bert = await studio.person(), await studio.person()
    first = await anna.book(cycling)
    second = await bert.book(cycling)
    assert second["credits"] == 0
    await bert.has(end=now + DAY)
    pack = await studio.person(person_id=bert.person_id, member_id=bert.member_id)
    await pack.has_credits(LotLeft(lot_id=new_id(), left=1, granted_at=now))
    await studio.work()
    third = await studio.person()
    await third.book(cycling)
    await anna.post(f"/bookings/{first['id']}/cancel")
    await studio.work()
    # The membership that ends before the class has released its place in line.
    assert (await studio.roster(cycling))["booked"] == [third.person_id]
    again = await bert.book(cycling)
    assert (again["status"], again["credits"]) == ("waiting", 1)


async def test_nobody_overtakes_a_line_that_is_still_moved_up(studio: Studio) -> None:
    cycling = await studio.class_(places=1)
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    first = await anna.book(cycling)
    await bert.book(cycling)
    await anna.post(f"/bookings/{first['id']}/cancel")
    late = await cleo.book(cycling)
    assert (late["status"], late["position"]) == ("waiting", 2)
    await studio.work()
    assert (await studio.roster(cycling))["booked"] == [bert.person_id]


async def test_after_the_cut_off_nobody_is_moved_and_whoever_is_there_takes_the_place(
    studio: Studio,
) -> None:
    await studio.rules(cut_off_minutes=60, free_minutes=0)
    cycling = await studio.class_(places=1, days=1)
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    first = await anna.book(cycling)
    second = await bert.book(cycling)
    third = await cleo.book(cycling)
    studio.gym.clock.advance(DAY - timedelta(hours=1))
    await anna.post(f"/bookings/{first['id']}/cancel")
    await studio.work()
    assert await studio.counts(cycling) == (0, 2)
    assert (await cleo.post(f"/bookings/{third['id']}/accept"))["status"] == "booked"
    refused = await bert.post(f"/bookings/{second['id']}/accept", expect=409)
    assert refused["code"] == "illegal_transition"
    assert await studio.counts(cycling) == (1, 1)


async def test_offers_are_asked_for_and_run_out(studio: Studio) -> None:
    await studio.rules(waitlist_mode="offer", offer_minutes=30)
    cycling = await studio.class_(places=1)
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    first = await anna.book(cycling)
    second = await bert.book(cycling)
    third = await cleo.book(cycling)
    await anna.post(f"/bookings/{first['id']}/cancel")
    await studio.work()
    offered = await bert.get(f"/bookings/{second['id']}")
    assert (offered["status"], offered["offered_until"]) == ("offered", "2026-03-02T09:30:00Z")
    assert await studio.counts(cycling) == (1, 1)
    await studio.gym.pass_time(timedelta(minutes=30))
    await studio.work()
    assert (await bert.get(f"/bookings/{second['id']}"))["ending"] == "lapsed"
    assert await studio.gym.told_types(second["id"]) == [
        "booking.waitlisted",
        "booking.offered",
        "booking.offer_ended",
        "booking.cancelled",
    ]
    assert (await cleo.get(f"/bookings/{third['id']}"))["status"] == "offered"
    taken = await cleo.post(f"/bookings/{third['id']}/accept")
    assert (taken["status"], taken["offered_until"]) == ("booked", None)
    await studio.gym.pass_time(timedelta(hours=1))
    assert await studio.counts(cycling) == (1, 0)


@pytest.mark.parametrize(("how", "status"), [("offer", "offered"), ("promote", "booked")])
async def test_a_promotion_later_than_a_free_cancellation_is_never_at_the_members_cost(
    studio: Studio, how: str, status: str
) -> None:
    await studio.rules(late_promotion=how, late_fee=FEE, cut_off_minutes=60, offer_minutes=30)
    cycling = await studio.class_(places=1, days=1)
    anna, bert = await studio.person(), await studio.person()
    first = await anna.book(cycling)
    second = await bert.book(cycling)
    studio.gym.clock.advance(timedelta(hours=13))
    await anna.post(f"/bookings/{first['id']}/cancel")
    await studio.work()
    assert (await bert.get(f"/bookings/{second['id']}"))["status"] == status
    shown = await bert.get(f"/bookings/{second['id']}/cancellation")
    assert (shown["late"], shown["fee"]) == (False, None)


async def test_only_until_then(studio: Studio) -> None:
    cycling = await studio.class_(places=1)
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    first = await anna.book(cycling)
    until = studio.gym.clock.now() + timedelta(hours=2)
    await bert.book(cycling, {"wait_until": until.isoformat()})
    await cleo.book(cycling)
    studio.gym.clock.advance(timedelta(hours=2))
    await anna.post(f"/bookings/{first['id']}/cancel")
    await studio.work()
    assert (await studio.roster(cycling))["booked"] == [cleo.person_id]


async def test_the_line_ends_with_the_start_of_the_class(studio: Studio) -> None:
    cycling = await studio.class_(places=1, days=1)
    anna, bert = await studio.person(), await studio.person()
    await anna.book(cycling)
    second = await bert.book(cycling)
    await studio.gym.pass_time(DAY)
    ended = await bert.get(f"/bookings/{second['id']}")
    assert (ended["status"], ended["ending"]) == ("cancelled", "lapsed")
    assert await studio.counts(cycling) == (1, 0)


async def test_a_fee_falls_due_unless_it_is_waived(studio: Studio) -> None:
    await studio.rules(late_fee=FEE)
    for waived in (False, True):
        cycling = await studio.class_(days=0.1)
        anna = await studio.person()
        booking = await anna.book(cycling)
        await anna.post(f"/bookings/{booking['id']}/cancel")
        if waived:
            await studio.gym.post(
                f"/bookings/{booking['id']}/waive-fee", {"reason": "was ill"}, expect=200
            )
        await studio.gym.pass_time(DAY)
        told = await studio.gym.told_types(booking["id"])
        assert ("booking.fee_due" in told) is not waived
        assert ("booking.fee_waived" in told) is waived


async def test_strikes_warn_first_and_then_hold(studio: Studio) -> None:
    await studio.rules(strikes={"most": 2, "within_days": 30, "hold_days": 7})
    anna = await studio.person()
    for nth in (1, 2):
        booking = await anna.book(await studio.class_(days=0.1))
        await anna.post(f"/bookings/{booking['id']}/cancel")
        [row] = await studio.gym.sql(
            "SELECT held_until FROM scheduling.strike WHERE booking_id = :id",
            id=UUID(booking["id"]),
        )
        assert (row.held_until is None) is (nth == 1)
    problem = await anna.book(await studio.class_(days=0.1), expect=409)
    assert (problem["reason"], problem["from"]) == ("BOOKING_HELD", "2026-03-09T09:00:00Z")
    studio.gym.clock.advance(7 * DAY)
    # The hold was for both: another one is a warning again.
    booking = await anna.book(await studio.class_(days=0.1))
    await anna.post(f"/bookings/{booking['id']}/cancel")
    assert (await anna.book(await studio.class_(days=0.1)))["status"] == "booked"


async def test_staff_say_that_it_was_in_time_after_all(studio: Studio) -> None:
    await studio.rules(late_fee=FEE, strikes={"most": 1, "within_days": 30, "hold_days": 7})
    anna = await studio.person(credits=1)
    now = studio.gym.clock.now()
    await anna.has_credits(LotLeft(lot_id=new_id(), left=1, granted_at=now))
    booking = await anna.book(await studio.class_(days=0.1))
    await anna.post(f"/bookings/{booking['id']}/cancel")
    path = f"/bookings/{booking['id']}/undo-late-cancel"
    await anna.post(path, expect=403)
    undone = await studio.gym.post(path, {}, expect=200)
    assert undone["ending"] == "early"
    told = await studio.gym.told(booking["id"])
    assert [each.type.split(".")[2] for each in told][-2:] == ["fee_waived", "late_cancel_undone"]
    assert told[-1].data.credits_back == 1
    await studio.gym.pass_time(2 * DAY)
    assert "booking.fee_due" not in await studio.gym.told_types(booking["id"])
