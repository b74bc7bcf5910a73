"""A membership goes over to another member: today, on a day, called off; what goes along."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.membership.samples import AGREEMENT
from contexts.membership.test_families import child_of
from contexts.membership.test_merge import holds_together, merge
from gymhopper.contracts.membership.events import MembershipTransferred

DAY = timedelta(days=1)
FREE_TO_GO = {"offer": {"kind": "recurring", "transferable": True}}
PACK = {
    "offer": {"kind": "pack", "pack": {"units": 10}, "transferable": True},
    "interval": "month",
    "interval_count": 3,
    "prices": [{"price": {"amount": 9900, "currency": "EUR"}}],
}


def to(member: Any, **more: Any) -> dict[str, Any]:
    return {
        "to_member_id": member["id"],
        "reason": "Moves away",
        "agreement": AGREEMENT,
        **more,
    }


async def transfer(
    gym: Any, bought: Any, member: Any, *, expect: int = 201, **more: Any
) -> dict[str, Any]:
    done = await gym.post(
        f"/memberships/{bought['id']}/transfer", to(member, **more), expect=expect
    )
    return dict(done)


async def seen(gym: Any, bought: Any) -> dict[str, Any]:
    return dict(await gym.get(f"/memberships/{bought['id']}"))


async def test_today_the_giver_has_it_no_more_and_the_receiver_has_it_as_it_was(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    bob = await gym.member(first_name="Bob")
    await gym.pass_time(10 * DAY)
    done = await transfer(gym, bought, bob)
    former, heir = done["membership"], done["to_membership"]
    assert (former["contract"], former["end_reason"], former["label"]) == (
        "ended",
        "transferred",
        "cancelled",
    )
    assert (heir["member_id"], heir["contract"], heir["label"]) == (bob["id"], "active", "active")
    assert heir["start"] == former["end"] == done["effective_at"]
    for name in ("plan_id", "price", "price_id", "paid_until", "conditions", "coverage", "zone"):
        assert heir[name] == bought[name], name
    assert (former["transferred_to"], heir["transferred_from"]) == (heir["id"], former["id"])
    assert heir["payer"] == {"kind": "person", "id": bob["id"]}
    assert await seen(gym, heir) == heir
    assert (await gym.told_types(bought["id"]))[-1] == "ended"
    event = (await gym.told(heir["id"]))[-1].data
    assert isinstance(event, MembershipTransferred)
    assert str(event.from_membership_id) == bought["id"]
    assert (str(event.from_person_id), str(event.payer_member_id)) == (
        bought["person_id"],
        bob["id"],
    )
    assert str(event.membership.continues) == bought["id"]
    assert event.membership.cycle is not None
    assert event.membership.cycle.first_day.isoformat() == bought["starts_on"]
    await holds_together(gym)


async def test_on_a_day_to_come_the_giver_has_it_until_then_and_the_receiver_from_then_on(
    gym: Any,
) -> None:
    bought = await gym.active(**FREE_TO_GO)
    bob = await gym.member(first_name="Bob")
    day = (gym.clock.now() + 10 * DAY).date()
    done = await transfer(gym, bought, bob, day=day.isoformat())
    former, heir = done["membership"], done["to_membership"]
    assert (former["label"], former["end_reason"]) == ("active", "transferred")
    assert (former["end"], heir["label"], heir["start"]) == (done["effective_at"], "pending", None)
    assert (await gym.told_types(bought["id"]))[-1] == "transfer_scheduled"
    # What is paid meanwhile goes over, too.
    await gym.pass_time(5 * DAY)
    await gym.paid(bought["id"], start=gym.clock.now() + 20 * DAY)
    former = await seen(gym, former)
    await gym.pass_time(5 * DAY)
    now = await seen(gym, heir)
    assert (now["contract"], now["start"]) == ("active", done["effective_at"])
    assert now["paid_until"] == former["paid_until"] != bought["paid_until"]
    assert (await seen(gym, former))["contract"] == "ended"
    again = [each for each in await gym.told_types(heir["id"]) if each == "transferred"]
    await gym.pass_time(DAY)
    assert [x for x in await gym.told_types(heir["id"]) if x == "transferred"] == again
    await holds_together(gym)


async def test_called_off_before_its_day_it_stays_with_the_giver(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    bob = await gym.member(first_name="Bob")
    day = (gym.clock.now() + 10 * DAY).date().isoformat()
    done = await transfer(gym, bought, bob, day=day)
    off = f"/memberships/{bought['id']}/transfer/call-off"
    kept = await gym.post(off, expect=200)
    assert (kept["contract"], kept["end"], kept["transferred_to"]) == ("active", None, None)
    waiting = await seen(gym, done["to_membership"])
    assert (waiting["contract"], waiting["start"]) == ("ended", None)
    assert (await gym.post(off, expect=409))["code"] == "illegal_transition"
    await gym.pass_time(11 * DAY)
    assert (await seen(gym, bought))["contract"] == "active"
    assert (await gym.told_types(bought["id"]))[-1] == "transfer_called_off"
    # It may go to somebody else, and back again.
    eve = await gym.member(first_name="Eve")
    heir = (await transfer(gym, bought, eve))["to_membership"]
    ada = {"id": bought["member_id"]}
    back = (await transfer(gym, heir, ada))["to_membership"]
    assert (back["member_id"], back["contract"]) == (ada["id"], "active")
    assert back["paid_until"] == bought["paid_until"]


async def test_while_it_is_being_handed_over_nobody_ends_it_otherwise(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    bob = await gym.member(first_name="Bob")
    day = (gym.clock.now() + 10 * DAY).date().isoformat()
    heir = (await transfer(gym, bought, bob, day=day))["to_membership"]
    for each in (bought, heir):
        refused = await gym.post(
            f"/memberships/{each['id']}/cancel", {"when": "now", "reason": "x"}, expect=409
        )
        assert refused["code"] == "illegal_transition"
    await gym.post(f"/memberships/{bought['id']}/cancellation/revoke", expect=409)
    await transfer(gym, bought, bob, expect=409)


async def test_what_ends_for_cause_before_its_day_goes_over_to_nobody(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    bob = await gym.member(first_name="Bob")
    day = (gym.clock.now() + 10 * DAY).date().isoformat()
    heir = (await transfer(gym, bought, bob, day=day))["to_membership"]
    await gym.refunded(bought["id"], "end_now")
    await gym.pass_time(10 * DAY)
    assert (await seen(gym, bought))["end_reason"] == "terminated"
    assert (await seen(gym, heir))["contract"] == "ended"
    assert "transferred" not in await gym.told_types(heir["id"])


async def test_the_term_its_end_and_the_freezes_go_along(gym: Any) -> None:
    year = {"initial_term": {"interval": "year", "count": 1}, "after_initial_term": "end"}
    rules = {"days_a_year": 60, "extends_term": True}
    bought = await gym.active(**FREE_TO_GO, conditions=year, freeze_rules=rules)
    freeze = {"start": "2026-04-01", "until": "2026-05-01", "reason": "Knee"}
    frozen = await gym.post(f"/memberships/{bought['id']}/freezes", freeze)
    bob = await gym.member(first_name="Bob")
    heir = (await transfer(gym, bought, bob))["to_membership"]
    assert heir["end"] == frozen["membership"]["end"] != bought["end"]
    (rest,) = heir["overlays"]
    assert rest["id"] != frozen["id"]
    assert (rest["start"], rest["until"], rest["stops_billing"]) == (
        frozen["membership"]["overlays"][0]["start"],
        frozen["membership"]["overlays"][0]["until"],
        True,
    )
    # The days of the year are used up by both together.
    more = {"start": "2026-06-01", "until": "2026-07-15", "reason": "Knee"}
    refused = await gym.post(f"/memberships/{heir['id']}/freezes", more, expect=409)
    assert refused["code"] == "freeze_days_exceeded"
    await gym.pass_time(30 * DAY)
    assert (await seen(gym, heir))["label"] in {"frozen", "active"}
    ways = await gym.get(f"/memberships/{heir['id']}/cancellation")
    assert ways["term_end"] == heir["end"]


async def test_an_end_that_was_set_is_the_receivers_end(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    ended = await gym.post(
        f"/memberships/{bought['id']}/cancel", {"when": "period_end", "reason": "x"}, expect=200
    )
    bob = await gym.member(first_name="Bob")
    day = (gym.clock.now() + 40 * DAY).date().isoformat()
    refused = await transfer(gym, bought, bob, day=day, expect=422)
    assert refused["code"] == "date_out_of_range"
    heir = (await transfer(gym, bought, bob))["to_membership"]
    assert (heir["contract"], heir["end"], heir["end_reason"]) == (
        "under_notice",
        ended["end"],
        "cancelled",
    )


async def test_credits_go_over_with_their_end_and_price_and_sum_to_what_was_paid(gym: Any) -> None:
    bought = await gym.active(**PACK)
    (lot,) = (await gym.get(f"/memberships/{bought['id']}/credits"))["lots"]
    bob = await gym.member(first_name="Bob")
    refund = {"lot_id": lot["id"], "units": 3, "reason": "x"}
    first = await gym.post(f"/memberships/{bought['id']}/credits/refunds", refund)
    heir = (await transfer(gym, bought, bob))["to_membership"]
    assert (await gym.get(f"/memberships/{bought['id']}/credits"))["lots"][0]["left"] == 0
    (moved,) = (await gym.get(f"/memberships/{heir['id']}/credits"))["lots"]
    assert (moved["left"], moved["expires_at"]) == (7, lot["expires_at"])
    assert moved["source"] == "purchase"
    rest = {"lot_id": moved["id"], "units": 7, "reason": "x"}
    second = await gym.post(f"/memberships/{heir['id']}/credits/refunds", rest)
    assert first["amount"]["amount"] + second["amount"]["amount"] == 9900
    await holds_together(gym)


async def test_what_cannot_go_over_is_refused_and_nothing_changes(gym: Any, town: Any) -> None:
    bound, bought = await gym.active(), await gym.active(**FREE_TO_GO)
    bob = await gym.member(first_name="Bob")
    ada = {"id": bought["member_id"]}
    child = await child_of(gym, bob)
    theirs = await town.theirs.member()
    waiting = await gym.pending(**FREE_TO_GO)
    for what, whom, status, code in (
        (bound, bob, 409, "not_transferable"),
        (bought, ada, 409, "not_transferable"),
        (bought, child, 422, "cannot_pay"),
        (bought, theirs, 404, "not_found"),
        (waiting, bob, 409, "illegal_transition"),
    ):
        assert (await transfer(gym, what, whom, expect=status))["code"] == code
    yesterday = (gym.clock.now() - DAY).date().isoformat()
    assert (await transfer(gym, bought, bob, day=yesterday, expect=422))["field"] == "day"
    await gym.owed(bought["id"], gym.clock.now())
    assert (await transfer(gym, bought, bob, expect=409))["code"] == "debt_before_transfer"
    assert await town.theirs.post(f"/memberships/{bought['id']}/transfer", to(theirs), expect=404)
    assert (await seen(gym, bought))["transferred_to"] is None
    # The guardian pays for the child, the debt stays.
    payer = {"kind": "person", "id": bob["id"]}
    done = await transfer(gym, bought, child, payer=payer, debts_stay=True)
    assert (done["to_membership"]["payer"], done["to_membership"]["overdue_since"]) == (payer, None)
    assert done["membership"]["overdue_since"] is not None


async def test_an_introduction_is_for_whoever_may_have_it(gym: Any) -> None:
    offer = {"kind": "recurring", "intro": {}, "transferable": True}
    bought = await gym.active(offer=offer)
    bob = await gym.member(first_name="Bob")
    order = gym.order(await gym.plan())
    await gym.post(f"/members/{bob['id']}/memberships", order)
    assert (await transfer(gym, bought, bob, expect=409))["code"] == "intro_offer_refused"


async def test_a_dry_run_tells_what_would_be_and_changes_nothing(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    bob = await gym.member(first_name="Bob")
    path = f"/api/v1/memberships/{bought['id']}/transfer"
    shown = await gym.http.post(path, json=to(bob), headers={"Dry-Run": "true"})
    assert shown.status_code == 201, shown.text
    assert shown.json()["to_membership"]["paid_until"] == bought["paid_until"]
    assert await seen(gym, bought) == bought


async def test_of_two_who_hand_it_over_at_once_one_does(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    people = [await gym.member(first_name=each) for each in ("Bob", "Eve", "Kim")]
    path = f"/api/v1/memberships/{bought['id']}/transfer"
    answers = await asyncio.gather(*(gym.http.post(path, json=to(each)) for each in people))
    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    (won,) = [each.json() for each in answers if each.status_code == 201]
    assert (await seen(gym, bought))["transferred_to"] == won["to_membership"]["id"]


async def test_a_price_that_was_announced_comes_for_the_receiver(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    dearer = {
        "price": {"amount": 5900, "currency": "EUR"},
        "effective_on": (gym.clock.now() + 62 * DAY).date().isoformat(),
        "reason": "Energy",
    }
    await gym.post(f"/memberships/{bought['id']}/price-changes", dearer)
    bob = await gym.member(first_name="Bob")
    heir = (await transfer(gym, bought, bob))["to_membership"]
    await gym.paid(heir["id"], start=gym.clock.now() + 31 * DAY, days=62)
    await gym.pass_time(70 * DAY)
    assert (await seen(gym, heir))["price"]["amount"] == 5900
    assert (await seen(gym, bought))["price"]["amount"] == 4900


async def test_links_outlive_a_merge_and_each_sees_their_own(gym: Any) -> None:
    bought = await gym.active(**FREE_TO_GO)
    bob, twin = await gym.member(first_name="Bob"), await gym.member(first_name="Bob")
    heir = (await transfer(gym, bought, bob))["to_membership"]
    await merge(gym, twin, bob)
    now = await seen(gym, heir)
    assert (now["member_id"], now["transferred_from"]) == (twin["id"], bought["id"])
    async with gym.through(bought["person_id"]) as own:
        assert (await own.get(f"/api/v1/memberships/{bought['id']}")).status_code == 200
        assert (await own.get(f"/api/v1/memberships/{heir['id']}")).status_code == 404
        path = f"/api/v1/memberships/{bought['id']}/transfer"
        assert (await own.post(path, json=to(twin))).status_code == 403
    await holds_together(gym)
    assert UUID(heir["id"])


@pytest.mark.parametrize("kind", ["day_pass", "guest_pass"])
async def test_a_pass_is_for_one_person(gym: Any, kind: str) -> None:
    offer = {"kind": kind, "transferable": True}
    plan = {
        "legal_entity_id": str(gym.seller.legal_entity_id),
        "name": "Day",
        "coverage": {"include": [{}]},
        "interval": "day",
        "offer": offer,
        "prices": [{"price": {"amount": 900, "currency": "EUR"}}],
    }
    assert (await gym.post("/plans", plan, expect=422))["code"] == "unfit_offer"
