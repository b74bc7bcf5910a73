"""Upgrades and downgrades: previewed, agreed on, paid or refused, undone, in force."""

import asyncio
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from contexts.membership.test_households import buy, household, household_of
from gymhopper.contracts.billing.api import PlanChangesApi, QuoteRefusal
from gymhopper.contracts.billing.events import PlanChangeCollected, PlanChangeDeclined
from gymhopper.contracts.membership.events import (
    MembershipPlanChanged,
    MembershipPlanChangeRequested,
)
from gymhopper.kernel.money import Money

DAY = timedelta(days=1)
YEAR = {"initial_term": {"interval": "year", "count": 1}}
TIER_3 = {"include": [{"tier_up_to": 3}]}


async def other(gym: Any, amount: int = 6900, **changes: Any) -> Any:
    """Another plan of the gym, with more doors."""
    price = {"amount": amount, "currency": changes.pop("currency", "EUR")}
    plan = {"name": "Premium", "coverage": TIER_3, "prices": [{"price": price}]}
    return await gym.plan(**{**plan, **changes})


def wish(plan: Any, when: str = "now", **more: Any) -> dict[str, Any]:
    price = plan["prices"][0]
    return {
        "plan_id": plan["id"],
        "price_id": price["id"],
        "price": price["price"],
        "when": when,
        **more,
    }


def path(bought: Any) -> str:
    return f"/memberships/{bought['id']}/plan-changes"


async def preview(gym: Any, bought: Any, plan: Any, when: str = "now", **more: Any) -> Any:
    url = f"/memberships/{bought['id']}/plan-change-preview"
    return await gym.post(url, wish(plan, when), **{"expect": 200, **more})


async def agree(gym: Any, bought: Any, plan: Any, *, expect: int = 201, **more: Any) -> Any:
    """Have it changed now, for what the preview shows."""
    shown = await preview(gym, bought, plan)
    given = {"charged": shown["charged"], "priced_at": shown["priced_at"], **more}
    return await gym.post(path(bought), wish(plan, **given), expect=expect)


async def collected(gym: Any, bought: Any, change: Any, days: int = 31) -> None:
    await gym.deliver(
        PlanChangeCollected(
            membership_id=UUID(bought["id"]),
            change_id=UUID(change["id"]),
            period_until=gym.clock.now() + days * DAY,
        )
    )


async def declined(gym: Any, bought: Any, change: Any) -> None:
    await gym.deliver(
        PlanChangeDeclined(
            membership_id=UUID(bought["id"]), change_id=UUID(change["id"]), reason="card_refused"
        )
    )


async def test_an_upgrade_opens_more_doors_when_it_is_paid_and_not_before(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym)
    change = await agree(gym, bought, plan)
    assert (change["status"], change["charged"]["amount"]) == ("requested", 1000)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["plan_id"], now["coverage"]) == (bought["plan_id"], bought["coverage"])
    asked = (await gym.told(bought["id"]))[-1].data
    assert isinstance(asked, MembershipPlanChangeRequested)
    assert (asked.charged, asked.terms.price) == (Money(1000, "EUR"), Money(6900, "EUR"))
    assert asked.membership.coverage.include[0].tier_up_to is None

    await collected(gym, bought, change)
    await collected(gym, bought, change)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["plan_name"], now["price"]["amount"]) == ("Premium", 6900)
    assert now["coverage"]["include"][0]["tier_up_to"] == 3
    assert (now["start"], now["paid_until"]) == (bought["start"], bought["paid_until"])
    event = (await gym.told(bought["id"]))[-1].data
    assert isinstance(event, MembershipPlanChanged)
    assert event.membership.coverage.include[0].tier_up_to == 3
    assert str(event.previous_plan_id) == bought["plan_id"]
    (listed,) = (await gym.get(path(bought)))["items"]
    assert listed["status"] == "in_force"


async def test_a_change_that_is_not_paid_leaves_everything_as_it_was(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym)
    change = await agree(gym, bought, plan)
    await declined(gym, bought, change)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["plan_id"], now["coverage"]) == (bought["plan_id"], bought["coverage"])
    (listed,) = (await gym.get(path(bought)))["items"]
    assert (listed["status"], listed["refusal"]) == ("refused", "card_refused")
    assert (await gym.told_types(bought["id"]))[-1] == "plan_change_refused"
    # It may be tried again.
    assert (await agree(gym, bought, plan))["status"] == "requested"


