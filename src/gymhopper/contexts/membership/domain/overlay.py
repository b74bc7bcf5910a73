"""Freezes and blocks: stretches in which access stops although the contract runs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.contracts.membership import events
from gymhopper.kernel.period import Period

OverlayKind = Literal["freeze", "block"]


@dataclass(eq=False, kw_only=True)
class Overlay:
    """A stretch `[start, until)` with who asked for it and why."""

    id: UUID
    membership_id: UUID
    organisation_id: UUID
    person_id: UUID
    kind: OverlayKind
    start: datetime
    until: datetime | None
    stops_billing: bool
    reason: str
    created_by: str
    created_at: datetime

    @property
    def period(self) -> Period:
        """When it holds."""
        return Period(self.start, self.until)

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.until is not None and self.until <= now

    def next_change(self, now: datetime) -> datetime | None:
        """When it starts or ends next, None when nothing is to come."""
        if now < self.start:
            return self.start
        return None if self.is_over(now) else self.until

    def state(self) -> events.Overlay:
        """As others are told of it."""
        return events.Overlay(
            overlay_id=self.id,
            kind=self.kind,
            start=self.start,
            until=self.until,
            stops_billing=self.stops_billing,
        )
