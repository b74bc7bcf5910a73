"""Announce a new price to everybody who has a plan, and take that back."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.plan import Plan
from gymhopper.contexts.membership.domain.price_run import PriceRun
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.change_price import (
    NewPriceForSold,
    announce_change,
    withdraw_change,
)
from gymhopper.kernel.errors import GymhopperError
from gymhopper.kernel.ids import new_id

PRICE_RUN = "membership.price_run"
AT_ONCE = 100
"""How many memberships one transaction changes."""

REST = timedelta(seconds=1)
"""And how long others have their turn then."""


async def change_prices_of_plan(uow: UnitOfWork, plan_id: UUID, new: NewPriceForSold) -> PriceRun:
    """Begin to announce the price to all whose contract has not ended; see `PriceRun`."""
    plan = await uow.get(Plan, plan_id)
    sold = tables.membership.c
    total = await uow.connection.execute(
        select(func.count()).where(sold.plan_id == plan_id, sold.contract != "ended")
    )
    run = PriceRun(
        id=new_id(),
        organisation_id=plan.organisation_id,
        plan_id=plan_id,
        price=new.price,
        effective_on=new.effective_on,
        reason=new.reason,
        started_at=uow.now,
        started_by=uow.subject.actor,
        total=int(total.scalar_one()),
        version=1,
    )
    uow.add(run)
    await uow.schedule(PRICE_RUN, str(run.id), uow.now)
    return run


async def withdraw_prices_of_plan(uow: UnitOfWork, run_id: UUID) -> PriceRun:
    """Begin to withdraw what was announced and is not in force."""
    run = await uow.get(PriceRun, run_id)
    run.withdraw()
    await uow.schedule(PRICE_RUN, str(run.id), uow.now)
    return run


async def go_on(uow: UnitOfWork, run_id: UUID) -> None:
    """Change the next memberships, and come back for those that are left."""
    run = await uow.get(PriceRun, run_id)
    if run.status == "announcing":
        more = await _announce(uow, run)
    elif run.status == "withdrawing":
        more = await _withdraw(uow, run)
    else:
        return
    run.version += 1
    if more:
        await uow.schedule(PRICE_RUN, str(run.id), uow.now + REST)
    else:
        run.status = "announced" if run.status == "announcing" else "withdrawn"


async def _announce(uow: UnitOfWork, run: PriceRun) -> bool:
    sold = tables.membership.c
    asked = select(sold.id).where(
        sold.plan_id == run.plan_id,
        sold.contract != "ended",
        # Who buys later is shown the price of the day.
        sold.purchased_at <= run.started_at,
    )
    if run.last_id is not None:
        asked = asked.where(sold.id > run.last_id)
    found = (await uow.connection.execute(asked.order_by(sold.id).limit(AT_ONCE))).scalars().all()
    new = NewPriceForSold(
        price=run.price, effective_on=run.effective_on, reason=run.reason, run_id=run.id
    )
    for membership_id in found:
        try:
            async with uow.attempt():
                await announce_change(uow, membership_id, new)
        except GymhopperError:
            # It has that price, ends before, or waits for another one: it keeps what it has.
            run.skipped += 1
        run.done += 1
        run.last_id = membership_id
    return len(found) == AT_ONCE


async def _withdraw(uow: UnitOfWork, run: PriceRun) -> bool:
    change = tables.price_change.c
    asked = select(change.id, change.membership_id).where(
        change.run_id == run.id, change.status == "announced"
    )
    found = (await uow.connection.execute(asked.order_by(change.id).limit(AT_ONCE))).all()
    for row in found:
        await withdraw_change(uow, row.membership_id, row.id)
    return len(found) == AT_ONCE