async def test_a_downgrade_comes_at_the_end_of_the_period_and_can_be_undone(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym, 2900)
    shown = await preview(gym, bought, plan, "period_end")
    assert (shown["charged"]["amount"], shown["each_period"]["amount"]) == (0, 2900)
    assert shown["effective_at"] == bought["paid_until"]
    change = await gym.post(path(bought), wish(plan, "period_end"))
    assert (change["status"], change["effective_at"]) == ("scheduled", bought["paid_until"])
    undone = await gym.delete(f"{path(bought)}/{change['id']}")
    assert undone["status"] == "undone"
    assert (await gym.told_types(bought["id"]))[-1] == "plan_change_undone"
    await gym.delete(f"{path(bought)}/{change['id']}", expect=409)

    await gym.post(path(bought), wish(plan, "period_end"))
    await gym.pass_time(30 * DAY)
    assert (await gym.get(f"/memberships/{bought['id']}"))["plan_id"] == bought["plan_id"]
    await gym.paid(bought["id"], start=gym.clock.now() + DAY)
    await gym.pass_time(DAY)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["plan_id"], now["price"]["amount"]) == (plan["id"], 2900)
    assert (await gym.told_types(bought["id"]))[-1] == "plan_changed"


async def test_another_amount_than_the_one_shown_is_refused_as_stale(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym)
    shown = await preview(gym, bought, plan)
    given = {"charged": shown["charged"], "priced_at": shown["priced_at"]}
    collector: Any = gym.runtime.api(PlanChangesApi)
    collector.charged = 1001
    refused = await gym.post(path(bought), wish(plan, **given), expect=409)
    assert (refused["code"], refused["field"]) == ("stale_price", "charged")
    collector.charged = 1000
    wrong = wish(plan, **given) | {"price": {"amount": 6800, "currency": "EUR"}}
    assert (await gym.post(path(bought), wrong, expect=409))["code"] == "stale_price"
    await gym.pass_time(timedelta(minutes=15))
    late = await gym.post(path(bought), wish(plan, **given), expect=409)
    assert (late["code"], late["field"]) == ("stale_price", "priced_at")
    await gym.post(path(bought), wish(plan), expect=422)
    await gym.post(path(bought), wish(plan, "period_end", **given), expect=422)
    assert (await gym.get(path(bought)))["items"] == []


async def test_what_would_leave_money_over_changes_at_the_periods_end_only(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym, 2900)
    collector: Any = gym.runtime.api(PlanChangesApi)
    collector.charged = -1
    collector.refusal = "left_over"
    refused = await preview(gym, bought, plan, expect=409)
    assert (refused["code"], refused["field"]) == ("plan_change_not_possible", "when")
    assert "at the period's end" in refused["detail"]
    collector.refusal = None
    await gym.post(path(bought), wish(plan, "period_end"))


async def test_what_becomes_credit_changes_at_once_for_the_amount_that_was_shown(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym, 2900)
    collector: Any = gym.runtime.api(PlanChangesApi)
    collector.charged = -700
    shown = await preview(gym, bought, plan)
    assert shown["charged"] == {"amount": -700, "currency": "EUR"}
    collector.charged = -699
    given = wish(plan, charged=shown["charged"], priced_at=shown["priced_at"])
    assert (await gym.post(path(bought), given, expect=409))["code"] == "stale_price"
    collector.charged = -700
    change = await gym.post(path(bought), given)
    assert (change["status"], change["charged"]["amount"]) == ("requested", -700)
    asked = (await gym.told(bought["id"]))[-1].data
    assert isinstance(asked, MembershipPlanChangeRequested)
    assert asked.charged == Money(-700, "EUR")
    await collected(gym, bought, change)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["plan_name"], now["price"]["amount"]) == ("Premium", 2900)
    assert now["paid_until"] == bought["paid_until"]


