"""Routes of what sponsors are asked for, were asked for, and owe."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.contexts.billing.domain.collective import month_after
from gymhopper.contexts.billing.http.fields import Amount, ClaimView, claim_view
from gymhopper.contexts.billing.queries import sponsors as queries
from gymhopper.contexts.billing.usecases.gather_periods import gather_periods, looked_at
from gymhopper.contracts.membership.sponsors.api import SponsorsApi
from gymhopper.kernel.errors import NotFound

router = APIRouter(prefix="/payments/sponsors", tags=["payments"])


class SponsorAccountView(BaseModel):
    """What a sponsor owes. Months before `billed_until` were asked for; documents are made out as
    the billing account says, which has the sponsor's id."""

    sponsor_id: UUID
    billing_account_id: UUID
    owed: Amount
    overdue_since: datetime | None
    billed_from: datetime
    billed_until: datetime
    pays_within_days: int


class NextPeriods(BaseModel):
    """So many periods of one price, of which the sponsor pays `part` each, a member `own`."""

    count: int
    price: Amount
    part: Amount
    own: Amount


class NextClaim(BaseModel):
    """What comes for `[start, until)` if nobody else comes or leaves: asked for at `until`."""

    start: datetime
    until: datetime
    amount: Amount
    own: Amount
    periods: list[NextPeriods]


class SponsorClaimPage(Page[ClaimView]):
    """Some of a sponsor's claims."""


class CoveredPeriodView(BaseModel):
    """A membership's period, of whose price the sponsor pays `part` and the member `own`."""

    id: UUID
    membership_id: UUID
    start: datetime
    until: datetime
    price: Amount
    part: Amount
    own: Amount
    claim_id: UUID | None
    own_claim_id: UUID | None


class CoveredPeriodPage(Page[CoveredPeriodView]):
    """Some of the periods that a sponsor was asked for."""


class CoveredPeriodQuery(PageQuery):
    """Which periods."""

    claim_id: UUID | None = None


@router.get("/{sponsor_id}", summary="Read what a sponsor owes")
async def get_sponsor_account(
    sponsor_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsorships:read")
) -> SponsorAccountView:
    """What is overdue, and up to which month it was asked."""
    async with runtime.read(caller) as connection:
        account, _ = await queries.sponsor_account(connection, sponsor_id)
        dues = await queries.sponsor_dues(connection, account.dues_id)
    return SponsorAccountView(
        sponsor_id=account.id,
        billing_account_id=account.id,
        owed=Amount(amount=dues.owed, currency=dues.currency),
        overdue_since=dues.overdue_since,
        billed_from=account.billed_from,
        billed_until=account.billed_until,
        pays_within_days=account.pays_within_days,
    )


@router.get("/{sponsor_id}/claims", summary="List a sponsor's claims")
async def list_sponsor_claims(
    sponsor_id: UUID,
    query: Annotated[PageQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("sponsorships:read"),
) -> SponsorClaimPage:
    """The newest first. Money that came in is entered for each claim, as for any other."""
    async with runtime.read(caller) as connection:
        found = await queries.sponsor_claims(
            connection, sponsor_id, after=query.after(UUID), limit=query.fetch
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return SponsorClaimPage(items=[claim_view(each) for each in shown], next_cursor=next_cursor)


@router.get("/{sponsor_id}/periods", summary="List the periods that a sponsor was asked for")
async def list_covered_periods(
    sponsor_id: UUID,
    query: Annotated[CoveredPeriodQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("sponsorships:read"),
) -> CoveredPeriodPage:
    """The newest first: who pays how much of each. With a claim, those that are in it."""
    async with runtime.read(caller) as connection:
        found = await queries.covered_periods(
            connection,
            sponsor_id,
            claim_id=query.claim_id,
            after=query.after(UUID),
            limit=query.fetch,
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return CoveredPeriodPage(
        items=[
            CoveredPeriodView(
                id=each.id,
                membership_id=each.membership_id,
                start=each.start,
                until=each.until,
                price=Amount(amount=each.price, currency=each.currency),
                part=Amount(amount=each.part, currency=each.currency),
                own=Amount(amount=each.own, currency=each.currency),
                claim_id=each.claim_id,
                own_claim_id=each.own_claim_id,
            )
            for each in shown
        ],
        next_cursor=next_cursor,
    )


@router.get("/{sponsor_id}/next-claim", summary="See what a sponsor will be asked for next")
async def preview_sponsor_claim(
    sponsor_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("sponsorships:read")
) -> NextClaim:
    """Reckoned as the claim itself will be."""
    async with runtime.read(caller) as connection:
        account, zone = await queries.sponsor_account(connection, sponsor_id)
        dues = await queries.sponsor_dues(connection, account.dues_id)
    until = month_after(account.billed_until, zone)
    within = looked_at(account, zone, until)
    sponsoring = await runtime.api(SponsorsApi).sponsoring(
        sponsor_id=sponsor_id, start=within.start, until=until
    )
    if sponsoring is None:
        raise NotFound(queries.MISSING)
    async with runtime.read(caller) as connection, AsyncSession(connection) as session:
        owed = await gather_periods(session, account, sponsoring, within)

    def money(amount: int) -> Amount:
        return Amount(amount=amount, currency=dues.currency)

    several: dict[tuple[int, int], int] = {}
    for each in owed:
        alike = (each.price, each.part)
        several[alike] = several.get(alike, 0) + 1
    return NextClaim(
        start=account.billed_until,
        until=until,
        amount=money(sum(each.part for each in owed)),
        own=money(sum(each.own for each in owed)),
        periods=[
            NextPeriods(count=count, price=money(price), part=money(part), own=money(price - part))
            for (price, part), count in sorted(several.items())
        ],
    )
