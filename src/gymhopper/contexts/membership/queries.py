"""What can be asked about members, plans and memberships."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.membership.domain.label import Label, label
from gymhopper.contexts.membership.domain.member import MemberStatus
from gymhopper.contexts.membership.domain.membership import Membership
from gymhopper.contexts.membership.domain.person import Contact, SealedContact
from gymhopper.contexts.membership.domain.plan import FreezeRules, SalesChannel
from gymhopper.contexts.membership.domain.terms import Interval
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.sealing import ContactSeal
from gymhopper.contracts.membership.api import MemberRef, PersonName, Purchase
from gymhopper.contracts.membership.coverage import Coverage
from gymhopper.contracts.membership.events import MembershipState
from gymhopper.kernel.errors import NotFound
from gymhopper.kernel.money import Money

_SEARCHED_WORDS = 5


class MemberCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a list shows of a member."""

    member_id: UUID
    person_id: UUID
    organisation_id: UUID
    number: str
    first_name: str
    last_name: str
    status: MemberStatus


class MemberDetails(MemberCard, frozen=True, kw_only=True):
    """All that the organisation knows of a member; `memberships` are ids, newest first."""

    contact: Contact
    tags: tuple[str, ...]
    notes: str
    external_ref: str | None
    registered_at: datetime
    memberships: tuple[UUID, ...]


class PriceOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A price of a plan."""

    price_id: UUID
    money: Money
    valid_from: date
    valid_until: date | None
    channel: SalesChannel | None


class PlanOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A plan of the catalogue with all its prices, also those of other days."""

    plan_id: UUID
    organisation_id: UUID
    legal_entity_id: UUID
    name: str
    coverage: Coverage
    interval: Interval
    interval_count: int
    entry_grace_days: int
    freeze_rules: FreezeRules
    zone: str
    prices: tuple[PriceOffer, ...]


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
    )


async def membership_view(
    connection: AsyncConnection, membership_id: UUID, now: datetime
) -> MembershipView:
    """The membership; NotFound when it is not visible."""
    async with AsyncSession(connection) as session:
        found = await session.get(Membership, membership_id)
        if found is None:
            raise NotFound("There is no membership with this id.")
        return view(found, now)


_CARD = (
    tables.member.c.id.label("member_id"),
    tables.member.c.person_id,
    tables.member.c.organisation_id,
    tables.member.c.number,
    tables.person.c.first_name,
    tables.person.c.last_name,
    tables.member.c.status,
)


_SEALED = (
    tables.person.c.contact_key,
    tables.person.c.contact,
    tables.person.c.email_index,
    tables.person.c.phone_index,
    tables.person.c.birth_date_index,
)


