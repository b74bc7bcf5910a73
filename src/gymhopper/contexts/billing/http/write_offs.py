"""The route that gives up a debt."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.billing.http.fields import ClaimView, claim_view
from gymhopper.contexts.billing.usecases.write_off_claim import write_off_claim

router = APIRouter(prefix="/payments", tags=["payments"])

Reason = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]


class WriteOff(BaseModel):
    """Why the money is expected no more."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(examples=["Moved away, cannot be reached"])


@router.post("/claims/{claim_id}/write-off", summary="Give up a debt")
async def write_off_debt(
    claim_id: UUID,
    body: WriteOff,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payments:write"),
) -> ClaimView:
    """Nobody is asked for it any more, and it is no debt at the door. The invoice stays; what is
    paid after all is booked as recovered. A contract that has ended does not come back."""
    async with runtime.begin(caller) as uow:
        claim = await write_off_claim(uow, claim_id, body.reason)
    return claim_view(claim)
