"""A new price for everybody who has a plan, announced one after another."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.membership.domain.errors import IllegalTransition
from gymhopper.kernel.money import Money


@dataclass(eq=False, kw_only=True)
class PriceRun:
    """Of `total` memberships, `done` were looked at; of these `skipped` keep their price.

    `last_id` is how far it has come, so that one that was broken off goes on from there.
    """

    id: UUID
    organisation_id: UUID
    plan_id: UUID
    price: Money
    effective_on: date
    reason: str
    started_at: datetime
    started_by: str
    total: int
    status: Literal["announcing", "announced", "withdrawing", "withdrawn"] = "announcing"
    done: int = 0
    skipped: int = 0
    last_id: UUID | None = None
    version: int = 0

    def withdraw(self) -> None:
        """Take every announcement back that is not in force yet."""
        if self.status != "announced":
            raise IllegalTransition(f"This run is {self.status}.")
        self.status, self.last_id = "withdrawing", None
        self.version += 1
