"""Reads of employees and assignments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.secrets import Secrets
from gymhopper.contexts.staff.domain.employee import Contact
from gymhopper.contexts.staff.storage.sealing import ContactSeal
from gymhopper.contexts.staff.storage.tables import assignment, employee
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeCard:
    """What a list shows of an employee."""

    id: UUID
    organisation_id: UUID
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeView(EmployeeCard):
    """An employee with contact data in the clear."""

    contact: Contact
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentView:
    """An assignment with its dates."""

    id: UUID
    organisation_id: UUID
    employee_id: UUID
    role: str
    legal_entity_id: UUID | None
    location_id: UUID | None
    start_at: datetime
    until_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentFilter:
    """Which assignments; `over` False leaves out those that have ended by `now`."""

    now: datetime
    employee_id: UUID | None = None
    role: str | None = None
    over: bool = False


async def employees(
    connection: AsyncConnection, *, after: UUID | None, limit: int
) -> list[EmployeeCard]:
    """The employees that the transaction may see, oldest first, from behind the given one."""
    columns = [employee.c[name] for name in EmployeeCard.__dataclass_fields__]
    query = select(*columns).order_by(employee.c.id).limit(limit)
    if after is not None:
        query = query.where(employee.c.id > after)
    return [EmployeeCard(**row) for row in (await connection.execute(query)).mappings()]


async def employee_view(
    connection: AsyncConnection, employee_id: UUID, secrets: Secrets
) -> EmployeeView:
    """The employee; NotFound when the transaction sees none of this id."""
    row = (
        await connection.execute(select(employee).where(employee.c.id == employee_id))
    ).one_or_none()
    if row is None:
        raise NotFound("There is no employee with this id.")
    return _view(row, secrets)


async def assignments(
    connection: AsyncConnection, wanted: AssignmentFilter, *, after: UUID | None, limit: int
) -> list[AssignmentView]:
    """The wanted assignments, oldest first, from behind the given one."""
    held = assignment.c
    columns = [held[name] for name in AssignmentView.__dataclass_fields__]
    query = select(*columns).order_by(held.id).limit(limit)
    if wanted.employee_id is not None:
        query = query.where(held.employee_id == wanted.employee_id)
    if wanted.role is not None:
        query = query.where(held.role == wanted.role)
    if not wanted.over:
        query = query.where(or_(held.until_at.is_(None), held.until_at > wanted.now))
    if after is not None:
        query = query.where(held.id > after)
    return [AssignmentView(**row) for row in (await connection.execute(query)).mappings()]


def _view(row: Row[Any], secrets: Secrets) -> EmployeeView:
    return EmployeeView(
        id=row.id,
        organisation_id=row.organisation_id,
        first_name=row.first_name,
        last_name=row.last_name,
        contact=ContactSeal(secrets).open(row.id, row.contact),
        created_at=row.created_at,
        version=row.version,
    )
