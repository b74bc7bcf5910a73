"""Routes of account credit: what somebody may use up, and how that came about."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, Paged
from gymhopper.contexts.billing.domain.credit import MovementKind
from gymhopper.contexts.billing.http.fields import Amount
from gymhopper.contexts.billing.queries import credit as queries
from gymhopper.contexts.billing.usecases.grant_credit import grant_credit, seller_for
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

router = APIRouter(prefix="/payments/billing-accounts", tags=["payments"])

MOST = 10_000_000
"""A slip of the keyboard grants no fortune: so many minor units at a time."""

Reason = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]


class Granted(BaseModel):
    """What is granted: whole minor units and an ISO 4217 currency."""

    model_config = ConfigDict(extra="forbid")

    amount: int = Field(gt=0, le=MOST, strict=True, examples=[1000])
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])


class CreditGrant(BaseModel):
    """`legal_entity_id` may be left out where the payer buys from one seller only."""

    model_config = ConfigDict(extra="forbid")

    amount: Granted
    reason: Reason = Field(examples=["The sauna was closed for a week"])
    legal_entity_id: UUID | None = None


class CreditBalance(BaseModel):
    """What is left with a seller; the payment provider holds `placed` of it for its invoices."""

    legal_entity_id: UUID
    balance: Amount
    placed: Amount


class AccountCreditView(BaseModel):
    """All credit of a billing account."""

    billing_account_id: UUID
    credits: list[CreditBalance]


class CreditMovementView(BaseModel):
    """Credit came, above zero, or went. `claim_id` is what it paid for or came back from."""

    movement_id: UUID
    legal_entity_id: UUID
    kind: MovementKind
    amount: Amount
    claim_id: UUID | None
    membership_id: UUID | None
    reason: str | None
    happened_at: datetime


class CreditMovementPage(Page[CreditMovementView]):
    """Some of the movements."""


@router.get("/{billing_account_id}/credit", summary="Read what a payer has to use up")
async def show_credit(
    billing_account_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payments:read"),
) -> AccountCreditView:
    """For the payer and the desk; by seller and currency."""
    async with runtime.read(caller) as connection:
        found = await queries.account_credit(connection, billing_account_id, caller.legal_entity_id)
    return AccountCreditView(
        billing_account_id=billing_account_id,
        credits=[
            CreditBalance(
                legal_entity_id=each.legal_entity_id,
                balance=Amount(amount=each.balance, currency=each.currency),
                placed=Amount(amount=each.placed, currency=each.currency),
            )
            for each in found.credits
        ],
    )


@router.post("/{billing_account_id}/credit", status_code=201, summary="Grant a payer credit")
async def grant_account_credit(
    billing_account_id: UUID,
    body: CreditGrant,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payments:write"),
) -> CreditMovementView:
    """It pays what is asked for next, whole or in part; its invoice stays at the full amount."""
    async with runtime.begin(caller) as uow:
        seller = await seller_for(
            uow, billing_account_id, body.legal_entity_id, body.amount.currency
        )
        granted = await grant_credit(
            uow,
            account_id=billing_account_id,
            legal_entity_id=seller,
            amount=Money(body.amount.amount, body.amount.currency),
            reason=body.reason,
            cause=new_id(),
        )
    return _shown(granted, seller, body.amount.currency)


@router.get("/{billing_account_id}/credit/movements", summary="List how credit came and went")
async def list_credit_movements(
    billing_account_id: UUID,
    page: Paged,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payments:read"),
) -> CreditMovementPage:
    """The newest first; they are only added to, and sum to the balance."""
    async with runtime.read(caller) as connection:
        found = await queries.movements(
            connection,
            billing_account_id,
            caller.legal_entity_id,
            after=page.after(UUID),
            limit=page.fetch,
        )
    shown, next_cursor = page.cut(found, lambda each: each.id)
    return CreditMovementPage(
        items=[_shown(each, each.legal_entity_id, each.currency) for each in shown],
        next_cursor=next_cursor,
    )


def _shown(found: Any, legal_entity_id: UUID, currency: str) -> CreditMovementView:
    return CreditMovementView(
        movement_id=found.id,
        legal_entity_id=legal_entity_id,
        kind=found.kind,
        amount=Amount(amount=found.amount, currency=currency),
        claim_id=found.claim_id,
        membership_id=found.membership_id,
        reason=found.reason,
        happened_at=found.happened_at,
    )
