"""Freezes and blocks: stretches in which access stops although the contract runs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from gymhopper.contexts.membership.domain.conditions import Extension
from gymhopper.contexts.membership.domain.freezing import Frozen
from gymhopper.contracts.membership import events
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.period import Period
from gymhopper.kernel.term import Term

OverlayKind = Literal["freeze", "block"]


@dataclass(eq=False, kw_only=True)
class Overlay:
    """A stretch `[start, until)` with who asked for it and why, and which of the three effects
    it has: no access, no billing, a term that ends later."""

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
    stops_access: bool = True
    extends_term: bool = False
    fee_from: datetime | None = None
    fees_told: int = 0

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

    def frozen(self, zone: str) -> Frozen:
        """Its local days."""
        beyond = None if self.until is None else local_date(self.until, zone)
        return Frozen(local_date(self.start, zone), beyond)

    def next_fee(self, every: Term | None, zone: str) -> datetime | None:
        """When it costs something next, None for never: from `fee_from` on, and again with every
        such length of it. `fees_told` counts those that were told of."""
        at = self.fee_from
        if at is not None and self.fees_told:
            if every is None:
                return None
            at = start_of_day(every.boundary(local_date(at, zone), self.fees_told), zone)
        return at if at is not None and (self.until is None or at < self.until) else None

    def fees(self, every: Term | None, zone: str) -> list[datetime]:
        """When it costs something from its beginning to its end; the first time, without one."""
        if self.fee_from is None:
            return []
        found, first = [self.fee_from], local_date(self.fee_from, zone)
        while every is not None and self.until is not None:
            at = start_of_day(every.boundary(first, len(found)), zone)
            if at >= self.until:
                break
            found.append(at)
        return found

    def extension(self, zone: str, now: datetime) -> Extension:
        """By how many local days it moves the end of a term; as yet, when it has no end."""
        until = self.until or max(self.start, now)
        first, beyond = local_date(self.start, zone), local_date(until, zone)
        return Extension(first, (beyond - first).days)

    def state(self) -> events.Overlay:
        """As others are told of it."""
        return events.Overlay(
            overlay_id=self.id,
            kind=self.kind,
            start=self.start,
            until=self.until,
            stops_billing=self.stops_billing,
            stops_access=self.stops_access,
            extends_term=self.extends_term,
        )
