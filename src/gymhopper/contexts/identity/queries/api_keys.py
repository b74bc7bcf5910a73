"""Reads of API keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.domain.api_key import ApiKey
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
    former_prefix: str | None
    former_until: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> ApiKeyView:
        """The view of a key that is at hand."""
        return cls(**{name: getattr(key, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldKey:
    """A key that is not revoked, with the hash that proves who holds it.

    `until` is when the token that was looked up ends.
    """

    id: UUID
    organisation_id: UUID | None
    kind: str
    hash: bytes
    scopes: tuple[str, ...]
    until: datetime | None
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
    """The key whose present or former token has this prefix, unless it was revoked."""
    key = api_key.c
    present = key.prefix == prefix
    query = select(
        key.id,
        key.organisation_id,
        key.kind,
        case((present, key.hash), else_=key.former_hash).label("hash"),
        key.scopes,
        case((present, key.expires_at), else_=func.least(key.former_until, key.expires_at)).label(
            "until"
        ),
        key.last_used_at,
    ).where(or_(present, key.former_prefix == prefix), key.revoked_at.is_(None))
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else HeldKey(**row)
