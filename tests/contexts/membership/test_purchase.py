"""From a stranger to a running membership."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.storage import tables
from gymhopper.contracts.billing.events import DebtChanged, PaymentSucceeded
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.membership.events import MembershipPurchased
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


async def test_a_first_payment_makes_a_purchase_run(gym: Any) -> None:
    bought = await gym.pending()
    assert (bought["contract"], bought["label"], bought["start"]) == ("pending", "pending", None)
    assert bought["links"]["checkout"] == "/api/v1/payments/checkouts"

    await gym.paid(bought["id"])

    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["contract"], now["label"]) == ("active", "active")
    assert (now["start"], now["paid_until"]) == ("2026-03-02T09:00:00Z", "2026-04-02T09:00:00Z")
    assert "checkout" not in now["links"]
    assert await gym.told_types(bought["id"]) == ["purchased", "activated"]


async def test_events_of_one_delivery_see_each_others_effects(gym: Any) -> None:
    bought = await gym.pending()
    since, owed = gym.clock.now(), Money(4900, "EUR")
    mine = UUID(bought["id"])

    def payment(start: Any, claim_id: UUID) -> PaymentSucceeded:
        until = start + timedelta(days=28)
        return PaymentSucceeded(
            membership_id=mine,
            claim_id=claim_id,
            amount=owed,
            start=start,
            until=until,
            paid_at=since,
        )

    await gym.deliver(
        payment(since, new_id()),
        payment(since + timedelta(days=28), new_id()),
        DebtChanged(membership_id=mine, owed=owed, overdue_since=since),
    )

    now = await gym.get(f"/memberships/{bought['id']}")
    assert now["contract"] == "active"
    assert now["paid_until"] == "2026-04-27T09:00:00Z"
    assert now["overdue_since"] == "2026-03-02T09:00:00Z"
    told = await gym.told(bought["id"])
    assert [each.aggregate_version for each in told] == [1, 2, 3, 4]


async def test_a_membership_starts_on_its_day_in_the_zone_of_its_seller(gym: Any) -> None:
    member, plan = await gym.member(), await gym.plan()
    bought = await gym.post(
        f"/members/{member['id']}/memberships", gym.order(plan, starts_on="2026-04-10")
    )
    await gym.paid(bought["id"])

    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["start"], now["zone"]) == ("2026-04-09T22:00:00Z", "Europe/Vienna")
    assert (now["contract"], now["label"]) == ("active", "pending")


@pytest.mark.parametrize(
    "shown",
    [{"amount": 4800, "currency": "EUR"}, {"amount": 4900, "currency": "USD"}],
    ids=["another amount", "another currency"],
)
async def test_a_price_other_than_the_plans_is_stale(gym: Any, shown: Any) -> None:
    member, plan = await gym.member(), await gym.plan()
    answer = await gym.post(
        f"/members/{member['id']}/memberships", gym.order(plan, price=shown), expect=409
    )
    assert (answer["code"], answer["field"]) == ("stale_price", "price")


@pytest.mark.parametrize(
    "offered",
    [
        {"valid_from": "2026-03-03"},
        {"valid_from": "2026-01-01", "valid_until": "2026-03-02"},
        {"channel": "desk"},
    ],
    ids=["from tomorrow", "until yesterday", "through another channel"],
)
async def test_a_price_that_is_not_on_offer_is_stale(gym: Any, offered: Any) -> None:
    price = {"price": {"amount": 4900, "currency": "EUR"}} | offered
    member, plan = await gym.member(), await gym.plan(prices=[price])
    answer = await gym.post(f"/members/{member['id']}/memberships", gym.order(plan), expect=409)
    assert answer["code"] == "stale_price"


async def test_a_price_that_was_added_later_leaves_the_one_that_was_sold(gym: Any) -> None:
    bought = await gym.active()
    added = await gym.post(
        f"/plans/{bought['plan_id']}/prices", {"price": {"amount": 5900, "currency": "EUR"}}
    )
    assert added["price"]["amount"] == 5900
    now = await gym.get(f"/memberships/{bought['id']}")
    assert now["price"] == {"amount": 4900, "currency": "EUR"}


async def test_what_was_agreed_is_kept_with_its_circumstances(gym: Any) -> None:
    bought = await gym.pending()
    async with gym.runtime.read(SERVICE) as connection:
        kept = (
            await connection.execute(
                select(tables.agreement).where(
                    tables.agreement.c.member_id == UUID(bought["member_id"])
                )
            )
        ).all()
    assert {each.membership_id for each in kept} == {None, UUID(bought["id"])}
    for each in kept:
        assert (each.terms, each.privacy) == ("terms-2026-01", "privacy-2026-01")
        assert (each.language, each.channel) == ("en", "online")
        assert each.marketing == {"email": True, "sms": False}
        assert each.agreed_at == gym.clock.now()
        assert each.agreed_by.startswith("staff:")


async def test_billing_can_ask_what_was_bought(gym: Any) -> None:
    bought = await gym.pending()
    api = gym.runtime.api(MembershipApi)
    found = await api.purchase(membership_id=UUID(bought["id"]))
    assert found is not None
    assert (found.price, found.interval, found.interval_count) == (Money(4900, "EUR"), "month", 1)
    assert (found.plan_name, found.contract) == ("Everywhere", "pending")
    assert found.legal_entity_id == gym.seller.legal_entity_id
    assert await api.purchase(membership_id=new_id()) is None

    member = await api.member(member_id=UUID(bought["member_id"]))
    assert member is not None
    assert (str(member.person_id), member.organisation_id) == (
        bought["person_id"],
        gym.organisation_id,
    )
    assert await api.member(member_id=new_id()) is None


async def test_the_first_event_holds_the_terms_as_sold(gym: Any) -> None:
    bought = await gym.pending(entry_grace_days=3)
    event = (await gym.told(bought["id"]))[0].data
    assert isinstance(event, MembershipPurchased)
    assert event.price == Money(4900, "EUR")
    assert event.membership.entry_grace_days == 3
    assert event.membership.coverage.quotas[0].visits == 1
