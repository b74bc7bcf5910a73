"""What follows from late cancellations and missed classes: fees, and strikes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from gymhopper.contexts.scheduling.domain.errors import IllegalTransition
from gymhopper.contexts.scheduling.domain.rules import Strikes
from gymhopper.kernel.money import Money

Why = Literal["late_cancel", "no_show"]
FeeStatus = Literal["pending", "charged", "waived"]


@dataclass(eq=False, kw_only=True)
class Fee:
    """`amount` minor units, charged at `due_at` unless staff waive them before.

    It is of a booking or of an appointment, and the other one is None.
    """

    id: UUID
    booking_id: UUID | None = None
    appointment_id: UUID | None = None
    host_organisation_id: UUID
    home_organisation_id: UUID
    person_id: UUID
    amount: int
    currency: str
    why: Why
    due_at: datetime
    status: FeeStatus = "pending"
    reason: str = ""
    settled_at: datetime | None = None

    @property
    def of(self) -> UUID:
        """The booking, or the appointment."""
        found = self.booking_id or self.appointment_id
        assert found is not None  # noqa: S101 - the table's check holds it
        return found

    @property
    def money(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount, self.currency)

    def waive(self, reason: str, now: datetime) -> None:
        """It is not charged. Raises IllegalTransition when it was, or is waived already."""
        if self.status != "pending":
            raise IllegalTransition(f"This fee is {self.status} already.")
        self.status, self.reason, self.settled_at = "waived", reason, now

    def charge(self, now: datetime) -> None:
        """It is billing's from now on."""
        self.status, self.settled_at = "charged", now


@dataclass(eq=False, kw_only=True)
class Strike:
    """Counts against a person at an organisation for some days; `held_until` is set by the one that
    was too many."""

    id: UUID
    organisation_id: UUID
    person_id: UUID
    booking_id: UUID
    given_at: datetime
    held_until: datetime | None = None
    taken_back_at: datetime | None = None
    version: int = 0


def hold_until(strikes: Strikes, counted: int, now: datetime) -> datetime | None:
    """Until when nothing can be booked once so many count; None: it is a warning."""
    return None if counted < strikes.most else now + timedelta(days=strikes.hold_days)
