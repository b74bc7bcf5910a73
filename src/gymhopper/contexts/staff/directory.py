"""Answers other contexts' questions about employees."""

from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.staff import queries
from gymhopper.contracts.staff.api import Employee, Held
from gymhopper.kernel.errors import NotFound


class Directory:
    """Keeps `StaffApi`. It answers the platform itself; what a caller may know is the asker's."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def employee(self, *, employee_id: UUID) -> Employee | None:
        """The employee, or None when there is none of that id."""
        wanted = queries.AssignmentFilter(now=self._runtime.clock.now(), employee_id=employee_id)
        async with self._runtime.read(SERVICE) as connection:
            try:
                found = await queries.employee_view(connection, employee_id, self._runtime.secrets)
            except NotFound:
                return None
            held = await queries.assignments(connection, wanted, after=None, limit=1000)
        return Employee(
            employee_id=found.id,
            organisation_id=found.organisation_id,
            email=found.contact.email,
            held=tuple(
                Held(
                    role=each.role,
                    legal_entity_id=each.legal_entity_id,
                    location_id=each.location_id,
                )
                for each in held
            ),
        )