async def test_members_have_nothing_cheaper_at_once_while_a_term_runs(gym: Any) -> None:
    bought, plan = await gym.active(conditions=YEAR), await other(gym, 2900)
    collector: Any = gym.runtime.api(PlanChangesApi)
    collector.charged = -700
    async with gym.through(bought["person_id"]) as member:
        url = f"/api/v1/memberships/{bought['id']}/plan-change-preview"
        refused = await member.post(url, json=wish(plan))
        assert (refused.status_code, refused.json()["code"]) == (409, "term_still_runs")
    assert (await preview(gym, bought, plan, expect=422))["code"] == "reason_missing"
    shown = await gym.post(
        f"/memberships/{bought['id']}/plan-change-preview",
        wish(plan, reason="Moved away"),
        expect=200,
    )
    given = {"charged": shown["charged"], "priced_at": shown["priced_at"]}
    change = await gym.post(path(bought), wish(plan, reason="Moved away", **given))
    assert change["status"] == "requested"


async def test_whoever_collects_may_say_no(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym)
    collector: Any = gym.runtime.api(PlanChangesApi)
    for refusal in get_args(QuoteRefusal):
        collector.refusal = refusal
        refused = await preview(gym, bought, plan, expect=409)
        assert refused["code"] == "plan_change_not_possible"


async def test_a_member_may_pay_more_but_not_less_while_a_term_runs(gym: Any) -> None:
    bought = await gym.active(conditions=YEAR)
    dearer, cheaper = await other(gym), await other(gym, 2900)
    async with gym.through(bought["person_id"]) as member:
        url = f"/api/v1{path(bought)}"
        refused = await member.post(url, json=wish(cheaper, "period_end"))
        assert (refused.status_code, refused.json()["code"]) == (409, "term_still_runs")
        agreed = await member.post(url, json=wish(dearer, "period_end"))
        assert agreed.status_code == 201, agreed.text
        undone = await member.delete(f"{url}/{agreed.json()['id']}")
        assert (undone.status_code, undone.json()["status"]) == (200, "undone")
        assert len((await member.get(url)).json()["items"]) == 1
    missing = await gym.post(path(bought), wish(cheaper, "period_end"), expect=422)
    assert missing["code"] == "reason_missing"
    kind = wish(cheaper, "period_end", reason="Moved away")
    assert (await gym.post(path(bought), kind))["status"] == "scheduled"


async def test_nobody_binds_whoever_pays_to_another_price(gym: Any) -> None:
    ada, carl = await gym.member(), await gym.member(first_name="Carl")
    bought = await buy(gym, ada, household(await household_of(gym, carl, ada)))
    dearer = wish(await other(gym), "period_end")
    async with gym.through(ada["person_id"]) as member:
        refused = await member.post(f"/api/v1{path(bought)}", json=dearer)
        assert (refused.status_code, refused.json()["code"]) == (409, "paid_by_another")
    assert (await gym.post(path(bought), dearer))["status"] == "scheduled"


async def test_a_term_that_runs_is_not_shortened_and_the_new_ones_counts_from_the_change(
    gym: Any,
) -> None:
    bought = await gym.active(conditions=YEAR)
    ways = await gym.get(f"/memberships/{bought['id']}/cancellation")
    rolling = await other(gym)
    await collected(gym, bought, await agree(gym, bought, rolling))
    after = await gym.get(f"/memberships/{bought['id']}/cancellation")
    assert after["term_end"] == after["earliest_end"] == ways["term_end"]

    await gym.pass_time(20 * DAY)
    longer = await other(gym, 7900, conditions=YEAR)
    shown = await preview(gym, bought, longer)
    assert shown["bound_until"] == "2027-03-22"
    await collected(gym, bought, await agree(gym, bought, longer))
    after = await gym.get(f"/memberships/{bought['id']}/cancellation")
    assert after["term_end"] == "2027-03-21T23:00:00Z"


async def test_a_shorter_period_ends_sooner_and_is_what_a_cancellation_waits_for(gym: Any) -> None:
    bought = await gym.active(interval="year")
    await gym.paid(bought["id"], days=365)
    monthly = await other(gym)
    change = await agree(gym, bought, monthly)
    ends = gym.clock.now() + 31 * DAY
    await collected(gym, bought, change)
    ways = await gym.get(f"/memberships/{bought['id']}/cancellation")
    assert ways["period_end"] == ends.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "CHF"}, "unfit_plan_change"),
        ({"offer": {"kind": "day_pass"}, "interval": "day"}, "unfit_plan_change"),
        (
            {
                "offer": {"kind": "fixed_term"},
                "conditions": {**YEAR, "after_initial_term": "end"},
            },
            "unfit_plan_change",
        ),
    ],
    ids=["another currency", "a pass", "a term that ends"],
)
async def test_only_plans_that_go_on_are_changed_to(
    gym: Any, changes: dict[str, Any], code: str
) -> None:
    bought, plan = await gym.active(), await other(gym, **changes)
    assert (await preview(gym, bought, plan, "period_end", expect=409))["code"] == code


