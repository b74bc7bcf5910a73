"""Upgrades and downgrades of what was sold, with their previews."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.openapi.answers import refuses
from gymhopper.contexts.membership.domain.plan_change import (
    PlanChange,
    PlanChangeStatus,
    When,
    costs,
)
from gymhopper.contexts.membership.http.fields import LARGEST_AMOUNT, MoneyField, Request, Text
from gymhopper.contexts.membership.http.prices import known_place
from gymhopper.contexts.membership.queries.plan_changes import plan_changes
from gymhopper.contexts.membership.usecases import change_plan as changing
from gymhopper.contracts.membership.plan_changes import PlanChangeRefusal
from gymhopper.kernel.money import Money

router = APIRouter(tags=["changes of plan"])

_PATH = "/memberships/{membership_id}/plan-changes"


class SignedMoneyField(Request):
    """Minor units of an ISO 4217 currency; below zero for what would be left over."""

    amount: int = Field(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT, strict=True)
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])

    @classmethod
    def of(cls, money: Money) -> "SignedMoneyField":
        """As an answer has it."""
        return cls(amount=money.amount, currency=money.currency)


class PlanWish(Request):
    """Which plan, at which price as it was shown, and from when: `now`, or `period_end`."""

    plan_id: UUID
    price_id: UUID
    price: MoneyField = Field(description="As shown; another than the plan's is refused as stale.")
    when: When = Field(examples=["period_end"])
    channel: Literal["online", "desk", "network"] = "online"
    location_id: UUID | None = Field(
        default=None, description="Where it is agreed on, if its price depends on that."
    )
    reason: Text = Field(default="", description="For what goes beyond the contract.")


class PlanChangeRequest(PlanWish):
    """For `now`, `charged` and `priced_at` are as the preview showed them."""

    charged: SignedMoneyField | None = None
    priced_at: AwareDatetime | None = Field(default=None, examples=["2027-01-10T09:30:00Z"])


class PlanChangeLine(BaseModel):
    """A part of what is charged; below zero for what is given back of the old plan."""

    text: str
    amount: SignedMoneyField
    start: datetime
    until: datetime


class PlanChangePreview(BaseModel):
    """What the change comes to, with tax.

    `charged` is due at once, and exact for the instant `priced_at`; below zero so much is left
    over, and becomes credit of whoever pays. `bound_until` is the first day on which no term binds
    any more.
    """

    charged: SignedMoneyField
    lines: list[PlanChangeLine]
    each_period: MoneyField
    effective_at: datetime
    priced_at: datetime
    bound_until: date


class PlanChangeAnswer(BaseModel):
    """A change of plan.

    `requested` is being paid for, `scheduled` comes at `effective_at`; `refused` was not paid, for
    the `refusal`, and `lapsed` was overtaken by the contract's end.
    """

    id: UUID
    membership_id: UUID
    plan_id: UUID
    previous_plan_id: UUID
    plan_name: str
    price: MoneyField
    status: PlanChangeStatus
    effective_at: datetime
    charged: SignedMoneyField | None
    refusal: PlanChangeRefusal | None
    requested_at: datetime
    settled_at: datetime | None


class PlanChangeList(BaseModel):
    """Changes of a membership's plan, the newest first."""

    items: list[PlanChangeAnswer]


@router.post(
    "/memberships/{membership_id}/plan-change-preview",
    summary="See what a change of plan costs",
    responses=refuses(502),
)
async def preview_plan_change(
    membership_id: UUID,
    body: PlanWish,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("purchases:write"),
) -> PlanChangePreview:
    """To the cent, from whoever collects; nothing is kept.

    It is refused where the change would be.
    """
    command = await _command(runtime, membership_id, body)
    found = await changing.preview_plan_change(runtime, caller, command)
    quote = found.quote
    currency = quote.charged.currency
    return PlanChangePreview(
        charged=SignedMoneyField.of(quote.charged),
        lines=[
            PlanChangeLine(
                text=each.text,
                amount=SignedMoneyField(amount=each.amount, currency=currency),
                start=each.start,
                until=each.until,
            )
            for each in quote.lines
        ],
        each_period=MoneyField.of(quote.each_period),
        effective_at=found.effective_at,
        priced_at=quote.priced_at,
        bound_until=found.bound_until,
    )


@router.post(_PATH, status_code=201, summary="Change the plan", responses=refuses(502))
async def change_plan(
    membership_id: UUID,
    body: PlanChangeRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("purchases:write"),
) -> PlanChangeAnswer:
    """At once, when it is paid; or from the end of the period on.

    By card it is charged in the background, and the old plan stays where the card is refused.
    What is left over of a dearer plan that was paid becomes credit. Where that is not all paid, or
    was given back, the change begins with the next period (`plan_change_not_possible`); so does,
    by card, another change in a period of which something was left over.
    """
    command = await _command(runtime, membership_id, body)
    return _answer(await changing.change_plan(runtime, caller, command))


@router.get(_PATH, summary="List changes of plan")
async def list_plan_changes(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> PlanChangeList:
    """Also those that are in force, and those that did not come about."""
    async with runtime.read(caller) as connection:
        found = await plan_changes(connection, membership_id)
    return PlanChangeList(items=[_answer(each) for each in found])


@router.delete(f"{_PATH}/{{plan_change_id}}", summary="Undo a change of plan")
async def undo_plan_change(
    membership_id: UUID,
    plan_change_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("purchases:write"),
) -> PlanChangeAnswer:
    """Possible until its day has come."""
    async with runtime.begin(caller) as uow:
        return _answer(await changing.undo_plan_change(uow, membership_id, plan_change_id))


async def _command(
    runtime: CurrentRuntime, membership_id: UUID, body: PlanWish
) -> changing.ChangePlan:
    shown = body if isinstance(body, PlanChangeRequest) else None
    charged = shown.charged if shown is not None else None
    return changing.ChangePlan(
        membership_id=membership_id,
        plan_id=body.plan_id,
        price_id=body.price_id,
        shown=body.price.value(),
        when=body.when,
        channel=body.channel,
        place=await known_place(runtime, body.location_id, "location_id"),
        reason=body.reason,
        charged=None if charged is None else Money(charged.amount, charged.currency),
        priced_at=shown.priced_at if shown is not None else None,
    )


def _answer(change: PlanChange) -> PlanChangeAnswer:
    charged = costs(change)
    return PlanChangeAnswer(
        id=change.id,
        membership_id=change.membership_id,
        plan_id=change.plan_id,
        previous_plan_id=change.previous_plan_id,
        plan_name=change.terms.plan_name,
        price=MoneyField.of(change.terms.price),
        status=change.status,
        effective_at=change.effective_at,
        charged=None if charged is None else SignedMoneyField.of(charged),
        refusal=change.refusal,
        requested_at=change.requested_at,
        settled_at=change.settled_at,
    )
