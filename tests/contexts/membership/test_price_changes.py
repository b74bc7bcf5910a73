"""New prices of what was sold: announced, left before, withdrawn, in force."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from gymhopper.contexts.membership.usecases import change_prices_of_plan
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.membership.events import MembershipPriceChanged
from gymhopper.kernel.money import Money

DAY = timedelta(days=1)
YEAR = {"initial_term": {"interval": "year", "count": 1}}


def new(amount: int = 5900, on: str = "2026-04-15", currency: str = "EUR") -> dict[str, Any]:
    price = {"amount": amount, "currency": currency}
    return {"price": price, "effective_on": on, "reason": "Energy costs more."}


async def announced(gym: Any, bought: Any, **change: Any) -> Any:
    return await gym.post(f"/memberships/{bought['id']}/price-changes", new(**change))


async def price(gym: Any, bought: Any) -> int:
    told = await gym.runtime.api(MembershipApi).purchase(membership_id=UUID(bought["id"]))
    return told.price.amount


async def test_an_announced_price_comes_into_force_on_its_local_day(gym: Any) -> None:
    bought = await gym.active()
    change = await announced(gym, bought)
    assert (change["status"], change["effective_at"]) == ("announced", "2026-04-14T22:00:00Z")
    await gym.pass_time(43 * DAY)
    assert await price(gym, bought) == 4900
    await gym.pass_time(DAY)
    assert await price(gym, bought) == 5900
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["price"]["amount"], now["price_id"]) == (5900, bought["price_id"])
    (listed,) = (await gym.get(f"/memberships/{bought['id']}/price-changes"))["items"]
    assert (listed["status"], listed["settled_at"]) == ("in_force", "2026-04-15T09:00:00Z")
    event = (await gym.told(bought["id"]))[-1].data
    assert isinstance(event, MembershipPriceChanged)
    assert (event.previous, event.price) == (Money(4900, "EUR"), Money(5900, "EUR"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (new(on="2026-03-31"), "date_out_of_range"),
        (new(4000, on="2026-03-02"), "date_out_of_range"),
        (new(on="2029-01-01"), "date_out_of_range"),
        (new(4900), "price_stays"),
        (new(currency="CHF"), "price_stays"),
    ],
    ids=["too soon", "today", "too late", "the same", "another currency"],
)
async def test_a_price_that_cannot_be_is_refused(gym: Any, change: Any, code: str) -> None:
    bought = await gym.active()
    path = f"/memberships/{bought['id']}/price-changes"
    status = 422 if code == "date_out_of_range" else 409
    assert (await gym.post(path, change, expect=status))["code"] == code
    assert (await gym.get(path))["items"] == []


async def test_a_lower_price_need_not_wait(gym: Any) -> None:
    bought = await gym.active()
    await announced(gym, bought, amount=3900, on="2026-03-03")
    await gym.pass_time(DAY)
    assert await price(gym, bought) == 3900


async def test_one_price_at_a_time_is_to_come_however_many_are_asked_for(gym: Any) -> None:
    bought = await gym.active()
    path = f"/api/v1/memberships/{bought['id']}/price-changes"
    asked = [gym.http.post(path, json=new(5900 + each)) for each in range(4)]
    answers = await asyncio.gather(*asked)
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


async def test_a_withdrawn_price_never_comes(gym: Any) -> None:
    bought = await gym.active()
    change = await announced(gym, bought)
    path = f"/memberships/{bought['id']}/price-changes/{change['id']}"
    assert (await gym.delete(path))["status"] == "withdrawn"
    await gym.delete(path, expect=409)
    await gym.pass_time(60 * DAY)
    assert await price(gym, bought) == 4900
    assert (await gym.told_types(bought["id"]))[-1] == "price_change_withdrawn"


async def test_a_higher_price_lets_the_member_leave_out_of_a_term(gym: Any) -> None:
    bought = await gym.active(conditions=YEAR)
    change = await announced(gym, bought)
    path = f"/memberships/{bought['id']}/price-changes/{change['id']}"
    left = await gym.post(f"{path}/leave", expect=200)
    assert left["end"] == change["effective_at"]
    assert (await gym.post(f"{path}/leave", expect=409))["code"] == "illegal_transition"
    await gym.pass_time(44 * DAY)
    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["label"], now["price"]["amount"]) == ("cancelled", 4900)
    (listed,) = (await gym.get(f"/memberships/{bought['id']}/price-changes"))["items"]
    assert listed["status"] == "lapsed"


async def test_a_foreign_price_change_is_not_there(town: Any) -> None:
    bought = await town.ours.active()
    change = await announced(town.ours, bought)
    path = f"/memberships/{bought['id']}/price-changes"
    await town.theirs.get(path, expect=404)
    await town.theirs.post(path, new(), expect=404)
    await town.theirs.delete(f"{path}/{change['id']}", expect=404)
    other = await town.ours.active()
    wrong = f"/memberships/{other['id']}/price-changes/{change['id']}"
    await town.ours.delete(wrong, expect=404)


async def test_a_plans_new_price_reaches_everybody_who_had_it_some_at_a_time(
    gym: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_prices_of_plan, "AT_ONCE", 2)
    plan = await gym.plan()

    async def buy() -> Any:
        member = await gym.member()
        bought = await gym.post(f"/members/{member['id']}/memberships", gym.order(plan))
        await gym.paid(bought["id"])
        return bought

    many = [await buy() for _ in range(4)]
    await announced(gym, many[0], amount=5100)
    run = await gym.post(f"/plans/{plan['id']}/price-changes", new(), expect=202)
    assert (run["status"], run["total"], run["done"]) == ("announcing", 4, 0)
    await gym.pass_time(timedelta(minutes=1))
    late = await buy()
    for _ in range(3):
        await gym.pass_time(timedelta(minutes=1))
    path = f"/price-change-runs/{run['id']}"
    now = await gym.get(path)
    assert (now["status"], now["done"], now["skipped"]) == ("announced", 4, 1)

    withdrawn = await gym.delete(path, expect=202)
    assert withdrawn["status"] == "withdrawing"
    for _ in range(3):
        await gym.pass_time(timedelta(minutes=1))
    assert (await gym.get(path))["status"] == "withdrawn"
    await gym.delete(path, expect=409)
    await gym.pass_time(60 * DAY)
    assert [await price(gym, each) for each in (*many, late)] == [5100, 4900, 4900, 4900, 4900]
