"""Whatever happens to a subscription, its money and its story add up."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from gymhopper.sandbox.stripe.objects.event import previous_attributes
from gymhopper.sandbox.stripe.objects.identity import Object
from sandbox.stripe.harness import MONTHLY, Sandbox

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(1, 45)),
        st.tuples(
            st.sampled_from(
                ["bad card", "good card", "pause", "resume", "end", "go on", "pay", "refund"]
            ),
            st.just(0),
        ),
        st.tuples(st.just("cancel"), st.just(0)),
    ),
    max_size=12,
)


async def _take(sandbox: Sandbox, subscription: stripe.Subscription, step: str, days: int) -> None:
    v1, key = sandbox.client.v1, subscription.id
    match step:
        case "advance":
            sandbox.clock.advance(timedelta(days=days))
            await sandbox.bill()
        case "bad card":
            await sandbox.use_card(subscription, "pm_card_chargeCustomerFail")
        case "good card":
            await sandbox.use_card(subscription, "pm_card_visa")
        case "pause":
            await v1.subscriptions.update_async(key, {"pause_collection": {"behavior": "void"}})
        case "resume":
            await v1.subscriptions.update_async(key, {"pause_collection": ""})
        case "end":
            await v1.subscriptions.update_async(key, {"cancel_at_period_end": True})
        case "go on":
            await v1.subscriptions.update_async(key, {"cancel_at_period_end": False})
        case "cancel":
            await v1.subscriptions.cancel_async(key)
        case "pay":
            owed = await v1.invoices.list_async({"subscription": key, "status": "open"})
            for invoice in owed.data:
                await v1.invoices.pay_async(str(invoice.id))
        case "refund":
            charges = await v1.charges.list_async({"customer": str(subscription.customer)})
            await v1.refunds.create_async({"charge": charges.data[0].id, "amount": 700})


async def _objects(sandbox: Sandbox, customer: str) -> dict[str, list[Object]]:
    """Everything of a customer by kind, oldest first."""
    found: dict[str, list[Object]] = {}
    statement = text(
        "SELECT body FROM sandbox_stripe.object WHERE body->>'customer' = :customer"
        " OR body#>>'{data,object,customer}' = :customer ORDER BY seq"
    )
    async with sandbox.runtime.database.transaction(SERVICE, read_only=True) as connection:
        for body in (await connection.execute(statement, {"customer": customer})).scalars():
            found.setdefault(body["object"], []).append(body)
    return found


def _lives(count: int) -> settings:
    """So many lives, all in the same sandbox; each is a customer of its own."""
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))


@_lives(6)
@given(STEPS)
async def test_a_life_adds_up(sandbox: Sandbox, steps: list[tuple[str, int]]) -> None:
    await _live(sandbox, steps)


@pytest.mark.prove
@pytest.mark.timeout(900)
@_lives(60)
@given(STEPS)
async def test_many_lives_add_up(sandbox: Sandbox, steps: list[tuple[str, int]]) -> None:
    await _live(sandbox, steps)


async def _live(sandbox: Sandbox, steps: list[tuple[str, int]]) -> None:
    customer = await sandbox.client.v1.customers.create_async({})
    subscription = await sandbox.subscribe(
        customer=customer.id, line_items=[{"price_data": MONTHLY}]
    )
    for step, days in steps:
        # Refused because it has ended, is already refunded, or by the issuer: no harm done.
        with suppress(stripe.InvalidRequestError, stripe.CardError):
            await _take(sandbox, subscription, step, days)
    found = await _objects(sandbox, customer.id)
    _money_adds_up(found)
    _periods_follow_one_another(found)
    _events_tell_the_truth(found)


def _money_adds_up(found: dict[str, list[Object]]) -> None:
    charges = found["charge"]
    collected = sum(each["amount"] for each in charges if each["paid"])
    assert collected == sum(each["amount_paid"] for each in found["invoice"])
    assert collected == 2990 * sum(each["status"] == "paid" for each in found["invoice"])
    for charge in charges:
        assert 0 <= charge["amount_refunded"] <= charge["amount_captured"]
    paid_intents = [each["payment_intent"] for each in charges if each["paid"]]
    assert len(paid_intents) == len(set(paid_intents))


def _periods_follow_one_another(found: dict[str, list[Object]]) -> None:
    (subscription,) = found["subscription"]
    periods = [each["lines"]["data"][0]["period"] for each in found["invoice"]]
    for before, after in pairwise(periods):
        assert before["end"] == after["start"]
    item = subscription["items"]["data"][0]
    assert periods[-1] == {
        "start": item["current_period_start"],
        "end": item["current_period_end"],
    }
    if subscription["status"] == "canceled":
        assert all(each["created"] <= subscription["ended_at"] for each in found["invoice"])
        assert not any(each["auto_advance"] for each in found["invoice"] if _open(each))


def _open(billed: Object) -> bool:
    return billed["status"] in {"draft", "open"}


def _events_tell_the_truth(found: dict[str, list[Object]]) -> None:
    """The last event about an object shows it as it is, and each says what it was before."""
    for kind in ("subscription", "invoice", "charge", "payment_intent"):
        for now in found[kind]:
            story = [e["data"] for e in found["event"] if e["data"]["object"]["id"] == now["id"]]
            assert story[-1]["object"] == now
            for before, after in pairwise(story):
                if kind == "subscription" and "previous_attributes" in after:
                    expected = previous_attributes(before["object"], after["object"])
                    assert after["previous_attributes"] == expected


# No attribute of Stripe's objects comes or goes; inside metadata keys do, with texts.
METADATA = st.dictionaries(st.sampled_from("xyz"), st.text(max_size=2))
OBJECTS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["active", "canceled"]),
        "ended_at": st.none() | st.integers(),
        "items": st.fixed_dictionaries({"data": st.lists(st.integers(), max_size=2)}),
        "metadata": METADATA,
    }
)


@given(OBJECTS, OBJECTS)
def test_previous_attributes_lead_back_to_what_was(before: Object, after: Object) -> None:
    previous = previous_attributes(before, after)
    assert (not previous) == (before == after)
    assert {name for name in before if before[name] != after[name]} == set(previous)
    metadata = {**after["metadata"], **previous.get("metadata", {})}
    restored = {
        **after,
        **previous,
        "metadata": {name: value for name, value in metadata.items() if value is not None},
    }
    assert restored == before
