"""Who teaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gymhopper.contexts.scheduling.domain.errors import Retired


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

    def change(self, given: Mapping[str, Any], now: datetime) -> None:
        """Take over what is given: the `name`, and whether they are `retired`."""
        for name, value in given.items():
            if name == "retired":
                self.retired_at = (self.retired_at or now) if value else None
            else:
                setattr(self, name, value)

    def require(self) -> None:
        """Raises Retired when they teach nothing new."""
        if self.retired_at is not None:
            raise Retired(f"{self.name} does not teach any more.", field="instructor_ids")
