"""Coupons and promotion codes become discounts, which end or are used up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gymhopper.kernel.calendar import add_months
from gymhopper.sandbox.stripe.billing.discounting import Applied
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.coupon import discount
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """One entry of a `discounts` parameter; exactly one of the three is given."""

    coupon: str | None = None
    promotion_code: str | None = None
    discount: str | None = None


async def redeem(
    store: Store,
    wanted: Sequence[Wanted],
    customer: Object,
    *,
    currency: str,
    subscription: str | None,
    total: int,
    kept: Sequence[str] = (),
) -> list[str]:
    """The ids of the discounts that the entries stand for; new ones count as redemptions.

    InvalidRequest when a code does not apply to this customer or total, or not any more.
    """
    return [
        await _redeem_one(
            store,
            each,
            customer,
            currency=currency,
            subscription=subscription,
            total=total,
            kept=kept,
        )
        for each in wanted
    ]


async def _redeem_one(
    store: Store,
    wanted: Wanted,
    customer: Object,
    *,
    currency: str,
    subscription: str | None,
    total: int,
    kept: Sequence[str],
) -> str:
    if wanted.discount is not None:
        if wanted.discount not in kept:
            raise _missing("discount", wanted.discount)
        return wanted.discount
    code: Object | None = None
    coupon_id = wanted.coupon or ""
    if wanted.promotion_code is not None:
        code = await store.find("promotion_code", wanted.promotion_code)
        if code is None:
            raise _missing("promotion code", wanted.promotion_code)
        await _check_code(store, code, customer, currency=currency, total=total)
        coupon_id = code["promotion"]["coupon"]
    coupon = await store.find("coupon", coupon_id)
    if coupon is None:
        raise _missing("coupon", coupon_id)
    _check_coupon(store, coupon, currency)
    coupon = await _count(store, coupon, "valid")
    if code is not None:
        await _count(store, code, "active")
    made = discount(
        start=store.now,
        end=_end(coupon, store.now),
        coupon_id=coupon["id"],
        customer=customer["id"],
        subscription=subscription,
        promotion_code_id=code["id"] if code is not None else None,
    )
    # The coupon may be deleted later; the discount goes on.
    products = (await store.hidden(coupon["id"])).get("products")
    await store.insert(
        made, "customer.discount.created", hidden={"coupon": coupon, "products": products}
    )
    return str(made["id"])


def _missing(kind: str, key: str) -> InvalidRequest:
    return InvalidRequest(f"No such {kind}: '{key}'", code="resource_missing", param="discounts")


def _check_coupon(store: Store, coupon: Object, currency: str) -> None:
    late = coupon["redeem_by"] is not None and coupon["redeem_by"] <= store.now
    if late or not coupon["valid"]:
        raise InvalidRequest(
            f"Coupon {coupon['id']} is expired or has been used up.",
            code="coupon_expired",
            param="discounts",
        )
    if coupon["currency"] not in {None, currency}:
        raise InvalidRequest(
            f"The coupon {coupon['id']} is in {coupon['currency']}, not in {currency}.",
            param="discounts",
        )


async def _check_code(
    store: Store, code: Object, customer: Object, *, currency: str, total: int
) -> None:
    late = code["expires_at"] is not None and code["expires_at"] <= store.now
    if late or not code["active"]:
        raise InvalidRequest("This promotion code has expired.", param="discounts")
    if code["customer"] not in {None, customer["id"]}:
        raise InvalidRequest("This promotion code is for another customer.", param="discounts")
    restrictions = code["restrictions"]
    if restrictions["first_time_transaction"] and await _has_paid(store, customer):
        raise InvalidRequest(
            "This promotion code cannot be redeemed because the associated customer has prior "
            "transactions.",
            param="discounts",
        )
    minimum = restrictions["minimum_amount"]
    if minimum is not None and (
        restrictions["minimum_amount_currency"] != currency or total < minimum
    ):
        raise InvalidRequest(
            "The minimum amount of this promotion code is not reached.", param="discounts"
        )


async def _has_paid(store: Store, customer: Object) -> bool:
    filters = {"customer": customer["id"], "status": "succeeded"}
    return bool((await store.page("charge", filters, limit=1)).data)


async def _count(store: Store, redeemed: Object, usable: str) -> Object:
    times = redeemed["times_redeemed"] + 1
    left = redeemed["max_redemptions"] is None or times < redeemed["max_redemptions"]
    return await store.update(
        redeemed,
        {"times_redeemed": times, usable: redeemed[usable] and left},
        f"{redeemed['object']}.updated",
    )


def _end(coupon: Object, start: int) -> int | None:
    if coupon["duration"] != "repeating":
        return None
    begin = datetime.fromtimestamp(start, UTC)
    day = add_months(begin.date(), coupon["duration_in_months"])
    return int(datetime.combine(day, begin.timetz()).timestamp())


async def in_force(store: Store, discounts: Sequence[str]) -> list[Applied]:
    """Those of the discounts that have not ended."""
    found = []
    for key in discounts:
        each = await store.get("discount", key, param="discounts")
        if each["end"] is None or each["end"] > store.now:
            hidden = await store.hidden(key)
            products = hidden.get("products")
            only = None if products is None else frozenset(products)
            found.append(Applied(each, hidden["coupon"], only))
    return found


async def still_to_use(store: Store, discounts: Sequence[str], billed: Object) -> list[str]:
    """The discounts that go on after this invoice: no longer those that ended or were for once."""
    used = {each["discount"] for each in billed["total_discount_amounts"] if each["amount"]}
    going_on = [
        each.discount["id"]
        for each in await in_force(store, discounts)
        if not (each.once and each.discount["id"] in used)
    ]
    for key in discounts:
        if key not in going_on:
            ended = await store.get("discount", key, param="discounts")
            ended = await store.update(ended, {"end": ended["end"] or store.now})
            await store.emit("customer.discount.deleted", ended)
    return going_on


async def end_coupon(store: Store, coupon: Object) -> Object:
    """The last moment to redeem a coupon has passed."""
    return await store.update(coupon, {"valid": False}, "coupon.updated")


async def end_code(store: Store, code: Object) -> Object:
    """The last moment to redeem a promotion code has passed."""
    return await store.update(code, {"active": False}, "promotion_code.updated")
