"""Coupons and the promotion codes that give them."""

import secrets
import string
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from gymhopper.sandbox.stripe.api.catalogue import existing
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.coupon import coupon, promotion_code
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Amount,
    Clearable,
    Currency,
    Listed,
    ListParameters,
    Metadata,
    Nested,
    Nothing,
    Parameters,
    Text,
    Timestamp,
    merged_metadata,
)

endpoints = Endpoints()

_CODE_ALPHABET = string.ascii_uppercase + string.digits
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,200}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,500}$")]
Times = Annotated[int, Field(ge=1)]


class AppliesTo(Nested):
    products: Annotated[Listed[Text], Field(min_length=1)]


class CreateCoupon(Parameters):
    amount_off: Annotated[Amount, Field(ge=1)] | None = None
    applies_to: AppliesTo | None = None
    currency: Currency | None = None
    duration: Literal["forever", "once", "repeating"] = "once"
    duration_in_months: Annotated[int, Field(ge=1, le=1200)] | None = None
    id: Key | None = None
    max_redemptions: Times | None = None
    metadata: Metadata | None = None
    name: Annotated[Text, Field(max_length=40)] | None = None
    percent_off: Annotated[float, Field(gt=0, le=100)] | None = None
    redeem_by: Timestamp | None = None

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if (self.amount_off is None) == (self.percent_off is None):
            raise ValueError("Must provide percent_off or amount_off, and not both")
        if (self.amount_off is None) != (self.currency is None):
            raise ValueError("You must pass currency when passing amount_off, and only then")
        if (self.duration == "repeating") != (self.duration_in_months is not None):
            raise ValueError("duration_in_months goes with the duration `repeating`, and only so")
        return self


class UpdateCoupon(Parameters):
    metadata: Metadata | None = None
    name: Clearable[Annotated[Text, Field(max_length=40)]] = None


class Promotion(Nested):
    coupon: Text
    type: Literal["coupon"]


class Restrictions(Nested):
    first_time_transaction: bool = False
    minimum_amount: Annotated[Amount, Field(ge=1)] | None = None
    minimum_amount_currency: Currency | None = None

    @model_validator(mode="after")
    def _with_currency(self) -> Self:
        if (self.minimum_amount is None) != (self.minimum_amount_currency is None):
            raise ValueError("minimum_amount and minimum_amount_currency go together")
        return self


class UpdatePromotionCode(Parameters):
    active: bool | None = None
    metadata: Metadata | None = None


class CreatePromotionCode(UpdatePromotionCode):
    code: Code | None = None
    customer: Text | None = None
    expires_at: Timestamp | None = None
    max_redemptions: Times | None = None
    promotion: Promotion
    restrictions: Restrictions | None = None


class ListPromotionCodes(ListParameters):
    active: bool | None = None
    code: Text | None = None
    coupon: Text | None = None
    customer: Text | None = None


@endpoints.on("POST", "/v1/coupons", CreateCoupon)
async def create_coupon(call: Call, parameters: CreateCoupon) -> Object:
    store = call.store
    key = parameters.id or _random_code()
    if await store.find("coupon", key) is not None:
        raise InvalidRequest("Coupon already exists.", code="resource_already_exists", param="id")
    if parameters.redeem_by is not None and parameters.redeem_by <= store.now:
        raise InvalidRequest("redeem_by must be in the future.", param="redeem_by")
    given: dict[str, Any] = parameters.given(
        "amount_off",
        "currency",
        "duration_in_months",
        "max_redemptions",
        "metadata",
        "name",
        "percent_off",
        "redeem_by",
    )
    products = None if parameters.applies_to is None else parameters.applies_to.products
    for index, product in enumerate(products or ()):
        await existing(store, "product", product, within=f"applies_to[products][{index}]")
    made = coupon(key=key, created=store.now, duration=parameters.duration, given=given)
    if parameters.redeem_by is not None:
        await store.plan(key, key, "coupon_ends", parameters.redeem_by)
    # Stripe shows it only to those who ask for it by name.
    return await store.insert(made, "coupon.created", hidden={"products": products})


def _random_code() -> str:
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(8))


@endpoints.on("POST", "/v1/coupons/{key}", UpdateCoupon)
async def update_coupon(call: Call, parameters: UpdateCoupon, *, key: str) -> Object:
    before = await call.store.get("coupon", key, param="coupon")
    changes = parameters.given("name")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    return await call.store.update(before, changes, "coupon.updated")


@endpoints.on("DELETE", "/v1/coupons/{key}", Nothing)
async def delete_coupon(call: Call, parameters: Nothing, *, key: str) -> Object:
    """Discounts that were made from it go on; its codes do not."""
    del parameters
    store = call.store
    before = await store.get("coupon", key, param="coupon")
    await store.unplan(key, "coupon_ends")
    codes = await store.page("promotion_code", {"coupon": key}, limit=1000)
    for code in codes.data:
        await store.update(code, {"active": False}, "promotion_code.updated")
    return await store.delete(before, "coupon.deleted")


@endpoints.on("POST", "/v1/promotion_codes", CreatePromotionCode)
async def create_promotion_code(call: Call, parameters: CreatePromotionCode) -> Object:
    store = call.store
    of = await existing(store, "coupon", parameters.promotion.coupon, within="promotion")
    if parameters.customer is not None:
        await existing(store, "customer", parameters.customer, within="")
    code = parameters.code or _random_code()
    await _check_free(store, code, parameters.customer)
    expires_at = parameters.expires_at
    if expires_at is not None and expires_at <= store.now:
        raise InvalidRequest("expires_at must be in the future.", param="expires_at")
    restrictions = parameters.restrictions
    given = parameters.given("active", "customer", "expires_at", "max_redemptions", "metadata")
    made = promotion_code(
        created=store.now,
        code=code,
        coupon_id=of["id"],
        restrictions=restrictions.model_dump() if restrictions is not None else {},
        given={name: value for name, value in given.items() if value is not None},
    )
    if expires_at is not None:
        await store.plan(made["id"], made["id"], "code_ends", expires_at)
    return await store.insert(made, "promotion_code.created")


async def _check_free(store: Store, code: str, customer: str | None) -> None:
    """A code is unique among the active ones of one customer, or of all."""
    found = await store.page("promotion_code", {"code": code, "active": True}, limit=1000)
    if any(each["customer"] in {None, customer} or customer is None for each in found.data):
        raise InvalidRequest(
            "An active promotion code with this code already exists.",
            code="resource_already_exists",
            param="code",
        )


@endpoints.on("POST", "/v1/promotion_codes/{key}", UpdatePromotionCode)
async def update_promotion_code(call: Call, parameters: UpdatePromotionCode, *, key: str) -> Object:
    before = await call.store.get("promotion_code", key, param="promotion_code")
    changes: Object = {} if parameters.active is None else {"active": parameters.active}
    if parameters.active and await call.store.find("coupon", before["promotion"]["coupon"]) is None:
        raise InvalidRequest("The coupon of this promotion code is gone.", param="active")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    return await call.store.update(before, changes, "promotion_code.updated")


endpoints.retrieving("/v1/coupons", "coupon")
endpoints.listing("/v1/coupons", "coupon", ListParameters)
endpoints.retrieving("/v1/promotion_codes", "promotion_code")
endpoints.listing("/v1/promotion_codes", "promotion_code", ListPromotionCodes)