async def member_details(
    connection: AsyncConnection, member_id: UUID, secrets: Secrets
) -> MemberDetails:
    """The member with contact data in the clear; NotFound when it is not visible."""
    asked = (
        select(
            *_CARD,
            tables.member.c.tags,
            tables.member.c.notes,
            tables.member.c.external_ref,
            tables.member.c.registered_at,
            *_SEALED,
        )
        .join_from(tables.member, tables.person)
        .where(tables.member.c.id == member_id)
    )
    row = (await connection.execute(asked)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no member with this id.")
    bought = await connection.execute(
        select(tables.membership.c.id)
        .where(tables.membership.c.member_id == member_id)
        .order_by(tables.membership.c.id.desc())
    )
    known = dict(row)
    sealed = SealedContact(*(known.pop(each.name) for each in _SEALED))
    return MemberDetails(
        **known | {"tags": tuple(known["tags"])},
        contact=ContactSeal(secrets).open(row["person_id"], sealed),
        memberships=tuple(bought.scalars()),
    )


async def search_members(
    connection: AsyncConnection,
    *,
    organisation_id: UUID | None,
    words: Sequence[str] = (),
    after: tuple[str, str, UUID] | None = None,
    limit: int,
) -> list[MemberCard]:
    """Members whose name contains each word, or whose number begins with it.

    By last name, first name and id, those behind `after`; of one organisation, or of all that
    are visible.
    """
    order = (tables.person.c.last_name, tables.person.c.first_name, tables.member.c.id)
    asked = select(*_CARD).join_from(tables.member, tables.person).order_by(*order).limit(limit)
    if organisation_id is not None:
        # The wall would see to it, but no index can be used for the wall.
        asked = asked.where(tables.member.c.organisation_id == organisation_id)
    for word in words[:_SEARCHED_WORDS]:
        asked = asked.where(
            or_(
                tables.person.c.first_name.icontains(word, autoescape=True),
                tables.person.c.last_name.icontains(word, autoescape=True),
                tables.member.c.number.startswith(word, autoescape=True),
            )
        )
    if after is not None:
        asked = asked.where(tuple_(*order) > tuple_(*after))
    rows = await connection.execute(asked)
    return [MemberCard(**row) for row in rows.mappings()]


async def plan_offers(
    connection: AsyncConnection,
    *,
    organisation_id: UUID | None = None,
    plan_id: UUID | None = None,
    after: UUID | None = None,
    limit: int,
) -> list[PlanOffer]:
    """Plans on offer, oldest first, of one organisation or of all."""
    plan, price = tables.plan.c, tables.price.c
    asked = select(tables.plan).where(plan.status == "offered").order_by(plan.id).limit(limit)
    if organisation_id is not None:
        asked = asked.where(plan.organisation_id == organisation_id)
    if plan_id is not None:
        asked = asked.where(plan.id == plan_id)
    if after is not None:
        asked = asked.where(plan.id > after)
    plans = (await connection.execute(asked)).all()
    prices = await connection.execute(
        select(tables.price)
        .where(price.plan_id.in_([each.id for each in plans]))
        .order_by(price.valid_from, price.id)
    )
    of_plan: dict[UUID, list[PriceOffer]] = {each.id: [] for each in plans}
    for row in prices:
        of_plan[row.plan_id].append(_price_offer(row))
    return [_plan_offer(each, of_plan[each.id]) for each in plans]


async def purchase(connection: AsyncConnection, membership_id: UUID) -> Purchase | None:
    """What the membership costs, on the terms as they were sold."""
    bought = tables.membership.c
    row = (
        await connection.execute(select(tables.membership).where(bought.id == membership_id))
    ).one_or_none()
    if row is None:
        return None
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
    )


async def member_ref(connection: AsyncConnection, member_id: UUID) -> MemberRef | None:
    """Which person the member is."""
    member = tables.member.c
    row = (
        await connection.execute(
            select(member.id, member.person_id, member.organisation_id).where(
                member.id == member_id
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return MemberRef(member_id=row.id, person_id=row.person_id, organisation_id=row.organisation_id)


async def person_names(
    connection: AsyncConnection, person_ids: Sequence[UUID]
) -> tuple[PersonName, ...]:
    """The names of these people."""
    person = tables.person.c
    rows = await connection.execute(
        select(person.id, person.first_name, person.last_name).where(person.id.in_(person_ids))
    )
    return tuple(
        PersonName(person_id=row.id, first_name=row.first_name, last_name=row.last_name)
        for row in rows
    )


def _price_offer(row: Row[Any]) -> PriceOffer:
    return PriceOffer(
        price_id=row.id,
        money=Money(row.amount, row.currency),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        channel=row.channel,
    )


def _plan_offer(row: Row[Any], prices: Sequence[PriceOffer]) -> PlanOffer:
    return PlanOffer(
        plan_id=row.id,
        organisation_id=row.organisation_id,
        legal_entity_id=row.legal_entity_id,
        name=row.name,
        coverage=row.coverage,
        interval=row.interval,
        interval_count=row.interval_count,
        entry_grace_days=row.entry_grace_days,
        freeze_rules=row.freeze_rules,
        zone=row.zone,
        prices=tuple(prices),
    )
