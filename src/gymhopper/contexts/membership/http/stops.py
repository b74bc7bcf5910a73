"""Freezes and blocks."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.idempotency.rehearsal import rehearsed
from gymhopper.contexts.membership.http.fields import MoneyField, Request, Text
from gymhopper.contexts.membership.http.memberships import MembershipAnswer, membership_answer
from gymhopper.contexts.membership.usecases import stop_for_a_time as stopping

router = APIRouter(tags=["memberships"])


class BlockRequest(Request):
    """Local days `[start, until)`; from now, and until it is lifted, when left out."""

    start: date | None = None
    until: date | None = None
    reason: Text = Field(min_length=1)


class FreezeRequest(Request):
    """Local days `[start, until)`; from now, and until it is lifted, when left out.

    What goes beyond what the plan allows (a start in the past, `beyond_limits`, `free_of_charge`)
    takes a reason, and is for staff, as is a choice of what it stops. A member says until when, and
    what was shown that it costs; another sum is refused as stale.
    """

    start: date | None = None
    at_renewal: bool = Field(default=False, description="From the end of the present period.")
    until: date | None = None
    stops_access: bool = True
    stops_billing: bool = True
    extends_term: bool | None = Field(default=None, description="As the plan has it: null.")
    beyond_limits: bool = False
    free_of_charge: bool = False
    fees: MoneyField | None = Field(
        default=None, description="What it costs in all, as shown; a dry run tells it."
    )
    reason: Text = ""

    @model_validator(mode="after")
    def _one_start(self) -> Self:
        if self.at_renewal and self.start is not None:
            raise ValueError("it starts on a day or at the renewal")
        return self


class OverlaySet(BaseModel):
    """The freeze or block that was set, and the membership with it, its new end, too.

    It costs `fee` at each of `fees_at`; the first of them, when it has no end.
    """

    id: UUID
    fee: MoneyField | None
    fees_at: list[datetime]
    membership: MembershipAnswer


@router.post("/memberships/{membership_id}/freezes", status_code=201, summary="Freeze")
async def freeze_membership(
    membership_id: UUID,
    body: FreezeRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("freezes:write"),
) -> OverlaySet:
    """Stop access and billing for a time, and have the term end later, each as is chosen.

    The plan limits how long and how often. Without `until` it ends when it is lifted, or when the
    plan's days are used up. One that is dated back gives the time back that was paid for. Members
    may where the plan says so (`freeze_rules.by_member`); with `Dry-Run` they see what it costs.
    """
    return await _stop(
        runtime,
        caller,
        stopping.StopForATime(
            membership_id=membership_id,
            kind="freeze",
            start=body.start,
            at_renewal=body.at_renewal,
            until=body.until,
            stops_access=body.stops_access,
            stops_billing=body.stops_billing,
            extends_term=body.extends_term,
            beyond_limits=body.beyond_limits,
            free_of_charge=body.free_of_charge,
            fees_shown=None if body.fees is None else body.fees.value(),
            fees_seen=not rehearsed(),
            reason=body.reason,
        ),
    )


@router.delete("/memberships/{membership_id}/freezes/{overlay_id}", summary="End a freeze now")
async def end_freeze(
    membership_id: UUID,
    overlay_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("freezes:write"),
) -> MembershipAnswer:
    """One that has not begun is taken back. Members may do that alone, with what they set."""
    async with runtime.begin(caller) as uow:
        return membership_answer(
            await stopping.lift(uow, membership_id, overlay_id, "freeze"), caller
        )


@router.post("/memberships/{membership_id}/blocks", status_code=201, summary="Block")
async def block_membership(
    membership_id: UUID,
    body: BlockRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:write"),
) -> OverlaySet:
    """Stop access while billing goes on."""
    return await _stop(
        runtime,
        caller,
        stopping.StopForATime(
            membership_id=membership_id,
            kind="block",
            start=body.start,
            until=body.until,
            reason=body.reason,
        ),
    )


@router.delete("/memberships/{membership_id}/blocks/{overlay_id}", summary="Lift a block now")
async def lift_block(
    membership_id: UUID,
    overlay_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:write"),
) -> MembershipAnswer:
    """One that has not begun is taken back."""
    async with runtime.begin(caller) as uow:
        return membership_answer(
            await stopping.lift(uow, membership_id, overlay_id, "block"), caller
        )


async def _stop(
    runtime: CurrentRuntime, caller: AuthSubject, command: stopping.StopForATime
) -> OverlaySet:
    async with runtime.begin(caller) as uow:
        done = await stopping.stop_for_a_time(uow, command)
    return OverlaySet(
        id=done.overlay_id,
        fee=None if done.fee is None else MoneyField.of(done.fee),
        fees_at=list(done.fees),
        membership=membership_answer(done.membership, caller),
    )