async def test_the_same_plan_is_no_change(gym: Any) -> None:
    plan = await gym.plan()
    member = await gym.member()
    bought = await gym.post(f"/members/{member['id']}/memberships", gym.order(plan))
    await gym.paid(bought["id"])
    assert (await preview(gym, bought, plan, expect=409))["code"] == "unfit_plan_change"


async def test_a_state_that_leads_nowhere_is_refused(gym: Any) -> None:
    plan = await other(gym)
    pending = await gym.pending()
    assert (await preview(gym, pending, plan, expect=409))["code"] == "illegal_transition"
    bought = await gym.active()
    await gym.owed(bought["id"], gym.clock.now())
    assert (await preview(gym, bought, plan, expect=409))["code"] == "illegal_transition"
    await gym.owed(bought["id"], None)
    await gym.post(f"/memberships/{bought['id']}/freezes", {})
    assert (await preview(gym, bought, plan, expect=409))["code"] == "illegal_transition"
    await preview(gym, bought, plan, "period_end")
    left = {"when": "period_end"}
    await gym.post(f"/memberships/{bought['id']}/cancel", left, expect=200)
    assert (await preview(gym, bought, plan, "period_end", expect=409))["code"] == (
        "illegal_transition"
    )


async def test_a_trial_becomes_another_plan_at_its_end(gym: Any) -> None:
    bought = await gym.pending(offer={"kind": "recurring", "trial": {"days": 14}})
    plan = await other(gym)
    assert (await preview(gym, bought, plan, expect=409))["code"] == "illegal_transition"
    change = await gym.post(path(bought), wish(plan, "period_end"))
    assert change["effective_at"] == bought["trial_until"]
    await gym.pass_time(14 * DAY)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["plan_id"], now["trial_until"]) == (plan["id"], bought["trial_until"])
    assert now["start"] == bought["start"]


async def test_a_contract_that_ends_before_its_change_keeps_its_plan(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym, 2900)
    await gym.post(path(bought), wish(plan, "period_end"))
    await gym.post(f"/memberships/{bought['id']}/cancel", {"when": "period_end"}, expect=200)
    await gym.pass_time(32 * DAY)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["label"], now["plan_id"]) == ("cancelled", bought["plan_id"])
    assert (await gym.get(path(bought)))["items"][0]["status"] == "lapsed"


async def test_a_price_that_was_announced_goes_with_its_plan(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym)
    price = {"price": {"amount": 5900, "currency": "EUR"}, "effective_on": "2026-04-15"}
    await gym.post(f"/memberships/{bought['id']}/price-changes", price | {"reason": "Energy"})
    await collected(gym, bought, await agree(gym, bought, plan))
    (listed,) = (await gym.get(f"/memberships/{bought['id']}/price-changes"))["items"]
    assert listed["status"] == "lapsed"
    await gym.pass_time(60 * DAY)
    assert (await gym.get(f"/memberships/{bought['id']}"))["price"]["amount"] == 6900


async def test_one_change_at_a_time_is_to_come_however_many_are_asked_for(gym: Any) -> None:
    bought, plan = await gym.active(), await other(gym, 2900)
    url = f"/api/v1{path(bought)}"
    asked = [gym.http.post(url, json=wish(plan, "period_end")) for _ in range(4)]
    answers = await asyncio.gather(*asked)
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


async def test_a_foreign_change_is_not_there(town: Any) -> None:
    bought, plan = await town.ours.active(), await other(town.ours, 2900)
    change = await town.ours.post(path(bought), wish(plan, "period_end"))
    await town.theirs.get(path(bought), expect=404)
    await preview(town.theirs, bought, plan, expect=404)
    await town.theirs.delete(f"{path(bought)}/{change['id']}", expect=404)
    own = await town.ours.active()
    await town.ours.delete(f"{path(own)}/{change['id']}", expect=404)
    foreign = await other(town.theirs)
    assert (await preview(town.ours, own, foreign, expect=404))["field"] == "plan_id"
