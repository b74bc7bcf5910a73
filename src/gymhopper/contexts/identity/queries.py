"""Reads of API keys."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.storage.tables import api_key


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyView:
    """What may be told about a key: everything but its secret."""

    id: UUID
    organisation_id: UUID | None
    name: str
    kind: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldKey:
    """A key that is not revoked, with the hash that proves who holds it."""

    id: UUID
    organisation_id: UUID | None
    kind: str
    hash: bytes
    scopes: tuple[str, ...]
    expires_at: datetime | None
    last_used_at: datetime | None


async def api_keys(
    connection: AsyncConnection, *, after: UUID | None, limit: int
) -> list[ApiKeyView]:
    """The keys that the transaction may see, oldest first, from behind the given one."""
    columns = [api_key.c[name] for name in ApiKeyView.__dataclass_fields__]
    query = select(*columns).order_by(api_key.c.id).limit(limit)
    if after is not None:
        query = query.where(api_key.c.id > after)
    return [ApiKeyView(**row) for row in (await connection.execute(query)).mappings()]


async def held_key(connection: AsyncConnection, *, prefix: str) -> HeldKey | None:
    """The key with this prefix, unless it was revoked."""
    columns = [api_key.c[name] for name in HeldKey.__dataclass_fields__]
    query = select(*columns).where(api_key.c.prefix == prefix, api_key.c.revoked_at.is_(None))
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else HeldKey(**row)
