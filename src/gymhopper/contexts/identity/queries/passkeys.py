"""Reads of passkeys."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.storage.factor_tables import passkey


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyView:
    """A passkey, as its holder sees it."""

    id: UUID
    name: str
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None
    suspect_since: datetime | None


async def passkeys_of(connection: AsyncConnection, account_id: UUID) -> list[PasskeyView]:
    """The account's passkeys, oldest first."""
    columns = [passkey.c[name] for name in PasskeyView.__dataclass_fields__]
    query = select(*columns).where(passkey.c.account_id == account_id).order_by(passkey.c.id)
    return [PasskeyView(**row) for row in (await connection.execute(query)).mappings()]
