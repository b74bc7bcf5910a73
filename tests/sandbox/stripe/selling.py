"""Customers with cards, prices, and subscriptions made through the API."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import stripe
from sqlalchemy import text

from gymhopper.chassis.auth import SERVICE
from sandbox.stripe import openapi
from sandbox.stripe.harness import Sandbox

DAY = 86_400


def now(sandbox: Sandbox) -> int:
    return int(sandbox.clock.now().timestamp())


async def payer(
    sandbox: Sandbox, card: str | None = "pm_card_visa", **given: Any
) -> stripe.Customer:
    """A customer whose default means of payment is this card."""
    customers = sandbox.client.v1.customers
    made = await customers.create_async(given)  # type: ignore[arg-type] # tests vary the parameters freely
    if card is not None:
        method = await sandbox.client.v1.payment_methods.attach_async(card, {"customer": made.id})
        made = await customers.update_async(
            made.id, {"invoice_settings": {"default_payment_method": method.id}}
        )
    return made


async def sell(sandbox: Sandbox, amount: int, name: str = "Basic", **terms: Any) -> str:
    """The id of a price, by the month where nothing else is said; `interval=None` is paid once."""
    currency = terms.pop("currency", "eur")
    interval = terms.pop("interval", "month")
    recurring = {} if interval is None else {"recurring": {"interval": interval, **terms}}
    made = await sandbox.client.v1.prices.create_async(
        {
            "currency": currency,
            "unit_amount": amount,
            "product_data": {"name": name},
            **recurring,
        }  # type: ignore[typeddict-item] # tests vary the parameters freely
    )
    return made.id


async def begin(sandbox: Sandbox, customer: str, *prices: str, **given: Any) -> stripe.Subscription:
    """A subscription to these prices."""
    items = given.pop("items", [{"price": each} for each in prices])
    return await sandbox.client.v1.subscriptions.create_async(
        {"customer": customer, "items": items, **given}  # type: ignore[typeddict-item] # as above
    )


async def update(sandbox: Sandbox, key: str, **changes: Any) -> stripe.Subscription:
    return await sandbox.client.v1.subscriptions.update_async(key, changes)  # type: ignore[arg-type] # as above


async def preview(sandbox: Sandbox, **given: Any) -> stripe.Invoice:
    return await sandbox.client.v1.invoices.create_preview_async(given)  # type: ignore[arg-type] # as above


async def fresh(sandbox: Sandbox, key: str) -> stripe.Subscription:
    return await sandbox.client.v1.subscriptions.retrieve_async(key)


async def latest(sandbox: Sandbox, key: str) -> stripe.Invoice:
    """The subscription's latest invoice."""
    subscription = await fresh(sandbox, key)
    return await sandbox.client.v1.invoices.retrieve_async(
        str(subscription.latest_invoice), {"expand": ["payments"]}
    )


async def invoices(sandbox: Sandbox, key: str) -> list[stripe.Invoice]:
    """Oldest first."""
    page = await sandbox.client.v1.invoices.list_async({"subscription": key})
    return [each async for each in page.auto_paging_iter()][::-1]


async def pass_time(sandbox: Sandbox, **time: float) -> None:
    sandbox.clock.advance(timedelta(**time))
    await sandbox.bill()


def first_item(subscription: stripe.Subscription) -> Any:
    return subscription["items"].data[0]


def amounts(invoice: stripe.Invoice) -> list[int]:
    return [line.amount for line in invoice.lines.data]


async def fits(sandbox: Sandbox, *kinds: str) -> None:
    """Every object of the sandbox is as Stripe describes it, and these kinds are among them."""
    seen = set()
    async for each in everything(sandbox):
        seen.add(each["object"])
        assert not list(openapi.problems(each))
    assert seen >= set(kinds)


async def everything(sandbox: Sandbox) -> AsyncIterator[dict[str, Any]]:
    async with sandbox.runtime.database.transaction(SERVICE, read_only=True) as connection:
        rows = await connection.execute(text("SELECT body FROM sandbox_stripe.object"))
        for body in rows.scalars():
            yield body
            if body["object"] == "event":
                yield body["data"]["object"]
