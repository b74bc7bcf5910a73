"""The timers: ends of memberships, starts and ends of freezes and blocks, dependents who came of
age, guests forgotten."""

from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.registry import Due, Jobs, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.usecases import reach_date
from gymhopper.contexts.membership.usecases.booking_page import CLASS_STARTS
from gymhopper.contexts.membership.usecases.change_plan import PLAN_CHANGES, reach_plan_change
from gymhopper.contexts.membership.usecases.change_price import PRICE_CHANGES, bring_into_force
from gymhopper.contexts.membership.usecases.change_prices_of_plan import PRICE_RUN, go_on
from gymhopper.contexts.membership.usecases.credit_book import CREDITS_DATED, CREDITS_EXPIRE
from gymhopper.contexts.membership.usecases.end_guardianship import hand_over
from gymhopper.contexts.membership.usecases.follow_sponsor_debt import (
    END_COVERAGE,
    SPONSOR_DEBT,
    TELL_SPONSORED,
    end_coverage,
    reach_sponsor_debt,
)
from gymhopper.contexts.membership.usecases.follow_visit import forget_visitors
from gymhopper.contexts.membership.usecases.keep_roster import ROSTER
from gymhopper.contexts.membership.usecases.keep_sponsor import tell_sponsored
from gymhopper.contexts.membership.usecases.lapse_purchase import lapse_purchase
from gymhopper.contexts.membership.usecases.publish import (
    DEBT_STAGE_REACHED,
    END_REACHED,
    FREEZE_FEE_DUE,
    OVERLAY_REACHED,
    TRIAL_REACHED,
)
from gymhopper.contexts.membership.usecases.redeem_promo_code import PROMO_HELD
from gymhopper.contexts.membership.usecases.request_leaving import (
    SEND_LEAVING_LINK,
    send_leaving_link,
    sweep_leaving_requests,
)
from gymhopper.contexts.membership.usecases.reserve_credits import use_what_is_held
from gymhopper.contexts.membership.usecases.spend_credit import tell_end
from gymhopper.contexts.membership.usecases.take_credits_back import expire_credits
from gymhopper.contexts.membership.usecases.transfer_membership import (
    TRANSFER_REACHED,
    reach_transfer,
)
from gymhopper.contexts.membership.usecases.work_on_roster import work_on_roster

jobs = Jobs()
timers = Timers()


@jobs.job(SEND_LEAVING_LINK, attempts=12)
async def send_one_leaving_link(runtime: Runtime, *, request_id: str) -> None:
    """Decides whether a link goes out, and sends it; tried for more than an hour."""
    await send_leaving_link(runtime, UUID(request_id))


@timers.every(timedelta(hours=1), "membership.leaving_requests_swept")
async def leaving_requests_swept(uow: UnitOfWork, _: Due) -> None:
    """Links that have expired leave nothing behind."""
    await sweep_leaving_requests(uow)


@timers.on(END_REACHED)
async def end_reached(uow: UnitOfWork, due: Due) -> None:
    """A contract's end has come; the key is the membership's id."""
    await reach_date.reach_end(uow, UUID(due.key))


@timers.on(TRIAL_REACHED)
async def trial_reached(uow: UnitOfWork, due: Due) -> None:
    """A trial's end has come; the key is the membership's id."""
    await reach_date.reach_trial_end(uow, UUID(due.key))


@timers.on(TRANSFER_REACHED)
async def transfer_reached(uow: UnitOfWork, due: Due) -> None:
    """Somebody else has it from now on; the key is the id of the membership that waits for it."""
    await reach_transfer(uow, UUID(due.key))


@timers.on(PROMO_HELD)
async def promo_code_held(uow: UnitOfWork, due: Due) -> None:
    """A purchase with a promo code should be paid by now; the key is the membership's id."""
    await lapse_purchase(uow, UUID(due.key))


@timers.on(PRICE_CHANGES)
async def price_changes(uow: UnitOfWork, due: Due) -> None:
    """The day of a new price has come; the key is the change's id."""
    await bring_into_force(uow, UUID(due.key))


@timers.on(PLAN_CHANGES)
async def plan_changes(uow: UnitOfWork, due: Due) -> None:
    """The day of another plan has come; the key is the change's id."""
    await reach_plan_change(uow, UUID(due.key))


@timers.on(PRICE_RUN)
async def price_run(uow: UnitOfWork, due: Due) -> None:
    """Members are told of a plan's new price, some at a time; the key is the run's id."""
    await go_on(uow, UUID(due.key))


@timers.on(ROSTER)
async def roster_goes_on(uow: UnitOfWork, due: Due) -> None:
    """A sponsor's people are let in, some at a time; the key is the roster's id."""
    await work_on_roster(uow, UUID(due.key))


@timers.on(TELL_SPONSORED)
async def sponsored_are_told(uow: UnitOfWork, due: Due) -> None:
    """A sponsor's people are let in no more, or again; the key is the sponsor's id."""
    await tell_sponsored(uow, UUID(due.key))


@timers.on(CREDITS_DATED)
async def credits_dated(uow: UnitOfWork, due: Due) -> None:
    """A first use has set an end; the key is the membership's id."""
    await tell_end(uow, UUID(due.key))


@timers.on(CLASS_STARTS)
async def class_starts(uow: UnitOfWork, due: Due) -> None:
    """A class starts for which credits wait to be used the first time; the key is the booking's
    id."""
    membership_id = UUID(due.payload["membership_id"])
    await use_what_is_held(uow, membership_id, UUID(due.key), due.due_at)


@timers.on(CREDITS_EXPIRE)
async def credits_expire(uow: UnitOfWork, due: Due) -> None:
    """Credits run out; the key is the lot's id."""
    await expire_credits(uow, UUID(due.payload["membership_id"]), UUID(due.key))


@timers.on(OVERLAY_REACHED)
async def overlay_reached(uow: UnitOfWork, due: Due) -> None:
    """A freeze or block begins or ends; the key is its id."""
    await reach_date.reach_overlay(uow, UUID(due.payload["membership_id"]), UUID(due.key))


@timers.on(DEBT_STAGE_REACHED)
async def debt_stage_reached(uow: UnitOfWork, due: Due) -> None:
    """A debt leads to more; the key is the membership's id."""
    await reach_date.reach_debt_stage(uow, UUID(due.key))


@timers.on(FREEZE_FEE_DUE)
async def freeze_fee_due(uow: UnitOfWork, due: Due) -> None:
    """A freeze costs something; the key is its id."""
    await reach_date.reach_freeze_fee(uow, UUID(due.payload["membership_id"]), UUID(due.key))


@timers.every(timedelta(days=1), "membership.dependents_of_age")
async def dependents_of_age(uow: UnitOfWork, _: Due) -> None:
    """Who is of age acts for themselves; nothing is kept of when that will be."""
    await hand_over(uow)


@timers.every(timedelta(days=1), "membership.visitors_forgotten")
async def visitors_forgotten(uow: UnitOfWork, _: Due) -> None:
    """Guests of long ago are nobody's business any more."""
    await forget_visitors(uow)


@timers.on(SPONSOR_DEBT)
async def sponsor_debt(uow: UnitOfWork, due: Due) -> None:
    """A stage of a sponsor's debt has come; the key is the sponsor's id."""
    await reach_sponsor_debt(uow, UUID(due.key))


@timers.on(END_COVERAGE)
async def coverage_ends(uow: UnitOfWork, due: Due) -> None:
    """A sponsor's debt ends what it pays for, some at a time; the key is the sponsor's id."""
    await end_coverage(uow, UUID(due.key))
