"""Credit lies where it is used: with a provider that collects, else here."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

from contexts.billing.disturbed import Disturbed
from contexts.billing.samples import MONTHLY, seller, taxed_at
from contexts.billing.test_credit import account, at_stripe, grant, left, moved
from contexts.billing.test_desk import joined
from contexts.billing.test_once import PACK
from contexts.billing.till import Till
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.domain.errors import ProviderRefused
from gymhopper.contexts.billing.usecases.place_credit import place_credit
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

OTHER_SELLER = UUID(int=77)


async def granted(till: Till, purchase: Purchase) -> UUID:
    """The id of the payer's credit, of which 1000 more wait to be placed."""
    path = f"/billing-accounts/{await account(till, purchase)}/credit"
    body = {"amount": {"amount": 1000, "currency": "EUR"}, "reason": "Closed"}
    assert (await till.post(path, body)).status_code == 201
    (credit,) = await till.rows("SELECT id FROM billing.credit")
    return UUID(str(credit["id"]))


async def refuse(_: str) -> None:
    raise ProviderRefused("No such customer.")


async def test_what_the_provider_does_not_take_stays_here_and_is_offered_again(till: Till) -> None:
    purchase = await till.subscribe()
    credit_id = await granted(till, purchase)
    provider: Any = Disturbed(till.provider, before=refuse)
    await place_credit(till.runtime, provider, credit_id)
    assert await left(till, purchase) == (1000, 0)
    states = await till.rows("SELECT state FROM billing.credit_placement")
    assert states == [{"state": "refused"}]
    await till.settle()
    assert await left(till, purchase) == (1000, 1000)
    assert await at_stripe(till, purchase) == 1000


async def test_what_two_hear_refused_at_once_is_set_free_once(till: Till) -> None:
    purchase = await till.subscribe()
    await grant(till, purchase, 500)
    credit_id = await granted(till, purchase)
    both = asyncio.Barrier(2)

    async def refuse_both(method: str) -> None:
        await both.wait()
        await refuse(method)

    provider: Any = Disturbed(till.provider, before=refuse_both)
    await asyncio.gather(*(place_credit(till.runtime, provider, credit_id) for _ in range(2)))
    assert await left(till, purchase) == (1500, 500)


async def test_where_a_page_was_paid_once_nothing_is_placed(till: Till) -> None:
    purchase = await till.subscribe(**PACK)
    await grant(till, purchase)
    assert await left(till, purchase) == (1000, 0)


async def test_what_is_collected_in_another_currency_uses_none_of_it(till: Till) -> None:
    person = new_id()
    await till.subscribe(person_id=person, price=Money(2990, "USD"))
    at_the_desk = await joined(till, person_id=person)
    await grant(till, at_the_desk)
    assert await left(till, at_the_desk) == (1000, 0)


async def balances(till: Till, purchase: Purchase) -> dict[UUID, tuple[int, int]]:
    """What the payer has with each seller, and how much of it lies with the provider."""
    found = await till.get(f"/billing-accounts/{await account(till, purchase)}/credit")
    return {
        UUID(each["legal_entity_id"]): (each["balance"]["amount"], each["placed"]["amount"])
        for each in found.json()["credits"]
    }


async def open_other(till: Till) -> UUID:
    """Another seller of the same organisation."""
    async with till.runtime.begin(SERVICE) as uow:
        uow.add(replace(seller(till.organisation), id=OTHER_SELLER))
        uow.add(replace(taxed_at(till.organisation, "20"), legal_entity_id=OTHER_SELLER))
    return OTHER_SELLER


async def outage(till: Till, purchase: Purchase) -> None:
    """The provider does not move what it holds for the customer for a good while."""
    found = await till.stripe.v1.subscriptions.retrieve_async(await till.subscription_id(purchase))
    path = f"/v1/customers/{found.customer}/balance_transactions"
    planned = await till.client.post(
        "/sandbox/stripe/faults",
        data={"kind": "error", "path": path, "times": "90"},
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
    assert planned.status_code == 200


async def test_what_is_used_of_one_balance_for_another_seller_is_that_sellers_cost(
    till: Till,
) -> None:
    other = await open_other(till)
    person = new_id()
    purchase = await till.subscribe(person_id=person)
    await grant(till, purchase)
    await outage(till, purchase)
    weekly = {"price": Money(600, "EUR"), "interval": "week", "legal_entity_id": other}
    await till.subscribe(person_id=person, **weekly)
    one = MONTHLY.legal_entity_id
    # It is to come back, as two collect from it now, but has not yet.
    assert await balances(till, purchase) == {one: (1000, 1000)}
    await till.advance(days=7, hours=2)
    assert await balances(till, purchase) == {one: (400, 400), other: (0, 0)}
    assert await moved(till, purchase) == [
        ("granted", 1000),
        ("withdrawn", -600),
        ("granted", 600),
        ("used", -600),
    ]
    assert (await till.balances())["goodwill"] == 1000
    assert await till.broken() == []
