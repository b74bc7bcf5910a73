"""Withdrawing from a membership, and the receipts of those who leave."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.membership.domain.receipt import Act, Receipt
from gymhopper.contexts.membership.queries.receipts import receipts
from gymhopper.contexts.membership.usecases.withdraw_membership import withdraw_membership

router = APIRouter(tags=["memberships"])


class ReceiptAnswer(BaseModel):
    """What was declared, when, and what it came to: a lasting proof, never changed.

    After a withdrawal `given_back_days` of `of_days` of what was paid goes back.
    """

    id: UUID
    membership_id: UUID
    act: Act
    member_number: str
    plan_name: str
    wish: str
    declared_at: datetime
    ends_at: datetime | None
    given_back_days: int | None
    of_days: int | None

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptAnswer":
        """As it was kept."""
        return cls(**{name: getattr(receipt, name) for name in cls.model_fields})


class ReceiptList(BaseModel):
    """Receipts, oldest first."""

    items: list[ReceiptAnswer]


@router.post(
    "/memberships/{membership_id}/withdraw", status_code=201, summary="Withdraw from a contract"
)
async def withdraw_from_membership(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("cancellations:write"),
) -> ReceiptAnswer:
    """For contracts that were concluded at a distance, within the days that they say.

    The contract ends now. All that was paid goes back, or, after an early start that was asked for,
    the part for the days that were not used.
    """
    async with runtime.begin(caller) as uow:
        return ReceiptAnswer.of(await withdraw_membership(uow, membership_id))


@router.get("/memberships/{membership_id}/receipts", summary="List receipts of leaving")
async def list_receipts(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> ReceiptList:
    """Of each cancellation and withdrawal that was declared, with its time."""
    async with runtime.read(caller) as connection:
        found = await receipts(connection, membership_id)
    return ReceiptList(items=[ReceiptAnswer.of(each) for each in found])
