"""Reads of whom providers know."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.storage.factor_tables import oidc_subject
from gymhopper.contexts.identity.storage.tables import account


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccount:
    """The account behind a provider's subject, and whether it can sign in."""

    account_id: UUID
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    """A provider that signs somebody in."""

    id: UUID
    issuer: str
    created_at: datetime
    last_used_at: datetime


async def linked_account(
    connection: AsyncConnection, issuer: str, subject: str
) -> LinkedAccount | None:
    """The account of this subject; None when nobody has come with it."""
    query = (
        select(account.c.id, account.c.status)
        .join(oidc_subject, oidc_subject.c.account_id == account.c.id)
        .where(oidc_subject.c.issuer == issuer, oidc_subject.c.subject == subject)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else LinkedAccount(account_id=row.id, active=row.status == "active")


async def subjects_of(connection: AsyncConnection, account_id: UUID) -> list[SubjectView]:
    """The providers that sign in to the account, the first one first."""
    columns = [oidc_subject.c[name] for name in SubjectView.__dataclass_fields__]
    query = select(*columns).where(oidc_subject.c.account_id == account_id)
    rows = (await connection.execute(query.order_by(oidc_subject.c.id))).mappings()
    return [SubjectView(**row) for row in rows]
