"""Trials, terms, passes and introductions: from the offer to the contract's end."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.kernel.money import Money

DAY = timedelta(days=1)
YEAR = {"initial_term": {"interval": "year", "count": 1}}
TRIAL = {"trial": {"days": 14}}


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"offer": {"kind": "fixed_term"}}, "initial_term"),
        ({"offer": {"kind": "day_pass"}, "conditions": YEAR, "interval": "day"}, "initial_term"),
        ({"offer": {"kind": "pack"}}, "pack"),
        ({"offer": {"kind": "recurring", "pack": {"units": 10}}}, "pack"),
        ({"offer": {"kind": "day_pass"}}, "interval"),
        ({"offer": {"kind": "day_pass"}, "interval": "day", "interval_count": 2}, "interval"),
        ({"offer": {"kind": "day_pass"} | TRIAL, "interval": "day"}, "trial"),
    ],
)
async def test_a_plan_whose_parts_do_not_go_together_is_refused(
    gym: Any, plan: Any, field: str
) -> None:
    body = {
        "legal_entity_id": str(gym.seller.legal_entity_id),
        "name": "Odd",
        "coverage": {"include": [{}]},
    }
    answer = await gym.post("/plans", body | plan, expect=422)
    assert (answer["code"], answer["field"]) == ("unfit_offer", field)


async def test_a_plan_says_what_kind_it_is(gym: Any) -> None:
    pack = {"units": 10, "expires_from": "first_use", "overshoot": "charge"}
    plan = await gym.plan(interval_count=3, offer={"kind": "pack", "pack": pack})
    read = (await gym.get(f"/plans/{plan['id']}"))["offer"]
    assert (read["kind"], read["tax_code"]) == ("pack", "standard")
    assert read["pack"] == pack | {"visits": True, "class_types": None}


async def test_billing_is_told_what_a_purchase_costs(town: Any) -> None:
    gym = town.ours
    fee = {"amount": 1900, "currency": "EUR"}
    price = {"price": {"amount": 4900, "currency": "EUR"}, "joining_fee": fee}
    plan = await gym.plan(
        offer={"tax_code": "reduced"} | TRIAL, prices=[price | {"tax_included": False}]
    )
    member = await gym.member()
    path = f"/members/{member['id']}/memberships"
    stale = await gym.post(path, gym.order(plan), expect=409)
    assert stale["code"] == "stale_price"
    bought = await gym.post(path, gym.order(plan, joining_fee=fee))
    told = await gym.runtime.api(MembershipApi).purchase(membership_id=UUID(bought["id"]))
    assert (told.kind, told.periods, told.trial_days) == ("recurring", None, 14)
    assert (told.tax_code, told.tax_included) == ("reduced", False)
    assert (told.joining_fee, str(told.starts_on)) == (Money(1900, "EUR"), "2026-03-02")


async def test_a_trial_opens_at_once_and_is_a_trial_until_its_local_end(gym: Any) -> None:
    tried = await gym.pending(offer=TRIAL)
    assert (tried["contract"], tried["label"]) == ("trialing", "trial")
    assert tried["trial_until"] == "2026-03-15T23:00:00Z"
    assert (tried["start"], tried["paid_until"]) == ("2026-03-02T09:00:00Z", tried["trial_until"])

    await gym.paid(tried["id"], start=gym.clock.now() + 14 * DAY)
    assert (await gym.get(f"/memberships/{tried['id']}"))["label"] == "trial"
    await gym.pass_time(14 * DAY)

    now = await gym.get(f"/memberships/{tried['id']}")
    assert (now["contract"], now["label"], now["no_entry_from"]) == ("active", "active", None)
    assert (await gym.told_types(tried["id"]))[-1] == "activated"


async def test_a_trial_that_nobody_pays_for_closes_a_day_after_its_end(gym: Any) -> None:
    tried = await gym.pending(offer=TRIAL)
    assert tried["no_entry_from"] == "2026-03-16T23:00:00Z"
    await gym.owed(tried["id"], gym.clock.now() + 14 * DAY)
    now = await gym.get(f"/memberships/{tried['id']}")
    assert now["no_entry_from"] == "2026-03-16T09:00:00Z"


async def test_a_bill_of_nothing_for_a_trial_is_no_payment(gym: Any) -> None:
    tried = await gym.pending(offer=TRIAL)
    await gym.paid(tried["id"], days=13)
    now = await gym.get(f"/memberships/{tried['id']}")
    assert (now["label"], now["no_entry_from"]) == ("trial", "2026-03-16T23:00:00Z")


async def test_a_trial_may_simply_end(gym: Any) -> None:
    tried = await gym.pending(offer={"trial": {"days": 7, "then": "end"}})
    assert (tried["contract"], tried["end"]) == ("trialing", "2026-03-08T23:00:00Z")
    told = await gym.runtime.api(MembershipApi).purchase(membership_id=UUID(tried["id"]))
    assert told.periods == 0
    await gym.pass_time(7 * DAY)
    now = await gym.get(f"/memberships/{tried['id']}")
    assert (now["contract"], now["label"]) == ("ended", "expired")
    assert await gym.told_types(tried["id"]) == ["purchased", "ended"]


async def test_a_trial_can_be_cancelled_and_then_ends_with_its_last_day(gym: Any) -> None:
    tried = await gym.pending(offer=TRIAL)
    path = f"/memberships/{tried['id']}"
    left = await gym.post(f"{path}/cancel", {"when": "period_end"}, expect=200)
    assert (left["contract"], left["end"]) == ("under_notice", tried["trial_until"])
    back = await gym.post(f"{path}/cancellation/revoke", expect=200)
    assert (back["contract"], back["end"]) == ("trialing", None)


async def test_a_term_that_does_not_roll_on_ends_by_itself(gym: Any) -> None:
    conditions = {
        "initial_term": {"interval": "month", "count": 3},
        "after_initial_term": "end",
    }
    bought = await gym.active(offer={"kind": "fixed_term"}, conditions=conditions)
    told = await gym.runtime.api(MembershipApi).purchase(membership_id=UUID(bought["id"]))
    assert (told.kind, told.periods) == ("fixed_term", 3)
    assert (bought["contract"], bought["end"]) == ("active", "2026-06-01T22:00:00Z")
    await gym.pass_time(92 * DAY)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["label"], now["end_reason"]) == ("expired", "expired")


async def test_a_term_that_is_tried_first_begins_after_the_trial(gym: Any) -> None:
    conditions = {
        "initial_term": {"interval": "month", "count": 3},
        "after_initial_term": "end",
    }
    tried = await gym.pending(offer={"kind": "fixed_term"} | TRIAL, conditions=conditions)
    await gym.paid(tried["id"], start=gym.clock.now() + 14 * DAY)
    now = await gym.get(f"/memberships/{tried['id']}")
    # Three months from 16 March on, as billing counts its periods.
    assert now["end"] == "2026-06-15T22:00:00Z"


async def test_a_day_pass_is_one_local_day_whenever_it_is_paid(gym: Any) -> None:
    plan = await gym.plan(offer={"kind": "day_pass"}, interval="day")
    member = await gym.member()
    order = gym.order(plan, starts_on="2026-03-05")
    bought = await gym.post(f"/members/{member['id']}/memberships", order)
    await gym.paid(bought["id"], days=1)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["start"], now["end"]) == ("2026-03-04T23:00:00Z", "2026-03-05T23:00:00Z")
    assert now["contract"] == "active"


async def test_a_pass_that_nobody_paid_is_over_with_its_day(gym: Any) -> None:
    bought = await gym.pending(offer={"kind": "day_pass"}, interval="day")
    await gym.pass_time(DAY)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["contract"], now["label"], now["start"]) == ("ended", "expired", None)


async def test_an_introduction_is_for_those_who_are_new_here(gym: Any) -> None:
    usual = await gym.plan()
    intro = await gym.plan(offer={"intro": {}})
    member = await gym.member()
    path = f"/members/{member['id']}/memberships"
    first = await gym.post(path, gym.order(usual))
    refused = await gym.post(path, gym.order(intro), expect=409)
    assert (refused["code"], refused["field"]) == ("intro_offer_refused", "plan_id")
    # What never began was never had.
    await gym.post(f"/memberships/{first['id']}/cancel", {"when": "now"}, expect=200)
    await gym.post(path, gym.order(intro))


async def test_an_introduction_can_be_had_once_even_when_both_are_asked_for_at_once(
    gym: Any,
) -> None:
    intro = await gym.plan(offer={"intro": {"new_here": False}})
    member = await gym.member()
    path = f"/api/v1/members/{member['id']}/memberships"
    asked = [gym.http.post(path, json=gym.order(intro)) for _ in range(4)]
    answers = await asyncio.gather(*asked)
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    codes = {each.json()["code"] for each in answers if each.status_code == 409}
    assert codes == {"intro_offer_refused"}


async def test_guards_of_an_introduction_can_be_turned_off(gym: Any) -> None:
    both_off = {"new_here": False, "once_per_person": False}
    intro = await gym.plan(offer={"intro": both_off})
    member = await gym.member()
    for _ in range(2):
        await gym.post(f"/members/{member['id']}/memberships", gym.order(intro))
