"""Reads of whom accounts may act for, and whom sessions act for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.database import Asks
from gymhopper.contexts.identity.queries.reach import REACH
from gymhopper.contexts.identity.queries.sessions import IDS
from gymhopper.contexts.identity.storage.acting_tables import (
    acting,
    assignment,
    employee_link,
    impersonation,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAssignment:
    """A role that an account has through an employee, with its dates."""

    id: UUID
    organisation_id: UUID
    employee_id: UUID
    role: str
    legal_entity_id: UUID | None
    location_id: UUID | None
    start_at: datetime
    until_at: datetime | None

    def in_force(self, now: datetime) -> bool:
        """Whether it holds at this instant."""
        return self.start_at <= now and (self.until_at is None or now < self.until_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPerson:
    """A person whom an account may act for, within the organisations that vouched for it.

    A `dependent` is somebody whose guardian the account acts for, and nothing more.
    """

    person_id: UUID
    within: tuple[UUID, ...]
    dependent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """The person through whose eyes a session looks, until when at most."""

    impersonation_id: UUID
    person_id: UUID
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a session was told to act for, as far as its account still may."""

    assignment: HeldAssignment | None = None
    person_id: UUID | None = None
    within: tuple[UUID, ...] = ()
    eyes: Eyes | None = None


_VOUCHED = func.array_agg(
    aggregate_order_by(REACH.c.organisation_id.distinct(), REACH.c.organisation_id)
)
_HELD = [assignment.c[name] for name in HeldAssignment.__dataclass_fields__]


_VOUCHED_FOR = (
    select(_VOUCHED)
    .where(REACH.c.account_id == acting.c.account_id, REACH.c.person_id == acting.c.person_id)
    .scalar_subquery()
)
_ASSIGNED = assignment.join(employee_link, employee_link.c.employee_id == assignment.c.employee_id)
_CHOSEN = (
    select(
        *_HELD,
        acting.c.session_id,
        acting.c.account_id,
        acting.c.person_id,
        _VOUCHED_FOR.label("within"),
        impersonation.c.id.label("impersonation_id"),
        impersonation.c.person_id.label("seen_person_id"),
        impersonation.c.until_at.label("seen_until"),
    )
    .select_from(acting)
    .outerjoin(
        _ASSIGNED,
        and_(
            assignment.c.id == acting.c.assignment_id,
            employee_link.c.account_id == acting.c.account_id,
        ),
    )
    .outerjoin(
        impersonation,
        and_(
            impersonation.c.session_id == acting.c.session_id,
            impersonation.c.assignment_id == acting.c.assignment_id,
            impersonation.c.ended_at.is_(None),
        ),
    )
    .where(acting.c.session_id == IDS)
)


async def chosen(connection: Asks, sessions: Mapping[UUID, UUID]) -> dict[UUID, Chosen]:
    """What the sessions, given with their accounts, were told to act for; without those that never
    were.

    Without the assignment or the person when the account is not, or is no longer, linked to it.
    """
    return {
        row.session_id: _chosen(row)
        for row in await connection.execute(_CHOSEN, {"ids": list(sessions)})
        if row.account_id == sessions[row.session_id]
    }


def _chosen(row: Any) -> Chosen:
    fields = HeldAssignment.__dataclass_fields__
    return Chosen(
        assignment=None
        if row.id is None
        else HeldAssignment(**{name: getattr(row, name) for name in fields}),
        person_id=None if row.within is None else row.person_id,
        within=tuple(row.within or ()),
        eyes=None
        if row.impersonation_id is None
        else Eyes(
            impersonation_id=row.impersonation_id,
            person_id=row.seen_person_id,
            until_at=row.seen_until,
        ),
    )


async def assignments_of(
    connection: AsyncConnection, account_id: UUID, now: datetime
) -> list[HeldAssignment]:
    """The assignments in force at `now` that the account may act for, oldest first."""
    query = (
        select(*_HELD)
        .join(employee_link, employee_link.c.employee_id == assignment.c.employee_id)
        .where(
            employee_link.c.account_id == account_id,
            assignment.c.start_at <= now,
            or_(assignment.c.until_at.is_(None), assignment.c.until_at > now),
        )
        .order_by(assignment.c.id)
    )
    return [HeldAssignment(**row) for row in (await connection.execute(query)).mappings()]


async def persons_of(connection: AsyncConnection, account_id: UUID) -> list[HeldPerson]:
    """The people whom the account may act for, the longest known first."""
    query = (
        select(
            REACH.c.person_id,
            _VOUCHED.label("within"),
            func.bool_and(REACH.c.dependent).label("dependent"),
        )
        .where(REACH.c.account_id == account_id)
        .group_by(REACH.c.person_id)
        .order_by(func.min(REACH.c.since), REACH.c.person_id)
    )
    return [
        HeldPerson(person_id=row.person_id, within=tuple(row.within), dependent=row.dependent)
        for row in await connection.execute(query)
    ]


async def last_chosen(
    connection: AsyncConnection, account_id: UUID
) -> tuple[UUID | None, UUID | None] | None:
    """The assignment or the person that the account acted for last, whether it still may or not."""
    query = (
        select(acting.c.assignment_id, acting.c.person_id)
        .where(
            acting.c.account_id == account_id,
            or_(acting.c.assignment_id.is_not(None), acting.c.person_id.is_not(None)),
        )
        .order_by(acting.c.chosen_at.desc(), acting.c.session_id.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row.assignment_id, row.person_id)
