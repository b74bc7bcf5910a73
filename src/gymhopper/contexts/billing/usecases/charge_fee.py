"""Ask for something once: a fee for a freeze, a visit without a credit."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.checkout import BillingAccount
from gymhopper.contexts.billing.domain.claim import Claim
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.line import Line
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.bill_by_hand import CLAIM_DUE
from gymhopper.contexts.billing.usecases.fetch_snapshot import Nothing, fetch_snapshot
from gymhopper.contexts.billing.usecases.keep_books import invoice_claim
from gymhopper.contexts.billing.usecases.open_dues import running
from gymhopper.contexts.billing.usecases.settle_claim import settle_claim
from gymhopper.contexts.billing.usecases.take_over import take_over
from gymhopper.contexts.billing.usecases.use_credit import pay_by_credit
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.kernel.period import Period

TIME_TO_PAY = timedelta(days=7)
"""How long a fee may be paid at the desk before it is overdue."""


async def charge_fee(
    uow: UnitOfWork,
    dues: Dues,
    *,
    text: str,
    fee: Money,
    cause: UUID,
    paid_for: Period | None = None,
) -> Claim:
    """The claim for it, one for each cause. Whoever collects the membership collects the fee.

    `paid_for` is the time that it pays a part of, where it does.
    """
    found = await uow.session.scalar(select(Claim).where(tables.claim.c.cause == cause))
    if found is not None:
        return found
    if fee.currency != dues.currency or fee.amount <= 0:
        raise InvalidInput(f"A fee is an amount in {dues.currency}.", field="fee")
    collecting = await running(uow, dues)
    account = await uow.get(BillingAccount, dues.billing_account_id)
    provider = collecting.provider if collecting is not None else await _provider(uow, dues)
    by_hand = provider == AT_THE_DESK or account.provider_customer_id is None
    key = new_id()
    time = paid_for or Period(uow.now, uow.now)
    claim = Claim(
        id=key,
        dues_id=dues.id,
        organisation_id=dues.organisation_id,
        person_id=dues.person_id,
        membership_id=dues.membership_id,
        billing_account_id=dues.billing_account_id,
        subscription_id=collecting.id if collecting is not None else None,
        provider=AT_THE_DESK if by_hand else provider,
        provider_invoice_id=no_invoice_yet(key),
        kind="fee",
        cause=cause,
        lines=(
            Line(
                kind="fee" if paid_for is None else "period",
                text=text,
                amount=fee.amount,
                tax_code=dues.terms.tax_code,
                start=time.start,
                until=time.until or time.start,
            ),
        ),
        amount=fee.amount,
        outstanding=fee.amount,
        currency=fee.currency,
        start=time.start,
        until=time.until or time.start,
        first=False,
        due_at=uow.now + TIME_TO_PAY if by_hand else None,
    )
    uow.add(claim)
    if by_hand:
        await pay_by_credit(uow, dues, claim)
        await settle_claim(uow, dues, claim)
        await uow.schedule(CLAIM_DUE, str(key), uow.now + TIME_TO_PAY)
    else:
        await uow.flush()
        await invoice_claim(uow, dues, claim)
        await defer_charge(uow, key)
    return claim


_earlier = tables.claim.alias()
_paid_before = (
    select(tables.payment.c.provider_payment_id)
    .join(_earlier, tables.payment.c.claim_id == _earlier.c.id)
    .where(
        _earlier.c.dues_id == tables.claim.c.dues_id,
        tables.payment.c.provider == tables.claim.c.provider,
        tables.payment.c.fence.is_(None),
    )
    .order_by(tables.payment.c.paid_at.desc())
    .limit(1)
    .correlate(tables.claim)
    .scalar_subquery()
)
"""What was paid last for the same membership, by the same provider."""


async def _provider(uow: UnitOfWork, dues: Dues) -> str:
    """Where the payer is a customer: who collected this membership last."""
    table = tables.subscription
    found = await uow.session.scalar(
        select(table.c.provider)
        .where(table.c.dues_id == dues.id, table.c.provider != AT_THE_DESK)
        .order_by(table.c.id.desc())
        .limit(1)
    )
    return found or AT_THE_DESK


async def defer_charge(uow: UnitOfWork, claim_id: UUID, *, failures: int = 0) -> None:
    """Have the provider asked after the commit."""
    await uow.defer(
        "billing.charge_claim",
        lock=f"billing.charge_claim:{claim_id}",
        claim_id=str(claim_id),
        failures=failures,
    )


async def charge_claim(runtime: Runtime, provider: PaymentProvider, claim_id: UUID) -> None:
    """Have the provider collect a fee, once for each claim; then take over how that went."""
    claim, account = tables.claim, tables.billing_account
    subscription = tables.subscription
    async with runtime.database.transaction(SERVICE, read_only=True) as connection:
        row = (
            await connection.execute(
                select(
                    claim.c.amount,
                    claim.c.currency,
                    claim.c.lines,
                    claim.c.provider_invoice_id,
                    account.c.provider_customer_id,
                    subscription.c.provider_id,
                    _paid_before.label("payment_id"),
                )
                .join_from(claim, account, claim.c.billing_account_id == account.c.id)
                .outerjoin(subscription, claim.c.subscription_id == subscription.c.id)
                .where(claim.c.id == claim_id, claim.c.status == "open")
            )
        ).one_or_none()
    if row is None:
        return
    invoice_id = row.provider_invoice_id
    if invoice_id == no_invoice_yet(claim_id):
        invoice_id = await provider.open_charge(
            claim_id,
            customer_id=row.provider_customer_id,
            subscription_id=row.provider_id,
            payment_id=row.payment_id,
            currency=row.currency,
        )
        async with runtime.begin(SERVICE) as uow:
            await uow.connection.execute(
                update(claim).where(claim.c.id == claim_id).values(provider_invoice_id=invoice_id)
            )
    await provider.collect_charge(
        invoice_id,
        customer_id=row.provider_customer_id,
        money=Money(row.amount, row.currency),
        text=row.lines[0].text,
    )
    found = await fetch_snapshot(runtime, provider, Subject("invoice", invoice_id))
    if not isinstance(found, Nothing):
        async with runtime.begin(SERVICE) as uow:
            await take_over(uow, found)


def no_invoice_yet(claim_id: UUID) -> str:
    """What stands in the place of a provider's invoice, and stays where there will be none."""
    return f"{AT_THE_DESK}:{claim_id}"
