"""Take a plan from sale. What was sold goes on as it was sold."""

from datetime import date
from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.plan import Plan
from gymhopper.kernel.calendar import local_date


async def retire_plan(
    uow: UnitOfWork, plan_id: UUID, day: date | None, expected: Expected = ANY
) -> None:
    """Sell it on no day from `day` on; from today when it is None."""
    plan = await uow.get(Plan, plan_id)
    expected.require(plan)
    today = local_date(uow.now, plan.zone)
    plan.retire(day or today, today)
    plan.version += 1


async def sell_plan_again(uow: UnitOfWork, plan_id: UUID, expected: Expected = ANY) -> None:
    """Take that back, be it that the day has come."""
    plan = await uow.get(Plan, plan_id)
    expected.require(plan)
    plan.sell_again()
    plan.version += 1
