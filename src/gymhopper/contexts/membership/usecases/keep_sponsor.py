"""Take a sponsor on, and let its people in or not."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import UnfitOffer
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.sponsor import Sponsor
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.follow_sponsor_debt import TELL_SPONSORED
from gymhopper.contexts.membership.usecases.publish import publish
from gymhopper.contexts.membership.usecases.set_sponsor_terms import first_terms, tell_terms
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.ids import new_id

AT_ONCE = 100
REST = timedelta(milliseconds=100)


async def open_sponsor(uow: UnitOfWork, *, name: str, plan_id: UUID, price_id: UUID) -> Sponsor:
    """Its people get memberships of the plan, and it pays all of it until something else is agreed
    on. Raises NotFound, UnfitOffer."""
    plan = await uow.get(Plan, plan_id)
    price = await uow.session.get(Price, price_id)
    if price is None or price.plan_id != plan.id:
        raise NotFound("The plan has no price with this id.", field="price_id")
    if plan.offer.kind != "recurring" or plan.offer.trial or plan.offer.intro:
        raise UnfitOffer("A sponsor pays for what recurs, from its first day on.", field="plan_id")
    sponsor = Sponsor(
        id=new_id(),
        organisation_id=plan.organisation_id,
        name=name,
        plan_id=plan.id,
        price_id=price.id,
        opened_at=uow.now,
        terms=first_terms(plan, uow.now),
    )
    uow.add(sponsor)
    tell_terms(uow, sponsor, plan, price)
    return sponsor


async def suspend_sponsor(uow: UnitOfWork, sponsor_id: UUID, *, suspended: bool) -> Sponsor:
    """Let its people in no more, or again; a debt that closes the doors is apart from that."""
    sponsor = await uow.get(Sponsor, sponsor_id)
    if (sponsor.suspended_at is not None) != suspended:
        sponsor.suspended_at = uow.now if suspended else None
        await uow.schedule(TELL_SPONSORED, str(sponsor.id), uow.now)
    return sponsor


async def tell_sponsored(uow: UnitOfWork, sponsor_id: UUID) -> None:
    """Tell the next of its memberships that say something else, until none does."""
    sponsor = await uow.get(Sponsor, sponsor_id)
    sold = tables.membership.c
    since: datetime | None = sponsor.closed_from
    found = await uow.connection.execute(
        select(sold.id)
        .where(sold.payer_kind == "sponsor", sold.payer_id == sponsor.id)
        .where(sold.contract != "ended", sold.sponsor_suspended_at.is_distinct_from(since))
        .order_by(sold.id)
        .limit(AT_ONCE)
    )
    several = found.scalars().all()
    for membership_id in several:
        membership = await uow.get(Membership, membership_id)
        await publish(uow, membership, membership.suspend_sponsor(since, uow.now))
    if len(several) == AT_ONCE:
        await uow.schedule(TELL_SPONSORED, str(sponsor.id), uow.now + REST)
