"""Ask a sponsor, in one claim, for its part of all periods that began in a month.

The month and whoever was covered are asked of membership first. Then one transaction writes down
the periods, the claim and how far this came, so that what is broken off begins anew, and of two
that do it at once the second finds nothing left to do.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.collective import (
    CoveredPeriod,
    Owed,
    SponsorAccount,
    claim_key,
    month_after,
)
from gymhopper.contexts.billing.domain.document import Party
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.payer import Addressee
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.queries.sponsors import sponsor_account
from gymhopper.contexts.billing.storage.sponsor_tables import covered_period
from gymhopper.contexts.billing.usecases.bill_by_hand import CLAIM_DUE
from gymhopper.contexts.billing.usecases.charge_fee import charge_fee
from gymhopper.contexts.billing.usecases.gather_periods import gather_periods, looked_at
from gymhopper.contexts.billing.usecases.keep_books import invoice_claim
from gymhopper.contexts.billing.usecases.make_out import make_out_by_default
from gymhopper.contexts.billing.usecases.open_dues import account_of, dues_of
from gymhopper.contexts.billing.usecases.open_sponsor import SPONSOR_MONTH
from gymhopper.contexts.billing.usecases.settle_claim import settle_claim
from gymhopper.contexts.billing.usecases.use_credit import pay_by_credit
from gymhopper.contracts.membership.api import MembershipApi, Payer, Purchase
from gymhopper.contracts.membership.sponsors.api import Sponsoring, SponsorsApi
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

CLAIM_MONTHS = "billing.claim_months"
AT_ONCE = 50


async def defer_months(uow: UnitOfWork, sponsor_id: UUID, *, failures: int = 0) -> None:
    """Have it done after the commit, one job of a sponsor at a time."""
    await uow.defer(
        CLAIM_MONTHS,
        lock=f"{CLAIM_MONTHS}:{sponsor_id}",
        sponsor_id=str(sponsor_id),
        failures=failures,
    )


async def claim_months(runtime: Runtime, sponsor_id: UUID) -> None:
    """Each month that is over, the oldest first; then what their members pay themselves."""
    while await _claim_next(runtime, sponsor_id):
        pass
    await _ask_members(runtime, sponsor_id)


async def _claim_next(runtime: Runtime, sponsor_id: UUID) -> bool:
    """Whether there was a month that was over."""
    async with runtime.read(SERVICE) as connection:
        account, zone = await sponsor_account(connection, sponsor_id)
    until = month_after(account.billed_until, zone)
    if until > runtime.clock.now():
        return False
    within = looked_at(account, zone, until)
    sponsoring = await runtime.api(SponsorsApi).sponsoring(
        sponsor_id=sponsor_id, start=within.start, until=until
    )
    if sponsoring is None:
        return False
    async with runtime.begin(SERVICE) as uow:
        await claim_month(uow, account.dues_id, account.billed_until, sponsoring)
    return True


async def claim_month(
    uow: UnitOfWork, dues_id: UUID, start: datetime, sponsoring: Sponsoring
) -> None:
    """The claim for the month that begins then, unless it was made meanwhile."""
    dues = await uow.get(Dues, dues_id)
    account = await uow.get(SponsorAccount, dues.billing_account_id)
    if account.billed_until != start:
        return
    zone = dues.terms.zone
    until = month_after(start, zone)
    within = looked_at(account, zone, until)
    owed = await gather_periods(uow.session, account, sponsoring, within)
    claim = None
    if any(each.part for each in owed):
        await make_out_by_default(
            uow,
            organisation_id=account.organisation_id,
            person_id=account.id,
            addressee=Addressee(party=Party(name=sponsoring.name)),
        )
        claim = await _claim(uow, dues, account, Period(start, until), owed)
    for each in owed:
        uow.add(_written(account, each, None if claim is None else claim.id))
    account.billed_until = until
    await uow.schedule(SPONSOR_MONTH, str(account.id), month_after(until, zone))


async def _claim(
    uow: UnitOfWork, dues: Dues, account: SponsorAccount, month: Period, owed: list[Owed]
) -> Claim:
    key = new_id()
    asked = [each for each in owed if each.part]
    lines = tuple(_line(each) for each in asked)
    amount = sum(each.amount for each in lines)
    due_at = uow.now + timedelta(days=account.pays_within_days)
    claim = Claim(
        id=key,
        dues_id=dues.id,
        organisation_id=dues.organisation_id,
        person_id=dues.person_id,
        membership_id=dues.membership_id,
        billing_account_id=account.id,
        subscription_id=None,
        provider=AT_THE_DESK,
        provider_invoice_id=f"{AT_THE_DESK}:{key}",
        kind="collective",
        cause=claim_key(account.id, month.start),
        lines=lines,
        amount=amount,
        outstanding=amount,
        currency=dues.currency,
        start=month.start,
        until=month.until or month.start,
        first=False,
        due_at=due_at,
    )
    uow.add(claim)
    await uow.flush()
    # Who it is for stands in the sealed invoice alone, as the sponsor itself calls them.
    named = [
        msgspec.structs.replace(line, text=f"{line.text}, {each.covered.reference}")
        for line, each in zip(lines, asked, strict=True)
    ]
    await invoice_claim(uow, dues, claim, named)
    await pay_by_credit(uow, dues, claim)
    await settle_claim(uow, dues, claim)
    await uow.schedule(CLAIM_DUE, str(key), due_at)
    return claim


def _line(each: Owed) -> Line:
    bought = each.covered.purchase
    return Line(
        kind="period",
        text=bought.plan_name,
        amount=each.part,
        tax_code=bought.tax_code,
        start=each.period.start,
        until=each.period.until or each.period.start,
    )


def _written(account: SponsorAccount, each: Owed, claim_id: UUID | None) -> CoveredPeriod:
    membership_id, start = each.key
    return CoveredPeriod(
        id=new_id(),
        organisation_id=account.organisation_id,
        sponsor_id=account.id,
        membership_id=membership_id,
        start=start,
        until=each.period.until or start,
        price=each.price,
        part=each.part,
        own=each.own,
        currency=each.covered.purchase.price.currency,
        claim_id=claim_id if each.part else None,
    )


async def _ask_members(runtime: Runtime, sponsor_id: UUID) -> None:
    """Each in a transaction of its own: nobody waits for anybody else's."""
    of, after = covered_period.c, UUID(int=0)
    while True:
        async with runtime.read(SERVICE) as connection:
            rows = await connection.execute(
                select(of.id, of.membership_id)
                .where(of.sponsor_id == sponsor_id, of.own > 0, of.own_claim_id.is_(None))
                .where(of.id > after)
                .order_by(of.id)
                .limit(AT_ONCE)
            )
            waiting = rows.all()
        for each in waiting:
            after = each.id
            purchase = await runtime.api(MembershipApi).purchase(membership_id=each.membership_id)
            if purchase is not None:
                async with runtime.begin(SERVICE) as uow:
                    await ask_member(uow, each.id, purchase)
        if len(waiting) < AT_ONCE:
            return


async def ask_member(uow: UnitOfWork, period_id: UUID, purchase: Purchase) -> None:
    """Ask the member for the rest of a period's price, at the desk; once."""
    covered = await uow.session.get_one(CoveredPeriod, period_id)
    member = Payer(
        kind="person",
        id=purchase.member_id,
        member_id=purchase.member_id,
        person_id=purchase.person_id,
    )
    account = await account_of(uow, purchase.organisation_id, member)
    dues = await dues_of(uow, purchase, account)
    claim = await charge_fee(
        uow,
        dues,
        text=purchase.plan_name,
        fee=Money(covered.own, covered.currency),
        cause=covered.id,
        paid_for=Period(covered.start, covered.until),
    )
    await uow.flush()
    covered.own_claim_id = claim.id
