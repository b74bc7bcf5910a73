"""Kinds of classes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gymhopper.contexts.scheduling.domain.errors import Retired
from gymhopper.contexts.scheduling.domain.requirements import Requirements
from gymhopper.kernel.errors import InvalidInput


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

    def __post_init__(self) -> None:
        check_requirements(self.requirements)

    def change(self, given: Mapping[str, Any]) -> None:
        """Take over what is given, by the names of the fields. Raises InvalidInput, Retired."""
        self.require()
        check_requirements(given.get("requirements", self.requirements))
        for name, value in given.items():
            setattr(self, name, value)

    def retire(self, now: datetime) -> None:
        """Nothing new is made of it. Raises Retired when that was said before."""
        self.require()
        self.retired_at = now

    def require(self) -> None:
        """Raises Retired when it is not offered any more."""
        if self.retired_at is not None:
            raise Retired("This kind of class is not offered any more.")


def check_requirements(asked: Requirements) -> None:
    """Raises InvalidInput when nobody is of the right age."""
    least, most = asked.minimum_age, asked.maximum_age
    if least is not None and most is not None and most < least:
        raise InvalidInput("The highest age is below the lowest.", field="requirements.maximum_age")
