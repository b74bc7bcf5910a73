"""The bugs that users of such systems report, each by its name.

Where they are tested at length beside what they are about:

- *out of order*: `contexts/billing/test_order_of_events.py`, any order, repetition and delay
- *delivered twice*: the same, and `contexts/billing/test_webhook_route.py`
- *moved API fields*: `contexts/billing/test_stripe_gateway.py`, `test_webhook_route.py` (every
  public sample) and `test_gateway_requests.py` (our requests against Stripe's own description)
- *double subscription*: `contexts/billing/test_checkout.py`, a double submit, killed at any step
- *cumulative refunds*: `contexts/billing/test_refunds.py`
- *zero-decimal currency*: `contexts/billing/test_checkout.py`, in any currency

What a proration costs and how trials end is tested beside plan changes and trials.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contexts.billing.samples import MONTHLY
from gymhopper.contracts.billing.events import (
    DebtChanged,
    PaymentRefunded,
    PaymentSucceeded,
    SubscriptionChanged,
)
from gymhopper.kernel.calendar import local_date
from gymhopper.sandbox.stripe.webhooks.delivery import Unruliness, WebhookDelivery
from payments.studio import Studio
from payments.ways import Card, Desk, Way, to_the_next_period

BOTH = pytest.mark.parametrize("way", [Card(), Desk()], ids=["card", "desk"])


async def joined(studio: Studio, way: Way) -> str:
    of = await studio.bought(await studio.plan())
    await way.join(studio, of)
    return of


async def at_stripe(studio: Studio, of: str) -> str:
    (row,) = await studio.rows(
        "SELECT s.provider_id FROM billing.subscription AS s"
        " JOIN billing.dues AS d ON s.dues_id = d.id WHERE d.membership_id = :id",
        id=UUID(of),
    )
    return str(row["provider_id"])


@pytest.mark.parametrize(
    "bad",
    [Unruliness(shuffle=True, drop_first_try=0.3), Unruliness(duplicate=1)],
    ids=["out_of_order", "delivered_twice"],
)
async def test_news_out_of_order_or_twice_come_to_the_same(studio: Studio, bad: Unruliness) -> None:
    unruly = WebhookDelivery(studio.runtime, bad, seed=7)
    studio.delivery, quiet = unruly, studio.delivery
    of = await joined(studio, Card())
    await to_the_next_period(studio, Card(), of)
    await studio.advance(hours=1)
    assert [each["status"] for each in await studio.claims(of)] == ["paid", "paid"]
    assert len(await studio.events(PaymentSucceeded)) == 2
    assert await studio.door(of) is None
    await unruly.close()
    studio.delivery = quiet


@BOTH
async def test_a_grace_is_neither_lost_nor_endless(studio: Studio, way: Way) -> None:
    of = await joined(studio, way)
    await to_the_next_period(studio, way, of, pays=False)
    since = (await studio.events(DebtChanged))[-1].overdue_since
    # Not lost: whoever is charged in the night is let in on the day.
    await studio.advance(hours=24)
    assert await studio.door(of) is None
    # Not endless: no further try, and no further claim, starts it anew.
    await studio.advance(days=6)
    assert {each.overdue_since for each in await studio.events(DebtChanged)} == {since}
    assert await studio.door(of) == "PAYMENT_PAST_DUE"


async def test_a_paused_membership_is_not_shown_active(studio: Studio) -> None:
    of = await joined(studio, Card())
    body = {"until": str(studio.clock.now().date() + timedelta(days=20))}
    await studio.call("POST", f"/memberships/{of}/freezes", body, expect=201)
    await studio.settle()
    found = await studio.stripe.v1.subscriptions.retrieve_async(await at_stripe(studio, of))
    assert (found.status, found.pause_collection is not None) == ("active", True)
    assert (await studio.membership(of))["label"] == "frozen"
    assert (await studio.money(of))["subscription"]["collection_paused"]
    assert await studio.door(of) == "MEMBERSHIP_FROZEN"


@pytest.mark.parametrize("portal", ["cancel_at", "cancel_at_period_end"])
async def test_an_end_from_the_portal_ends_the_contract_however_it_is_written(
    studio: Studio, portal: str
) -> None:
    of = await joined(studio, Card())
    (claim,) = await studio.claims(of)
    end = datetime.fromisoformat(claim["until"])
    at = int(end.timestamp())
    await studio.stripe.v1.subscriptions.update_async(
        await at_stripe(studio, of),
        {"cancel_at": at} if portal == "cancel_at" else {"cancel_at_period_end": True},
    )
    await studio.settle()
    seen = await studio.membership(of)
    assert (seen["contract"], datetime.fromisoformat(seen["end"])) == ("under_notice", end)
    assert await studio.door(of) is None
    await studio.reach(end)
    assert await studio.door(of) == "MEMBERSHIP_CANCELLED"
    assert len(await studio.claims(of)) == 1
    assert (await studio.events(SubscriptionChanged))[-1].ended


@BOTH
async def test_the_day_of_the_month_does_not_drift_over_february(studio: Studio, way: Way) -> None:
    studio.clock.advance(datetime(2027, 1, 31, 9, tzinfo=UTC) - studio.clock.now())
    of = await joined(studio, way)
    for _ in range(3):
        await to_the_next_period(studio, way, of)
    paid = await studio.events(PaymentSucceeded)
    days = [local_date(each.start, MONTHLY.zone) for each in paid]
    assert [(day.month, day.day) for day in days] == [(1, 31), (2, 28), (3, 31), (4, 30)]


@BOTH
async def test_a_double_click_makes_one_subscription(studio: Studio, way: Way) -> None:
    of = await studio.bought(await studio.plan())
    if isinstance(way, Desk):
        await asyncio.gather(*(way.begin(studio, of) for _ in range(3)))
        await way.pay(studio, of)
    else:
        body = {"membership_id": of, "price": (await studio.membership(of))["price"]}
        pages = await asyncio.gather(
            *(studio.call("POST", "/payments/checkouts", body, expect=201) for _ in range(3))
        )
        (url,) = {each["url"] for each in pages}
        await asyncio.gather(
            *(studio.client.post(url, data={"card": "4242424242424242"}) for _ in range(3))
        )
        await studio.settle()
    assert len(await studio.rows("SELECT 1 FROM billing.subscription")) == 1
    assert (await studio.balances())[way.till] == 2990


@BOTH
async def test_refunds_that_the_provider_adds_up_are_counted_once_each(
    studio: Studio, way: Way
) -> None:
    of = await joined(studio, way)
    (claim,) = await studio.claims(of)
    for amount in (500, 700, 900):
        path = f"/payments/claims/{claim['claim_id']}/refunds"
        await studio.call("POST", path, {"amount": amount}, expect=201)
        await studio.settle()
    back = await studio.events(PaymentRefunded)
    assert [each.amount.amount for each in back] == [500, 700, 900]
    assert (await studio.claims(of))[0]["refunded"]["amount"] == 2100
    assert (await studio.balances())[way.till] == 890
