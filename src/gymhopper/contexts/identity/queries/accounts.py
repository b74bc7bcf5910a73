"""Reads of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.storage.addresses import AddressSeal
from gymhopper.contexts.identity.storage.tables import account
from gymhopper.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """An active account, as a sign-in looks for it."""

    id: UUID
    password_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails:
    """An account with its address in the clear: for its holder."""

    id: UUID
    email: str | None = field(repr=False)
    name: str | None = field(repr=False)
    confirmed: bool
    has_password: bool
    administrator: bool
    language: str


async def account_by_email(
    connection: AsyncConnection, indexes: Sequence[bytes]
) -> FoundAccount | None:
    """The active account whose address stands under one of these blind indexes."""
    query = select(account.c.id, account.c.password_hash).where(
        account.c.email_index.in_(indexes), account.c.status == "active"
    )
    row = (await connection.execute(query)).mappings().first()
    return None if row is None else FoundAccount(**row)


async def account_details(
    connection: AsyncConnection, account_id: UUID, seal: AddressSeal
) -> AccountDetails:
    """The account; NotFound when there is none with this id."""
    row = (await connection.execute(select(account).where(account.c.id == account_id))).first()
    if row is None:
        raise NotFound("There is no account with this id.")
    return AccountDetails(
        id=row.id,
        email=seal.open(row.id, row.email) if row.email is not None else None,
        name=seal.open(row.id, row.name) if row.name is not None else None,
        confirmed=row.email_confirmed_at is not None,
        has_password=row.password_hash is not None,
        administrator=row.administrator,
        language=row.language,
    )
