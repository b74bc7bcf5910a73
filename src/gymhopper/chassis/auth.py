"""Who acts, and for which organisation."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from gymhopper.kernel.errors import Forbidden

Kind = Literal["staff", "member", "partner", "device", "service", "anonymous"]


@dataclass(frozen=True, slots=True)
class AuthSubject:
    """A caller with what it may do.

    `organisation_id` is the tenant it acts for. `everywhere` lifts the tenant wall: only the
    platform's own administrators and its background work have it.
    """

    kind: Kind
    id: UUID | None = None
    organisation_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    everywhere: bool = False

    @property
    def actor(self) -> str:
        """Who did it, as events and logs write it: `staff:0191...`."""
        return f"{self.kind}:{self.id}" if self.id else self.kind

    def may(self, scope: str) -> bool:
        """Whether the scope was granted, by name, by `area:*` or by `*`."""
        area = scope.partition(":")[0]
        return not self.scopes.isdisjoint({scope, f"{area}:*", "*"})

    def require(self, scope: str) -> None:
        """Raise Forbidden when the scope was not granted."""
        if not self.may(scope):
            raise Forbidden(f"This needs the scope {scope}.", code="scope_missing")


ANONYMOUS = AuthSubject(kind="anonymous")
SERVICE = AuthSubject(kind="service", scopes=frozenset({"*"}), everywhere=True)
"""The platform's own background work: event handlers, jobs, timers."""
