"""Which periods a sponsor is to be asked for, and was not yet."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gymhopper.contexts.billing.domain.collective import (
    Owed,
    SponsorAccount,
    month_before,
    periods_begun,
)
from gymhopper.contexts.billing.domain.tax import Rate
from gymhopper.contexts.billing.storage.sponsor_tables import covered_period
from gymhopper.contexts.billing.usecases.open_dues import rate_from
from gymhopper.contracts.membership.sponsors.api import Sponsoring
from gymhopper.kernel.period import Period


def looked_at(account: SponsorAccount, zone: str, until: datetime) -> Period:
    """From when on periods are looked for: the month before, too, for whoever came in at its very
    end, while it was asked for."""
    return Period(max(account.billed_from, month_before(account.billed_until, zone)), until)


async def gather_periods(
    session: AsyncSession, account: SponsorAccount, sponsoring: Sponsoring, within: Period
) -> list[Owed]:
    """Those that begin within, but for what is in a claim already."""
    of = covered_period.c
    asked = await session.execute(
        select(of.membership_id, of.start).where(
            of.sponsor_id == account.id, of.start >= within.start
        )
    )
    known = {(row.membership_id, row.start) for row in asked}
    rates: dict[tuple[str, date], Rate] = {}
    found = []
    for covered in sponsoring.covered:
        bought = covered.purchase
        sold = (bought.tax_code, bought.starts_on)
        if sold not in rates:
            rates[sold] = await rate_from(session, bought.legal_entity_id, *sold)
        begun = periods_begun(covered, sponsoring.shares, rates[sold], within)
        found += [each for each in begun if each.key not in known]
    return found
