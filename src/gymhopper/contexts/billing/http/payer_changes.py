"""Who pays for a membership."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.billing.usecases import change_payer as changing

router = APIRouter(prefix="/payments", tags=["payments"])


class NewPayer(BaseModel):
    """A member of the organisation who agreed to pay, or a household that the member is in."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["person", "household"]
    id: UUID


class PayerView(BaseModel):
    """The account that the next claim is for; documents are made out to whom it says."""

    billing_account_id: UUID
    kind: Literal["person", "household", "sponsor"]


@router.put("/memberships/{membership_id}/payer", summary="Change who pays for a membership")
async def change_payer(
    membership_id: UUID,
    body: NewPayer,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payers:write"),
) -> PayerView:
    """From the next claim on. What is collected from a card stays with whose card it is, and what
    is overdue is paid first. Members take over what they pay themselves."""
    account = await changing.change_payer(
        runtime,
        caller,
        changing.ChangePayer(membership_id=membership_id, kind=body.kind, payer_id=body.id),
    )
    return PayerView(billing_account_id=account.id, kind=account.kind)
