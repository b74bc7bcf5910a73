"""Make a key and hand out its token, once."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.identity.domain.api_key import (
    ApiKey,
    Kind,
    checked_expiry,
    checked_scopes,
)
from gymhopper.contexts.identity.domain.token import Token
from gymhopper.contexts.identity.queries.api_keys import ApiKeyView
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKey:
    """`organisation_id` None makes a platform administrator."""

    organisation_id: UUID | None
    name: str
    kind: Kind
    scopes: tuple[str, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CreatedApiKey:
    """The key, and the token that nobody can be shown again."""

    key: ApiKeyView
    token: str = field(repr=False)


async def create_api_key(uow: UnitOfWork, command: CreateApiKey) -> CreatedApiKey:
    """Make the key.

    Raises InvalidInput for a scope or an expiry that cannot be, and Forbidden for a scope that the
    caller does not hold: nobody gives away more than they have.
    """
    scopes = checked_scopes(command.scopes)
    for scope in scopes:
        uow.subject.require(scope)
    token = Token.new()
    key = ApiKey(
        id=new_id(),
        organisation_id=command.organisation_id,
        name=command.name,
        kind=command.kind,
        prefix=token.prefix,
        hash=token.hash(),
        scopes=scopes,
        created_at=uow.now,
        expires_at=checked_expiry(command.expires_at, uow.now),
    )
    uow.add(key)
    return CreatedApiKey(ApiKeyView.of(key), token.reveal())
