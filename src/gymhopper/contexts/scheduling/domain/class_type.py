"""Kinds of classes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gymhopper.contexts.scheduling.domain.errors import Retired
from gymhopper.contexts.scheduling.domain.requirements import Requirements


@dataclass(eq=False, kw_only=True)
class ClassType:
    """What classes are made of: spin, yoga for beginners.

    A place takes so many `credits` of whoever comes on credits. `minutes` is how long a class is
    unless it says otherwise.
    """

    id: UUID
    organisation_id: UUID
    name: str
    description: str
    minutes: int
    credits: int
    requirements: Requirements
    created_at: datetime
    retired_at: datetime | None = None
    version: int = 0

    def retire(self, now: datetime) -> None:
        """Nothing new is made of it. Raises Retired when that was said before."""
        self.require()
        self.retired_at = now

    def require(self) -> None:
        """Raises Retired when it is not offered any more."""
        if self.retired_at is not None:
            raise Retired("This kind of class is not offered any more.")
