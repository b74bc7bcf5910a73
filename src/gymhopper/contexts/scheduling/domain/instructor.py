"""Who teaches."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(eq=False, kw_only=True)
class Instructor:
    """A name in the timetable: an employee's, or that of somebody who comes from elsewhere."""

    id: UUID
    organisation_id: UUID
    employee_id: UUID | None
    name: str
    created_at: datetime
    retired_at: datetime | None = None
    version: int = 0
