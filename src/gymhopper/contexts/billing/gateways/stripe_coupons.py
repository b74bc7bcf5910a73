"""What a promo code takes off, as coupons of Stripe's.

Stripe counts months, we count periods. Where one is the other's multiple the coupon ends by itself;
any other lasts until we take it off the subscription, which is done as soon as the last period that
it holds for has begun (docs.stripe.com/billing/subscriptions/coupons).
"""

from typing import TYPE_CHECKING

import stripe

from gymhopper.contexts.billing.domain.errors import ProviderRefused
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contexts.billing.gateways.stripe_errors import translated
from gymhopper.contexts.billing.gateways.stripe_objects import to_stripe
from gymhopper.contracts.membership.discount import Discount

if TYPE_CHECKING:
    from stripe.params import CouponCreateParams

_MONTHS = {"month": 1, "year": 12}

_SHORTEST_MONTH = 28
"""A trial of so many days may be longer than the first month that a coupon holds for."""

_MOST_MONTHS = 120

_LONGEST_NAME = 40


def coupon(terms: Terms, sold: Discount, *, lasting: bool = False) -> "CouponCreateParams":
    """The coupon for the plan's price; a `lasting` one does not end by itself.

    It has an id of our own, by all that makes it another one, so that it is made once. The joining
    fee is sold for what is left of it already.
    """
    amount = None if sold.amount is None else to_stripe(sold.amount)
    months = None if lasting else _months(terms, sold)
    once = not lasting and sold.periods == 1 and not terms.trial_days
    duration = "once" if once else "forever" if months is None else f"{months}m"
    much = f"p{sold.basis_points}" if amount is None else f"a{amount}"
    params: CouponCreateParams = {
        "id": f"gymhopper-{sold.promo_code_id}-{terms.plan_id}-{much}-{duration}",
        "name": sold.code[:_LONGEST_NAME],
        "applies_to": {"products": [terms.product("plan")]},
    }
    if amount is None:
        params["percent_off"] = (sold.basis_points or 0) / 100
    else:
        params["amount_off"] = amount
        params["currency"] = terms.price.currency.lower()
    if once:
        params["duration"] = "once"
    elif months is not None:
        params["duration"] = "repeating"
        params["duration_in_months"] = months
    else:
        params["duration"] = "forever"
    return params


async def have(v1: "stripe.V1Services", wanted: "CouponCreateParams") -> None:
    """POST /v1/coupons; one that exists already will do."""
    try:
        with translated():
            await v1.coupons.create_async(wanted)
    except ProviderRefused as error:
        if not isinstance(error.__cause__, stripe.InvalidRequestError) or (
            error.__cause__.code != "resource_already_exists"
        ):
            raise


def _months(terms: Terms, sold: Discount) -> int | None:
    """For how many months from the sale on; None where months do not tell."""
    each = _MONTHS.get(terms.interval)
    if each is None or sold.periods is None or terms.trial_days >= _SHORTEST_MONTH:
        return None
    months = each * terms.count * sold.periods
    return months if months <= _MOST_MONTHS else None
