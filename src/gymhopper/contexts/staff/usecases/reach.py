"""How far a caller's own power reaches: nobody hands on, takes or moves more than they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.staff.domain.assignment import Assignment
from gymhopper.contexts.staff.storage import tables
from gymhopper.contracts.identity.api import IdentityApi, Role
from gymhopper.kernel.errors import Forbidden, InvalidInput


class RoleExceedsYours(Forbidden):
    """The role may do something that the caller may not."""

    code = "role_exceeds_yours"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a subject may do, measured against what roles may do."""

    subject: AuthSubject
    roles: Mapping[str, Role]

    @classmethod
    async def of(cls, runtime: Runtime, subject: AuthSubject) -> Reach:
        """The subject's reach. It asks identity: ask before the unit of work begins."""
        roles = await runtime.api(IdentityApi).roles()
        return cls(subject, {each.name: each for each in roles})

    def role(self, name: str) -> Role:
        """The role of this name; InvalidInput when there is none."""
        found = self.roles.get(name)
        if found is None:
            raise InvalidInput(f"There is no role {name!r}.", field="role")
        return found

    def require(self, role: str, *, legal_entity_id: UUID | None, location_id: UUID | None) -> None:
        """Pass when the subject could do there all that somebody with this role can.

        Raises RoleExceedsYours, or Forbidden `not_your_place`.
        """
        if not all(self.subject.may(scope) for scope in self.role(role).scopes):
            raise RoleExceedsYours(f"The role {role} may do more than you may.")
        self.subject.require_place(location_id=location_id, legal_entity_id=legal_entity_id)

    async def require_over(self, uow: UnitOfWork, employee_id: UUID) -> None:
        """The same for everything that an employee has or will have.

        Whoever changes how an employee is reached can have an account of their own invited in that
        name, and so must already be allowed all that the name allows.
        """
        held = tables.assignment.c
        query = select(Assignment).where(
            held.employee_id == employee_id, or_(held.until_at.is_(None), held.until_at > uow.now)
        )
        for each in await uow.session.scalars(query):
            self.require(
                each.role, legal_entity_id=each.legal_entity_id, location_id=each.location_id
            )
