"""Agree with a sponsor on what it pays, and on what its debts lead to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import exists, select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.membership.domain.errors import UnfitOffer
from gymhopper.contexts.membership.domain.plan import Plan, Price
from gymhopper.contexts.membership.domain.sponsor import Sponsor
from gymhopper.contexts.membership.domain.sponsor_terms import SponsorDebtRules, SponsorTerms
from gymhopper.contexts.membership.storage.sponsor_tables import sponsored
from gymhopper.contexts.membership.usecases.follow_sponsor_debt import tell_of_sponsor_debt
from gymhopper.contracts.membership.sponsors.api import Share
from gymhopper.contracts.membership.sponsors.events import SponsorTermsSet
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.money import Money

ALL_OF_IT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSponsorTerms:
    """The share is a percentage, or an amount of each period."""

    sponsor_id: UUID
    percent: int | None
    amount: Money | None
    pays_within_days: int
    debt: SponsorDebtRules


def first_terms(plan: Plan, now: datetime) -> SponsorTerms:
    """All of it, from this day on."""
    today = start_of_day(local_date(now, plan.zone), plan.zone)
    return SponsorTerms(shares=(Share(since=today, percent=ALL_OF_IT),), billed_from=today)


async def set_sponsor_terms(uow: UnitOfWork, command: SetSponsorTerms) -> Sponsor:
    """Another share counts for the periods that begin from now on; for all of them before anybody
    came in. Raises NotFound, UnfitOffer.
    """
    sponsor = await uow.get(Sponsor, command.sponsor_id)
    plan = await uow.session.get_one(Plan, sponsor.plan_id)
    price = await uow.session.get_one(Price, sponsor.price_id)
    if command.amount is not None and command.amount.currency != price.money.currency:
        raise UnfitOffer(f"The plan is sold in {price.money.currency}.", field="share")
    agreed = sponsor.terms or first_terms(plan, uow.now)
    if sponsor.terms is None or await _covers_nobody(uow, sponsor):
        # There is nothing yet that was agreed on otherwise.
        share = Share(since=agreed.billed_from, percent=command.percent, amount=command.amount)
        agreed = msgspec.structs.replace(agreed, shares=(share,))
    else:
        share = Share(since=uow.now, percent=command.percent, amount=command.amount)
        agreed = agreed.with_share(share)
    sponsor.terms = msgspec.structs.replace(
        agreed, pays_within_days=command.pays_within_days, debt=command.debt
    )
    tell_terms(uow, sponsor, plan, price)
    sponsor.forget_stages()
    await tell_of_sponsor_debt(uow, sponsor)
    return sponsor


def tell_terms(uow: UnitOfWork, sponsor: Sponsor, plan: Plan, price: Price) -> None:
    """Say what whoever bills the sponsor has to know."""
    if sponsor.terms is None:
        return
    event = SponsorTermsSet(
        sponsor_id=sponsor.id,
        legal_entity_id=plan.legal_entity_id,
        plan_id=plan.id,
        plan_name=plan.name,
        tax_code=plan.offer.tax_code,
        currency=price.money.currency,
        zone=plan.zone,
        billed_from=sponsor.terms.billed_from,
        pays_within_days=sponsor.terms.pays_within_days,
    )
    uow.record(sponsor, event, organisation_id=sponsor.organisation_id)


async def _covers_nobody(uow: UnitOfWork, sponsor: Sponsor) -> bool:
    """Whether nobody ever came in on its account. Rosters wait for the sponsor, who is held."""
    found = exists().where(sponsored.c.sponsor_id == sponsor.id)
    return not (await uow.connection.execute(select(found))).scalar_one()
