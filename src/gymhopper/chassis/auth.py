"""Who acts, and for which organisation."""

from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from gymhopper.kernel.errors import Forbidden

Kind = Literal["staff", "member", "partner", "device", "service", "anonymous"]


@dataclass(frozen=True, slots=True)
class AuthSubject:
    """A caller with what it may do.

    `organisation_id` is the tenant it acts for. `everywhere` lifts the tenant wall: only the
    platform's own administrators and its background work have it. `person_id` is the person whose
    own rows it may see, a member's: those `within` these organisations, and within none of them
    nothing at all.

    `session_id` is the session behind the caller; `assignment_id` the dated assignment that it acts
    for, with its `role`, and the legal entity and location to which that is limited (None: not
    limited). `impersonator` is the account of a supporter who looks through the caller's eyes,
    within the supporter's organisation.
    """

    kind: Kind
    id: UUID | None = None
    organisation_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    everywhere: bool = False
    person_id: UUID | None = None
    session_id: UUID | None = None
    assignment_id: UUID | None = None
    role: str | None = None
    legal_entity_id: UUID | None = None
    location_id: UUID | None = None
    impersonator: UUID | None = None
    within: tuple[UUID, ...] = ()

    @property
    def actor(self) -> str:
        """Who did it, as events and logs write it: `staff:0191...`."""
        if self.impersonator is not None:
            return f"support:{self.impersonator}"
        return f"{self.kind}:{self.id}" if self.id else self.kind

    def acts_as(self, person_id: UUID, organisation_id: UUID) -> bool:
        """Whether it sees what this organisation has of this person because it is the person's.

        What `chassis.acts_as` says in the database, for answers that come from elsewhere.
        """
        return self.person_id == person_id and organisation_id in self.within

    def at(self, organisation_id: UUID) -> "AuthSubject":
        """The same caller before all that an organisation has.

        For a deed that touches rows of others, such as a guest's, once it is certain that the
        caller may do it; who did it stays known.
        """
        return replace(self, organisation_id=organisation_id, person_id=None, within=())

    def may(self, scope: str) -> bool:
        """Whether the scope was granted, by name, by `area:*` or by `*`."""
        area = scope.partition(":")[0]
        return not self.scopes.isdisjoint({scope, f"{area}:*", "*"})

    def require(self, scope: str) -> None:
        """Raise Forbidden when the scope was not granted."""
        if not self.may(scope):
            raise Forbidden(f"This needs the scope {scope}.", code="scope_missing")

    def require_place(
        self, *, location_id: UUID | None = None, legal_entity_id: UUID | None = None
    ) -> None:
        """Raise Forbidden when the caller's assignment is limited to another place.

        What belongs to no location (a legal entity, a calendar) is another place for those who are
        limited to one, and likewise with legal entities.
        """
        if self.location_id is not None:
            here = location_id == self.location_id
        else:
            here = self.legal_entity_id in {None, legal_entity_id}
        if not here:
            raise Forbidden("Your assignment is for another place.", code="not_your_place")


ANONYMOUS = AuthSubject(kind="anonymous")
SERVICE = AuthSubject(kind="service", scopes=frozenset({"*"}), everywhere=True)
"""The platform's own background work: event handlers, jobs, timers."""
