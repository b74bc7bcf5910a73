"""What can be sold: a price that exists, or one that is made for this sale alone."""

from typing import Annotated

from pydantic import Field

from gymhopper.sandbox.stripe.api.catalogue import Recurring, TaxBehavior, existing, terms
from gymhopper.sandbox.stripe.billing.redeeming import Wanted
from gymhopper.sandbox.stripe.billing.starting import Sold
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.catalogue import price
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.parameters import Amount, Currency, Nested, Text

Quantity = Annotated[int, Field(ge=1, le=999_999)]


class OneTimePriceData(Nested):
    currency: Currency
    product: Text
    tax_behavior: TaxBehavior = "unspecified"
    unit_amount: Amount


class RecurringPriceData(OneTimePriceData):
    recurring: Recurring


class Extra(Nested):
    """What is paid once, with an invoice of a subscription."""

    price: Text | None = None
    price_data: OneTimePriceData | None = None
    quantity: Quantity = 1


class DiscountEntry(Nested):
    coupon: Text | None = None
    discount: Text | None = None
    promotion_code: Text | None = None


async def sold_price(
    store: Store, key: str | None, data: OneTimePriceData | None, *, recurring: bool, within: str
) -> Object:
    """The price by its id, or a new one of an existing product; exactly one must be given."""
    if (key is None) == (data is None):
        raise InvalidRequest(
            "You must specify either `price` or `price_data`.",
            code="parameter_missing",
            param=f"{within}[price]",
        )
    if data is None:
        found = await existing(store, "price", key or "", within=within)
        if (found["recurring"] is not None) != recurring:
            wanted = "recurring" if recurring else "one_time"
            raise InvalidRequest(
                f"The price specified is set to `type={found['type']}` but this field only accepts "
                f"prices with `type={wanted}`.",
                param=f"{within}[price]",
            )
        return found
    product = await existing(store, "product", data.product, within=f"{within}[price_data]")
    made = price(
        created=store.now,
        product_id=product["id"],
        currency=data.currency,
        unit_amount=data.unit_amount,
        recurring=terms(data.recurring) if isinstance(data, RecurringPriceData) else None,
        # A price made for one sale cannot be used for another.
        given={"active": False, "tax_behavior": data.tax_behavior},
    )
    return await store.insert(made, "price.created")


async def extras(store: Store, given: list[Extra]) -> list[Sold]:
    """What `add_invoice_items` sells."""
    return [
        Sold(
            await sold_price(
                store,
                each.price,
                each.price_data,
                recurring=False,
                within=f"add_invoice_items[{index}]",
            ),
            each.quantity,
        )
        for index, each in enumerate(given)
    ]


def wanted_discounts(given: list[DiscountEntry]) -> list[Wanted]:
    """What `discounts` asks for; InvalidRequest unless each entry names exactly one thing."""
    for index, each in enumerate(given):
        named = [each.coupon, each.discount, each.promotion_code]
        if sum(key is not None for key in named) != 1:
            raise InvalidRequest(
                "You must specify exactly one of `coupon`, `promotion_code` and `discount`.",
                param=f"discounts[{index}]",
            )
    return [Wanted(each.coupon, each.promotion_code, each.discount) for each in given]


def one_interval(prices: list[Object]) -> None:
    """InvalidRequest unless these prices fit into one subscription."""
    if len({each["currency"] for each in prices}) > 1:
        raise InvalidRequest("All items must have the same currency.", param="items")
    intervals = {
        (each["recurring"]["interval"], each["recurring"]["interval_count"]) for each in prices
    }
    if len(intervals) > 1:
        raise InvalidRequest(
            "Currently, all prices of a subscription must have the same billing interval here.",
            param="items",
        )
    if len({each["id"] for each in prices}) < len(prices):
        raise InvalidRequest("A price can be in a subscription only once.", param="items")
