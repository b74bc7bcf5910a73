"""What others may ask staff."""

from typing import Protocol
from uuid import UUID

import msgspec


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A role that an employee has or will have, and where: see `AssignmentGranted`."""

    role: str
    legal_entity_id: UUID | None = None
    location_id: UUID | None = None


class Employee(msgspec.Struct, frozen=True, kw_only=True):
    """An employee: how to reach them, and what they may do or will be allowed to."""

    employee_id: UUID
    organisation_id: UUID
    email: str | None
    held: tuple[Held, ...]


class StaffApi(Protocol):
    """Facts about employees that signing in needs."""

    async def employee(self, *, employee_id: UUID) -> Employee | None:
        """The employee, or None when there is none of that id."""
        ...
