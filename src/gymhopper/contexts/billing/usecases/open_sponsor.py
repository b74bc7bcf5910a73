"""Have a sponsor asked for what it pays for others, month by month."""

from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.collective import SponsorAccount, month_after, months_first
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.terms import Terms
from gymhopper.contracts.membership.sponsors.events import SponsorTermsSet
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

SPONSOR_MONTH = "billing.sponsor_month"
"""The timer that rings when a sponsor's month is over; its key is the sponsor's id."""


async def open_sponsor(uow: UnitOfWork, event: SponsorTermsSet, organisation_id: UUID) -> None:
    """The account with the sponsor's own id; one that is there has the new time to pay."""
    known = await uow.session.get(SponsorAccount, event.sponsor_id, with_for_update=True)
    if known is not None:
        known.pays_within_days = event.pays_within_days
        return
    first = months_first(local_date(event.billed_from, event.zone))
    month = start_of_day(first, event.zone)
    uow.add(
        BillingAccount(
            id=event.sponsor_id,
            organisation_id=organisation_id,
            kind="sponsor",
            person_id=event.sponsor_id,
        )
    )
    await uow.flush()
    dues = Dues(
        id=new_id(),
        organisation_id=organisation_id,
        kind="sponsor",
        person_id=event.sponsor_id,
        membership_id=event.sponsor_id,
        billing_account_id=event.sponsor_id,
        # Nothing of its own: what it is asked for is its part of what others cost.
        terms=Terms(
            legal_entity_id=event.legal_entity_id,
            plan_id=event.plan_id,
            plan_name=event.plan_name,
            kind="recurring",
            price=Money(0, event.currency),
            interval="month",
            count=1,
            starts_on=first,
            zone=event.zone,
            tax_code=event.tax_code,
        ),
        currency=event.currency,
    )
    uow.add(dues)
    await uow.flush()
    uow.add(
        SponsorAccount(
            id=event.sponsor_id,
            organisation_id=organisation_id,
            dues_id=dues.id,
            pays_within_days=event.pays_within_days,
            billed_from=event.billed_from,
            billed_until=month,
        )
    )
    await uow.schedule(SPONSOR_MONTH, str(event.sponsor_id), month_after(month, event.zone))
