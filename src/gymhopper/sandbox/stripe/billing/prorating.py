"""Prorations: what is given back for unused time, and charged for time that remains.

Flexible billing (Stripe's page "Billing mode"): a credit is a part of what the item was really
charged, a debit a part of its price after discounts. Parts are exact fractions of seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gymhopper.sandbox.stripe.billing import redeeming
from gymhopper.sandbox.stripe.billing.discounting import net
from gymhopper.sandbox.stripe.billing.drafting import product_name
from gymhopper.sandbox.stripe.billing.shares import share
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.invoice_item import credited, invoice_item, of_subscription
from gymhopper.sandbox.stripe.objects.subscription import interval, period
from gymhopper.sandbox.stripe.periods import period_from
from gymhopper.sandbox.stripe.storage.store import Store


@dataclass(slots=True)
class Prorations:
    """The prorations of one change. `billed` is what each item was charged, and is kept up."""

    store: Store
    subscription: Object
    customer: Object
    billed: dict[str, Mapping[str, Any]]
    made: int = 0

    @classmethod
    async def of(cls, store: Store, subscription: Object) -> "Prorations":
        """Those of a subscription, made at the store's time."""
        customer = await store.get("customer", subscription["customer"], param="customer")
        hidden = await store.hidden(subscription["id"])
        return cls(store, subscription, customer, dict(hidden["billed"]))

    def until(self, at: int) -> int:
        """The end of what is charged of the present period."""
        ends: list[int] = [each["end"] for each in self.billed.values() if each["end"] > at]
        return min([*ends, period(self.subscription)[1]])

    async def give_back(self, item: Object, at: int, *, until: int | None = None) -> None:
        """Credit what the item was charged for the time from `at`; its charge ends there."""
        charged = self.billed.get(item["id"])
        if until is None:
            self.billed.pop(item["id"], None)
        if charged is None or charged["end"] <= at or await self._voided(charged):
            return
        start = charged["start"]
        unused = share(charged["amount"], charged["end"] - max(at, start), charged["end"] - start)
        if until is not None:
            left = {"amount": charged["amount"] - unused, "end": at}
            self.billed[item["id"]] = {**charged, **left}
        if unused:
            await self._add(item, -unused, (at, charged["end"]), "Unused time on", charged)

    async def _voided(self, charged: Mapping[str, Any]) -> bool:
        """Whether the charge was taken back as a whole, so that there is nothing to credit."""
        if charged.get("invoice") is None:
            return False
        billed = await self.store.get("invoice", charged["invoice"], param="invoice")
        return bool(billed["status"] == "void")

    async def charge(self, items: Sequence[Object], among: Sequence[Object], at: int) -> None:
        """Debit these items for the time from `at` to the end of what is charged; discounts are
        shared `among` all of the subscription's items."""
        until = self.until(at)
        costs = await self._net_prices(among)
        for item in items:
            await self._charge_one(item, costs[item["id"]], at, until)

    async def extend(self, until: int) -> None:
        """Debit every item for more of the period than it was charged for."""
        items = self.subscription["items"]["data"]
        costs = await self._net_prices(items)
        for item in items:
            charged = self.billed.get(item["id"])
            if charged is None or charged["end"] >= until:
                continue
            await self._charge_one(item, costs[item["id"]], charged["end"], until)
            more = self.billed[item["id"]]
            whole = {"amount": charged["amount"] + more["amount"], "start": charged["start"]}
            self.billed[item["id"]] = {**more, **whole}

    async def _charge_one(self, item: Object, cost: int, at: int, until: int) -> None:
        amount = share(cost, until - at, self._whole())
        where: dict[str, Any] = {"invoice": None, "line": None, "invoice_item": None}
        if amount:
            made = await self._add(item, amount, (at, until), "Remaining time on", {})
            where["invoice_item"] = made["id"]
        self.billed[item["id"]] = {"amount": amount, "start": at, "end": until, **where}

    def _whole(self) -> int:
        """The length of a whole period, of which the present one may be a stub."""
        anchor = self.subscription["billing_cycle_anchor"]
        return period_from(anchor, interval(self.subscription), period(self.subscription)[0])[1]

    async def _net_prices(self, items: Sequence[Object]) -> dict[str, int]:
        """What a whole period of each item costs after the discounts that go on."""
        amounts = [each["price"]["unit_amount"] * each["quantity"] for each in items]
        discounts = await redeeming.in_force(self.store, self.subscription["discounts"])
        products = [each["price"]["product"] for each in items]
        taken = net(amounts, products, [each for each in discounts if not each.once])
        return {
            item["id"]: amounts[index] - sum(part for _, part in taken[index])
            for index, item in enumerate(items)
        }

    async def _add(
        self,
        item: Object,
        amount: int,
        span: tuple[int, int],
        words: str,
        charged: Mapping[str, Any],
    ) -> Object:
        at = datetime.fromtimestamp(span[0], UTC)
        name = await product_name(self.store, item["price"])
        times = f"{item['quantity']} \N{MULTIPLICATION SIGN} " if item["quantity"] != 1 else ""
        made = invoice_item(
            date=self.store.now,
            customer=self.customer,
            amount=amount,
            currency=self.subscription["currency"],
            price=item["price"],
            quantity=item["quantity"],
            given={
                "description": f"{words} {times}{name} after {at.day} {at:%b %Y}",
                # It is net of discounts already.
                "discountable": False,
                "parent": of_subscription(self.subscription["id"], item["id"]),
                "period": {"start": span[0], "end": span[1]},
                "proration": True,
                "proration_details": {"credited_items": credited(charged), "discount_amounts": []},
            },
        )
        self.made += 1
        return await self.store.insert(made, "invoiceitem.created")

    async def keep(self) -> None:
        """Remember what the items are charged from now on."""
        await self.store.hide(self.subscription["id"], billed=self.billed)
