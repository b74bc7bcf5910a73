"""Routes of promo codes, and what a purchase costs with one."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, StringConstraints, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.limits import limited
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.membership.domain.promo_code import PromoCode, PromoCodeStatus
from gymhopper.contexts.membership.http.fields import MoneyField, Request
from gymhopper.contexts.membership.queries.promo_codes import promo_codes, quote
from gymhopper.contexts.membership.usecases import keep_promo_code as keeping
from gymhopper.contracts.membership.discount import Discount

router = APIRouter(tags=["promo codes"])

Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x20\x7f]{1,40}$"),
    Field(examples=["SPRING-2026"]),
]
"""One word; it is read aloud and typed in, so that upper and lower case do not matter."""

MOST = 1_000_000_000


class PromoCodeRequest(Request):
    """A share or an amount off the price, never both.

    It holds on the local days `[valid_from, valid_until)`, from today when left out.
    """

    organisation_id: UUID | None = None
    code: Code
    basis_points: int | None = Field(
        default=None, ge=1, le=10_000, strict=True, description="1250 is 12.5 percent."
    )
    amount: MoneyField | None = Field(
        default=None, description="Off each period's price, which has its tax in it or not."
    )
    periods: int | None = Field(
        default=None, ge=1, le=120, description="How many it holds for; left out: for all."
    )
    joining_fee: bool = Field(
        default=False, description="Whether the share is taken off the joining fee, too."
    )
    plan_ids: list[UUID] | None = Field(
        default=None, min_length=1, max_length=200, description="Left out: all plans."
    )
    first_purchase: bool = Field(
        default=False, description="Only for people who were never members here."
    )
    valid_from: date | None = None
    valid_until: date | None = Field(default=None, description="The first day without it.")
    max_redemptions: int | None = Field(
        default=None, ge=1, le=MOST, description="In all; each person may redeem it once."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.basis_points is None) == (self.amount is None):
            raise ValueError("it takes off `basis_points` or an `amount`")
        if self.amount is not None and self.amount.amount == 0:
            raise ValueError("it takes something off")
        if self.joining_fee and self.amount is not None:
            raise ValueError("an amount is taken off the price alone")
        return self

    def value(self, organisation_id: UUID) -> keeping.NewPromoCode:
        """As the use case takes it."""
        return keeping.NewPromoCode(
            organisation_id=organisation_id,
            code=self.code,
            basis_points=self.basis_points,
            amount=None if self.amount is None else self.amount.value(),
            periods=self.periods,
            joining_fee=self.joining_fee,
            plan_ids=None if self.plan_ids is None else tuple(self.plan_ids),
            first_purchase=self.first_purchase,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            max_redemptions=self.max_redemptions,
        )


class PromoCodeChange(Request):
    """What is left out stays. What it takes off cannot be changed: that was shown to people."""

    valid_from: date | None = None
    valid_until: date | None = Field(
        default=None, description="The first day without it; null: no end."
    )
    max_redemptions: int | None = Field(
        default=None, ge=1, le=MOST, description="Not fewer than there were; null: no limit."
    )
    status: PromoCodeStatus | None = Field(
        default=None, description="What is withdrawn is redeemed by nobody, until it is offered."
    )

    def value(self, code: PromoCode) -> keeping.ChangedPromoCode:
        """The code as it is to be."""
        given = self.model_fields_set
        return keeping.ChangedPromoCode(
            valid_from=self.valid_from or code.valid_from,
            valid_until=self.valid_until if "valid_until" in given else code.valid_until,
            max_redemptions=self.max_redemptions
            if "max_redemptions" in given
            else code.max_redemptions,
            status=self.status or code.status,
        )


class PromoCodeAnswer(BaseModel):
    """A promo code; `redeemed` counts what was not given back."""

    id: UUID
    organisation_id: UUID
    code: str
    basis_points: int | None
    amount: MoneyField | None
    periods: int | None
    joining_fee: bool
    plan_ids: list[UUID] | None
    first_purchase: bool
    valid_from: date
    valid_until: date | None
    max_redemptions: int | None
    redeemed: int
    status: PromoCodeStatus
    created_at: datetime


class PromoCodePage(Page[PromoCodeAnswer]):
    """Codes, oldest first."""


class PromoCodeQuery(PageQuery):
    """Which codes."""

    status: Literal["offered", "withdrawn"] | None = None


class DiscountAnswer(BaseModel):
    """What a promo code takes off the first `periods` that are charged; null: off all."""

    promo_code_id: UUID
    code: str
    basis_points: int | None
    amount: MoneyField | None
    periods: int | None
    joining_fee: bool

    @classmethod
    def of(cls, sold: Discount) -> "DiscountAnswer":
        """As it was sold."""
        return cls(
            promo_code_id=sold.promo_code_id,
            code=sold.code,
            basis_points=sold.basis_points,
            amount=None if sold.amount is None else MoneyField.of(sold.amount),
            periods=sold.periods,
            joining_fee=sold.joining_fee,
        )


class QuoteRequest(Request):
    """A price of the plan, and the code that somebody has."""

    price_id: UUID
    promo_code: Code


class QuoteAnswer(BaseModel):
    """`first_charge` is the first period and the joining fee; purchases give it back as shown.

    `reduced` is a period's price while the discount holds, `price` before and after.
    """

    price: MoneyField
    reduced: MoneyField
    joining_fee: MoneyField | None
    first_charge: MoneyField
    discount: DiscountAnswer


@router.post("/promo-codes", status_code=201, summary="Make a promo code")
async def create_promo_code(
    body: PromoCodeRequest,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("promotions:write"),
) -> PromoCodeAnswer:
    """Each person may redeem it once. A name is given once, also after the code was withdrawn."""
    organisation_id = await tenant(runtime, caller, body.organisation_id)
    async with runtime.begin(caller) as uow:
        made = await keeping.make_promo_code(uow, body.value(organisation_id))
        await uow.flush()
    return _answer(made, response)


@router.get("/promo-codes", summary="List promo codes")
async def list_promo_codes(
    query: Annotated[PromoCodeQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("promotions:read"),
) -> PromoCodePage:
    """With how often each was redeemed."""
    async with runtime.read(caller) as connection:
        found = await promo_codes(
            connection, status=query.status, after=query.after(UUID), limit=query.fetch
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return PromoCodePage(items=[_answer(each) for each in shown], next_cursor=next_cursor)


@router.patch("/promo-codes/{promo_code_id}", summary="Change or withdraw a promo code")
async def change_promo_code(
    promo_code_id: UUID,
    body: PromoCodeChange,
    response: Response,
    expected: IfMatch,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("promotions:write"),
) -> PromoCodeAnswer:
    """When and how often it may be redeemed from now on; what was sold with it stays as sold."""
    async with runtime.begin(caller) as uow:
        code = await keeping.held_promo_code(uow, promo_code_id, expected)
        keeping.change_promo_code(code, body.value(code))
        await uow.flush()
    return _answer(code, response)


@router.post(
    "/plans/{plan_id}/quote",
    summary="See what a plan costs with a promo code",
    dependencies=[limited("sign_in")],
)
async def quote_plan(
    plan_id: UUID,
    body: QuoteRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = public(),
) -> QuoteAnswer:
    """Whether the buyer may redeem it is seen with the purchase, of which a dry run can be made."""
    del caller
    found = await quote(runtime, plan_id=plan_id, price_id=body.price_id, code=body.promo_code)
    return QuoteAnswer(
        price=MoneyField.of(found.price),
        reduced=MoneyField.of(found.price - found.discount.off(found.price)),
        joining_fee=None if found.joining_fee is None else MoneyField.of(found.joining_fee),
        first_charge=MoneyField.of(found.first_charge),
        discount=DiscountAnswer.of(found.discount),
    )


def _answer(code: PromoCode, response: Response | None = None) -> PromoCodeAnswer:
    if response is not None:
        set_etag(response, code.version)
    off = code.discount
    return PromoCodeAnswer(
        id=code.id,
        organisation_id=code.organisation_id,
        code=code.code,
        basis_points=code.basis_points,
        amount=None if off.amount is None else MoneyField.of(off.amount),
        periods=code.periods,
        joining_fee=code.joining_fee,
        plan_ids=code.plan_ids,
        first_purchase=code.first_purchase,
        valid_from=code.valid_from,
        valid_until=code.valid_until,
        max_redemptions=code.max_redemptions,
        redeemed=code.redeemed,
        status=code.status,
        created_at=code.created_at,
    )
