"""Reads of sessions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.contexts.identity.storage.tables import account, session, token_grant


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSession:
    """A session that was not ended, of an active account."""

    id: UUID
    account_id: UUID
    client: str
    administrator: bool
    hash: bytes | None
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAccess:
    """An access token's hash, with the session that it belongs to."""

    session: HeldSession
    hash: bytes
    expires_at: datetime


_SESSION = (
    session.c.id,
    session.c.account_id,
    session.c.client,
    account.c.administrator,
    session.c.hash,
    session.c.last_seen_at,
    session.c.expires_at,
)
_LIVE = (
    session.c.account_id == account.c.id,
    session.c.ended_at.is_(None),
    account.c.status == "active",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """Where somebody is signed in, as they are shown it."""

    id: UUID
    client: str
    device_name: str
    address: str | None
    methods: tuple[str, ...]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


async def live_sessions(
    connection: AsyncConnection, account_id: UUID, *, now: datetime, idle: timedelta
) -> list[SessionView]:
    """Where the account is signed in now, the latest used first."""
    columns = [session.c[name] for name in SessionView.__dataclass_fields__]
    query = (
        select(*columns)
        .where(
            session.c.account_id == account_id,
            session.c.ended_at.is_(None),
            session.c.expires_at > now,
            or_(session.c.client == "program", session.c.last_seen_at > now - idle),
        )
        .order_by(session.c.last_seen_at.desc(), session.c.id.desc())
        .limit(200)
    )
    return [SessionView(**row) for row in (await connection.execute(query)).mappings()]


async def held_session(connection: AsyncConnection, session_id: UUID) -> HeldSession | None:
    """The session, unless it was ended or its account closed."""
    query = select(*_SESSION).where(session.c.id == session_id, *_LIVE)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else HeldSession(**row)


async def held_access(connection: AsyncConnection, grant_id: UUID) -> HeldAccess | None:
    """The access token with this id, unless its session was ended."""
    query = select(
        token_grant.c.access_hash, token_grant.c.access_expires_at, token_grant.c.session_id
    ).where(token_grant.c.id == grant_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    found = await held_session(connection, row.session_id)
    if found is None:
        return None
    return HeldAccess(session=found, hash=row.access_hash, expires_at=row.access_expires_at)
