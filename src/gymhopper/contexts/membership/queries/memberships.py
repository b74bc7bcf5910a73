"""What can be asked about memberships."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.contexts.membership.domain.conditions import Conditions
from gymhopper.contexts.membership.domain.label import Label, label
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.offer import Offer
from gymhopper.contexts.membership.domain.renewal import renewed_from
from gymhopper.contexts.membership.queries.payers import named
from gymhopper.contexts.membership.storage import tables
from gymhopper.contracts.membership.api import Payer, PayerKind, Purchase
from gymhopper.contracts.membership.discount import Discount
from gymhopper.contracts.membership.events import MembershipState
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.money import Money
from gymhopper.kernel.term import Interval, Term


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipView:
    """A membership as it is, the word for its state, and the terms that it was sold with.

    `reasons` are those of its freezes and blocks, by their ids: for the desk, not for events.
    """

    state: MembershipState
    label: Label
    cancellation_reason: str | None
    reasons: Mapping[UUID, str]
    plan_name: str
    price_id: UUID
    price: Money
    interval: Interval
    interval_count: int
    starts_on: date
    legal_entity_id: UUID
    conditions: Conditions
    offer: Offer
    joining_fee: Money | None
    discount: Discount | None
    tax_included: bool
    trial_until: datetime | None
    payer_kind: PayerKind
    payer_id: UUID
    transferred_from: UUID | None
    transferred_to: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOut:
    """Ends that somebody who cancels now may ask for: that of the period, that of the term that
    binds (None: none does), and the earliest that term and notice allow."""

    period_end: datetime
    term_end: datetime | None
    earliest_end: datetime


def view(membership: Membership, now: datetime) -> MembershipView:
    """The membership at `now`."""
    return MembershipView(
        state=membership.state(now),
        label=label(membership, now),
        cancellation_reason=membership.cancellation_reason,
        reasons={each.id: each.reason for each in membership.overlays},
        plan_name=membership.plan_name,
        price_id=membership.price_id,
        price=membership.price,
        interval=membership.interval,
        interval_count=membership.interval_count,
        starts_on=membership.starts_on,
        legal_entity_id=membership.legal_entity_id,
        conditions=membership.conditions,
        offer=membership.offer,
        joining_fee=membership.joining_fee,
        discount=membership.discount,
        tax_included=membership.tax_included,
        trial_until=membership.trial_until,
        payer_kind=membership.payer_kind,
        payer_id=membership.payer_id or membership.member_id,
        transferred_from=membership.transferred_from,
        transferred_to=membership.transferred_to,
    )


def ways_out(membership: Membership, now: datetime) -> WaysOut:
    """The ends that are open at `now`."""
    return WaysOut(
        period_end=membership.period_end(now),
        term_end=membership.term_end(now),
        earliest_end=membership.earliest_end(now),
    )


async def membership_view(
    connection: AsyncConnection, membership_id: UUID, now: datetime
) -> MembershipView:
    """The membership; NotFound when it is not visible."""
    return view(await _load(connection, membership_id), now)


async def membership_ways_out(
    connection: AsyncConnection, membership_id: UUID, now: datetime
) -> WaysOut:
    """How the membership can be left; NotFound when it is not visible."""
    return ways_out(await _load(connection, membership_id), now)


async def first_day_of_renewal(
    connection: AsyncConnection, membership_id: UUID, now: datetime
) -> tuple[UUID, date]:
    """The plan that would be renewed, and from which local day on; NotFound when the membership is
    not visible, IllegalTransition when nothing follows it."""
    membership = await _load(connection, membership_id)
    return membership.plan_id, renewed_from(membership, now)


async def _load(connection: AsyncConnection, membership_id: UUID) -> Membership:
    async with AsyncSession(connection) as session:
        found = await session.get(Membership, membership_id)
        if found is None:
            raise NotFound("There is no membership with this id.")
        return found


async def purchase(connection: AsyncConnection, membership_id: UUID) -> Purchase | None:
    """What the membership costs, on the terms as they were sold."""
    bought = tables.membership.c
    row = (
        await connection.execute(select(tables.membership).where(bought.id == membership_id))
    ).one_or_none()
    if row is None:
        return None
    payer = None
    if row.payer_id is not None:
        payer = await named(connection, row.payer_kind, row.payer_id, row.organisation_id)
    return purchase_of(row, payer)


def purchase_of(row: Row[Any], payer: Payer | None) -> Purchase:
    """The same, of a row of the table."""
    return Purchase(
        membership_id=row.id,
        member_id=row.member_id,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        legal_entity_id=row.legal_entity_id,
        plan_id=row.plan_id,
        plan_name=row.plan_name,
        price_id=row.price_id,
        price=Money(row.price_amount, row.price_currency),
        interval=row.interval,
        interval_count=row.interval_count,
        contract=row.contract,
        starts_on=row.starts_on,
        zone=row.zone,
        kind=row.offer.kind,
        periods=row.offer.charged_periods(Term(row.interval, row.interval_count), row.conditions),
        joining_fee=_fee(row.joining_fee_amount, row.price_currency),
        tax_code=row.offer.tax_code,
        tax_included=row.tax_included,
        trial_days=row.offer.trial_days,
        taken_over=row.transferred_from is not None,
        discount=row.discount,
        payer=payer,
    )


def _fee(amount: int | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
