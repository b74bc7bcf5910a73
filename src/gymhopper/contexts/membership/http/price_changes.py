"""New prices of what was sold: announced, left before, withdrawn, in force."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.membership.domain.price_change import ChangeStatus, PriceChange
from gymhopper.contexts.membership.domain.price_run import PriceRun
from gymhopper.contexts.membership.http.fields import MoneyField, Request, Text
from gymhopper.contexts.membership.queries import price_changes as queries
from gymhopper.contexts.membership.usecases import change_price as changing
from gymhopper.contexts.membership.usecases import change_prices_of_plan as running

router = APIRouter(tags=["prices of contracts"])


class PriceChangeRequest(Request):
    """A price for periods that begin on the local day `effective_on` or later.

    A higher price is announced thirty days before, so that everybody can leave.
    """

    price: MoneyField
    effective_on: date = Field(examples=["2027-01-01"])
    reason: Text = Field(
        min_length=1, description="As members read it.", examples=["Energy costs more."]
    )

    def value(self) -> changing.NewPriceForSold:
        """As the use case takes it."""
        return changing.NewPriceForSold(
            price=self.price.value(), effective_on=self.effective_on, reason=self.reason
        )


class PriceChangeAnswer(BaseModel):
    """A new price; `lapsed` when the contract was over by its day."""

    id: UUID
    membership_id: UUID
    run_id: UUID | None
    price: MoneyField
    effective_on: date
    effective_at: datetime
    reason: str
    announced_at: datetime
    status: ChangeStatus
    settled_at: datetime | None


class PriceChanges(BaseModel):
    """New prices of a membership, the newest first."""

    items: list[PriceChangeAnswer]


class PriceRunAnswer(BaseModel):
    """A new price for all who have a plan: `done` of `total`, `skipped` of these keep theirs."""

    id: UUID
    plan_id: UUID
    price: MoneyField
    effective_on: date
    reason: str
    status: Literal["announcing", "announced", "withdrawing", "withdrawn"]
    total: int
    done: int
    skipped: int


class LeftAnswer(BaseModel):
    """When the contract ends, that its holder leaves before a new price."""

    membership_id: UUID
    end: datetime | None


_ONE = "/memberships/{membership_id}/price-changes"


@router.post(_ONE, status_code=201, summary="Announce a new price to a member")
async def announce_price_change(
    membership_id: UUID,
    body: PriceChangeRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PriceChangeAnswer:
    """Until its day the member may leave, and it may be withdrawn."""
    async with runtime.begin(caller) as uow:
        return _answer(await changing.announce_change(uow, membership_id, body.value()))


@router.get(_ONE, summary="List new prices of a membership")
async def list_price_changes(
    membership_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("memberships:read"),
) -> PriceChanges:
    """Also those that are in force, or were withdrawn."""
    async with runtime.read(caller) as connection:
        found = await queries.price_changes(connection, membership_id)
    return PriceChanges(items=[_answer(each) for each in found])


@router.delete(f"{_ONE}/{{change_id}}", summary="Withdraw a new price")
async def withdraw_price_change(
    membership_id: UUID,
    change_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PriceChangeAnswer:
    """Possible until it is in force. Who has left because of it has left."""
    async with runtime.begin(caller) as uow:
        return _answer(await changing.withdraw_change(uow, membership_id, change_id))


@router.post(f"{_ONE}/{{change_id}}/leave", summary="Leave before a new price")
async def leave_before_price_change(
    membership_id: UUID,
    change_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("cancellations:write"),
) -> LeftAnswer:
    """The contract ends where the new price would begin, whatever its term and notice."""
    async with runtime.begin(caller) as uow:
        left = await changing.leave_before_change(uow, membership_id, change_id)
    return LeftAnswer(membership_id=membership_id, end=left.state.end)


@router.post(
    "/plans/{plan_id}/price-changes", status_code=202, summary="Announce a new price to all"
)
async def change_prices_of_plan(
    plan_id: UUID,
    body: PriceChangeRequest,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PriceRunAnswer:
    """To everybody who has the plan now, some at a time; its prices for new members stay."""
    async with runtime.begin(caller) as uow:
        return _run(await running.change_prices_of_plan(uow, plan_id, body.value()))


@router.get("/price-change-runs/{run_id}", summary="Read how far a new price has come")
async def get_price_change_run(
    run_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PriceRunAnswer:
    """Members are told one after another."""
    async with runtime.read(caller) as connection:
        return _run(await queries.price_run(connection, run_id))


@router.delete("/price-change-runs/{run_id}", status_code=202, summary="Withdraw it from all")
async def withdraw_price_change_run(
    run_id: UUID,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PriceRunAnswer:
    """What is in force already stays."""
    async with runtime.begin(caller) as uow:
        return _run(await running.withdraw_prices_of_plan(uow, run_id))


def _answer(change: PriceChange) -> PriceChangeAnswer:
    return PriceChangeAnswer(
        id=change.id,
        membership_id=change.membership_id,
        run_id=change.run_id,
        price=MoneyField.of(change.price),
        effective_on=change.effective_on,
        effective_at=change.effective_at,
        reason=change.reason,
        announced_at=change.announced_at,
        status=change.status,
        settled_at=change.settled_at,
    )


def _run(run: PriceRun) -> PriceRunAnswer:
    return PriceRunAnswer(
        id=run.id,
        plan_id=run.plan_id,
        price=MoneyField.of(run.price),
        effective_on=run.effective_on,
        reason=run.reason,
        status=run.status,
        total=run.total,
        done=run.done,
        skipped=run.skipped,
    )
