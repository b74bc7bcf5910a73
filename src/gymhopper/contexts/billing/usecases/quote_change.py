"""What it costs to become another plan, from whoever collects the membership."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain import plan_change
from gymhopper.contexts.billing.domain.dues import Dues
from gymhopper.contexts.billing.domain.left_over import given_up, left_over, left_over_there
from gymhopper.contexts.billing.domain.line import Line, lines_of
from gymhopper.contexts.billing.domain.payment import AT_THE_DESK
from gymhopper.contexts.billing.domain.provider import ENDED, ProviderLine
from gymhopper.contexts.billing.domain.subscription import Subscription
from gymhopper.contexts.billing.domain.terms import Terms, changed
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.open_dues import claims_from, rate_from
from gymhopper.contracts.billing.api import PlanChangeQuote, QuotedLine, QuoteRefusal
from gymhopper.contracts.membership.plan_changes import PlanTerms
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWanted:
    """The membership is to become these terms, at once or at the end of the period, `at`."""

    membership_id: UUID
    terms: PlanTerms
    at: datetime
    at_once: bool


async def quote_change(
    runtime: Runtime, provider: PaymentProvider, wanted: ChangeWanted
) -> PlanChangeQuote:
    """The amounts, or why it cannot be."""
    async with runtime.read(SERVICE) as connection, AsyncSession(connection) as session:
        dues = await session.scalar(
            select(Dues).where(tables.dues.c.membership_id == wanted.membership_id)
        )
        if dues is None or dues.contract_ended or dues.change is not None:
            return _refused(wanted, "not_collected")
        collecting = await session.scalar(
            select(Subscription).where(
                tables.subscription.c.dues_id == dues.id,
                tables.subscription.c.status.not_in(ENDED),
            )
        )
        day = local_date(wanted.at, dues.terms.zone)
        rate = await rate_from(session, dues.terms.legal_entity_id, wanted.terms.tax_code, day)
        new = changed(dues.terms, wanted.terms, rate, day)
        if collecting is None or collecting.provider_id is None or collecting.period_until is None:
            return _refused(wanted, "not_collected")
        if collecting.status not in {"active", "trialing"}:
            return _refused(wanted, "not_collected")
        by_hand = collecting.provider == AT_THE_DESK
        if by_hand and not wanted.at_once and await _partly_paid(session, dues, wanted.at):
            return _refused(wanted, "partly_paid")
        claims = await claims_from(session, dues) if wanted.at_once else []
    if not wanted.at_once:
        other = new.cycle != dues.terms.cycle and not by_hand
        return _refused(wanted, "other_interval") if other else _quote(wanted, new, ())
    if by_hand:
        if plan_change.period_of(dues.terms, wanted.at) is None:
            return _refused(wanted, "out_of_period")
        found = plan_change.lines(
            dues.terms, new, day, billed_until=collecting.period_until, frozen=dues.frozen
        )
        if sum(each.amount for each in found) >= 0:
            return _quote(wanted, new, found)
        over = left_over(
            dues.terms,
            new,
            day,
            claims=claims,
            account_id=dues.billing_account_id,
            billed_until=collecting.period_until,
            frozen=dues.frozen,
        )
        if over is None:
            return _quote(wanted, new, found, refusal="left_over")
        return _quote(wanted, new, over.lines)
    start = collecting.period_start
    if start is None or not start <= wanted.at <= collecting.period_until:
        return _refused(wanted, "out_of_period")
    if given_up(dues.terms, claims, wanted.at):
        return _refused(wanted, "given_back")
    shown = await provider.preview_change(collecting.provider_id, new, wanted.at)
    charged = shown.amount.amount
    refusal: QuoteRefusal | None = None
    if charged < 0:
        lines = lines_of(dues.terms, shown.lines, new)
        payer = dues.billing_account_id
        over = left_over_there(dues.terms, new, wanted.at, lines, claims=claims, account_id=payer)
        refusal = "left_over" if over is None else None
    return _quote(wanted, new, shown.lines, charged=charged, refusal=refusal)


def _quote(
    wanted: ChangeWanted,
    new: Terms,
    lines: Sequence[Line | ProviderLine],
    *,
    charged: int | None = None,
    refusal: QuoteRefusal | None = None,
) -> PlanChangeQuote:
    total = sum(each.amount for each in lines) if charged is None else charged
    return PlanChangeQuote(
        charged=Money(total, new.price.currency),
        each_period=new.price,
        priced_at=wanted.at,
        lines=tuple(
            QuotedLine(
                text=each.text,
                amount=each.amount,
                start=each.period.start,
                until=each.period.until or each.period.start,
            )
            for each in lines
            if each.amount
        ),
        refusal=refusal,
    )


def _refused(wanted: ChangeWanted, why: QuoteRefusal) -> PlanChangeQuote:
    nothing = Money(0, wanted.terms.price.currency)
    return PlanChangeQuote(charged=nothing, each_period=nothing, priced_at=wanted.at, refusal=why)


async def _partly_paid(session: AsyncSession, dues: Dues, start: datetime) -> bool:
    """Whether something came in for a period that would be asked for anew."""
    claim = tables.claim.c
    found = await session.execute(
        select(claim.id).where(
            claim.dues_id == dues.id,
            claim.kind == "period",
            claim.cause.is_(None),
            claim.start >= start,
            claim.status != "void",
            claim.outstanding < claim.amount,
        )
    )
    return found.first() is not None
