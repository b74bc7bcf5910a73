"""What a sponsor owes, and what that leads to stage by stage."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.plan import Plan
from gymhopper.contexts.membership.domain.sponsor import Sponsor, Sponsored
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.sponsor_tables import sponsored
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.money import Money

SPONSOR_DEBT = "membership.sponsor_debt"
"""The timer for the next stage of a sponsor's debt; its key is the sponsor's id."""

TELL_SPONSORED = "membership.tell_sponsored"
"""The timer that tells a sponsor's memberships, some at a time; its key is the sponsor's id."""

END_COVERAGE = "membership.end_coverage"
"""The timer that ends a sponsor's memberships, some at a time; its key is the sponsor's id."""

AT_ONCE = 50
REST = timedelta(milliseconds=100)


async def follow_sponsor_debt(
    uow: UnitOfWork, sponsor_id: UUID, since: datetime | None, owed: Money
) -> None:
    """It owes so much since then, or nothing any more."""
    sponsor = await uow.get(Sponsor, sponsor_id)
    sponsor.owe(since, owed)
    await tell_of_sponsor_debt(uow, sponsor)


async def tell_of_sponsor_debt(uow: UnitOfWork, sponsor: Sponsor) -> None:
    """Tell of each stage that has come, and have the doors know when they close."""
    while (event := sponsor.reach_debt_stage(uow.now)) is not None:
        uow.record(sponsor, event, organisation_id=sponsor.organisation_id)
        if event.stage == "end":
            await uow.schedule(END_COVERAGE, str(sponsor.id), uow.now)
    at = sponsor.next_debt_stage()
    if at is None:
        await uow.unschedule(SPONSOR_DEBT, str(sponsor.id))
    else:
        await uow.schedule(SPONSOR_DEBT, str(sponsor.id), at)
    # Doors are told of the date beforehand, and wait for no timer.
    await uow.schedule(TELL_SPONSORED, str(sponsor.id), uow.now)


async def reach_sponsor_debt(uow: UnitOfWork, sponsor_id: UUID) -> None:
    """The next stage has come, unless it was paid meanwhile."""
    await tell_of_sponsor_debt(uow, await uow.get(Sponsor, sponsor_id))


async def end_coverage(uow: UnitOfWork, sponsor_id: UUID) -> None:
    """End the next of its memberships, until there is none; who paid in time keeps the rest."""
    sponsor = await uow.get(Sponsor, sponsor_id)
    if not sponsor.has_reached("end", uow.now):
        return
    plan = await uow.session.get_one(Plan, sponsor.plan_id)
    today = local_date(uow.now, plan.zone)
    sold, of = tables.membership.c, sponsored.c
    found = await uow.connection.execute(
        select(sold.id)
        .where(sold.payer_kind == "sponsor", sold.payer_id == sponsor.id)
        .where(sold.contract != "ended")
        .order_by(sold.id)
        .limit(AT_ONCE)
    )
    several = found.scalars().all()
    for membership_id in several:
        membership = await uow.get(Membership, membership_id)
        first = min(membership.starts_on, today)
        await publish(uow, membership, membership.move_window(first, today, uow.now))
    windows = await uow.session.scalars(
        select(Sponsored).where(of.membership_id.in_(several), of.ends_on > today)
    )
    for window in windows:
        window.ends_on = today
        window.version += 1
    if len(several) == AT_ONCE:
        await uow.schedule(END_COVERAGE, str(sponsor.id), uow.now + REST)
