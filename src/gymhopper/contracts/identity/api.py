"""Who is calling."""

from typing import Protocol
from uuid import UUID

import msgspec


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A caller that proved who it is.

    `kind` is one of staff, member, partner, device, service; `organisation_id` is the organisation
    it acts for. `everywhere` are the platform's own administrators, who act for all organisations.
    A member acts for no organisation but sees the rows of its own `person_id` `within` these
    organisations: those that vouched for it.

    `session_id` is set when a session stands behind the token, and `assignment_id` when that
    session acts for an assignment: for its `role`, at its legal entity and location, or at all of
    the organisation's when they are None. `impersonator` is the account of the supporter who looks
    through the caller's eyes; such a caller only reads, within the supporter's organisation.
    """

    kind: str
    id: UUID
    organisation_id: UUID | None
    scopes: tuple[str, ...]
    everywhere: bool = False
    person_id: UUID | None = None
    session_id: UUID | None = None
    assignment_id: UUID | None = None
    role: str | None = None
    legal_entity_id: UUID | None = None
    location_id: UUID | None = None
    impersonator: UUID | None = None
    within: tuple[UUID, ...] = ()


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What an assignment may give: a named set of scopes.

    `organisation_kind` is the only kind of organisation (brand, operator) that has the role, or
    None for every one.
    """

    name: str
    scopes: tuple[str, ...]
    organisation_kind: str | None = None


class IdentityApi(Protocol):
    """Answers who stands behind a bearer token, and what roles may do."""

    async def authenticate(self, *, token: str) -> Caller | None:
        """The caller whose live token this is, or None."""
        ...

    async def roles(self) -> tuple[Role, ...]:
        """All roles that may be granted."""
        ...
