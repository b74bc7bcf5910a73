"""Memberships that go over to another member."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.membership.http.fields import AgreementField, Request, Text
from gymhopper.contexts.membership.http.memberships import MembershipAnswer, membership_answer
from gymhopper.contexts.membership.http.payers import PayerField
from gymhopper.contexts.membership.usecases import transfer_membership as transferring

router = APIRouter(tags=["memberships"])


class TransferRequest(Request):
    """Who has it from the local `day` on (from now on, when left out), and what they agreed to."""

    to_member_id: UUID
    day: date | None = Field(default=None, description="Today or later; at once when left out.")
    reason: Text = Field(min_length=1, examples=["Moves away"])
    debts_stay: bool = Field(
        default=False, description="What is owed stays with whoever owes it, and is no hindrance."
    )
    payer: PayerField | None = Field(default=None, description="The receiver when left out.")
    agreement: AgreementField


class TransferAnswer(BaseModel):
    """The membership that ends by it, and the one that goes on from `effective_at`."""

    effective_at: datetime
    membership: MembershipAnswer
    to_membership: MembershipAnswer


@router.post(
    "/memberships/{membership_id}/transfer", status_code=201, summary="Hand a membership over"
)
async def transfer_membership(
    membership_id: UUID,
    body: TransferRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:write"),
) -> TransferAnswer:
    """The receiver goes on with the same terms, credits, freezes and end, as far as it is paid.

    The next period is the receiver's to pay: at the desk it is asked for as before, a card is given
    on a page of their own. To undo it after its day, hand it over again.
    """
    async with runtime.begin(caller) as uow:
        done = await transferring.transfer_membership(
            uow,
            transferring.TransferMembership(
                membership_id=membership_id,
                to_member_id=body.to_member_id,
                day=body.day,
                reason=body.reason,
                debts_stay=body.debts_stay,
                payer=None if body.payer is None else body.payer.value(),
                agreement=body.agreement.value(),
            ),
        )
    return TransferAnswer(
        effective_at=done.effective_at,
        membership=membership_answer(done.former, caller),
        to_membership=membership_answer(done.heir, caller),
    )


@router.post("/memberships/{membership_id}/transfer/call-off", summary="Call a transfer off")
async def call_transfer_off(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:write"),
) -> MembershipAnswer:
    """Possible until its day has come."""
    async with runtime.begin(caller) as uow:
        kept = await transferring.call_transfer_off(uow, membership_id)
    return membership_answer(kept, caller)
