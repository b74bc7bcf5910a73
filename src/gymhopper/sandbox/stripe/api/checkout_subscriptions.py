"""What a checkout session in subscription mode says of its subscription, and what it costs now."""

from typing import Annotated, Literal

from pydantic import Field

from gymhopper.sandbox.stripe.api.subscription_parameters import TrialSettings
from gymhopper.sandbox.stripe.billing import checkout, previewing
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.customer import customer
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store, Undone
from gymhopper.sandbox.stripe.wire.parameters import Metadata, Nested, Text, Timestamp

_DAY = 86_400
# Stripe takes no trial on this page that ends sooner.
_SHORTEST_TRIAL = 2 * _DAY


class SubscriptionData(Nested):
    billing_cycle_anchor: Timestamp | None = None
    description: Annotated[Text, Field(max_length=500)] | None = None
    metadata: Metadata | None = None
    proration_behavior: Literal["create_prorations", "none"] | None = None
    trial_end: Timestamp | None = None
    trial_period_days: Annotated[int, Field(ge=1, le=730)] | None = None
    trial_settings: TrialSettings | None = None


class DiscountChoice(Nested):
    coupon: Text | None = None
    promotion_code: Text | None = None


def check_data(store: Store, data: SubscriptionData | None) -> None:
    """InvalidRequest when the trial or the anchor cannot be."""
    if data is None:
        return
    within = "subscription_data"
    if data.trial_end is not None and data.trial_period_days is not None:
        raise InvalidRequest(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
            param=f"{within}[trial_end]",
        )
    if data.trial_end is not None and data.trial_end < store.now + _SHORTEST_TRIAL:
        raise InvalidRequest(
            "The `trial_end` date has to be at least 2 days in the future.",
            param=f"{within}[trial_end]",
        )
    if data.billing_cycle_anchor is not None and data.billing_cycle_anchor <= store.now:
        raise InvalidRequest(
            "billing_cycle_anchor must be in the future.",
            param=f"{within}[billing_cycle_anchor]",
        )


async def first_invoice(store: Store, customer_id: str | None, hidden: Object) -> Object:
    """What the first invoice will be; a customer who is not there yet is only thought of."""
    shown: Object = {}
    async with store.tentatively():
        if customer_id is not None:
            payer = await store.get("customer", customer_id, param="customer")
        else:
            payer = await store.insert(customer(created=store.now, given={}))
        there = await living(store, payer)
        new = checkout.beginning(there, hidden, None)
        shown = await previewing.of_beginning(there, payer, new)
        raise Undone
    return shown
