"""Reads of sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.database import Asks
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
IDS: ColumnElement[bool] = any_(bindparam("ids", type_=ARRAY(Uuid)))
"""What a column of ids is compared with in a statement that is made once; the ids come with it."""

_HELD_SESSIONS = select(*_SESSION).where(session.c.id == IDS, *_LIVE)
_HELD_ACCESSES = select(
    token_grant.c.id.label("grant_id"),
    token_grant.c.access_hash,
    token_grant.c.access_expires_at,
    *_SESSION,
).where(token_grant.c.id == IDS, session.c.id == token_grant.c.session_id, *_LIVE)


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


async def held_sessions(connection: Asks, session_ids: Sequence[UUID]) -> dict[UUID, HeldSession]:
    """Those of the sessions that were not ended, nor their accounts closed, by id."""
    rows = await connection.execute(_HELD_SESSIONS, {"ids": list(session_ids)})
    return {row.id: _session(row) for row in rows}


async def held_accesses(connection: Asks, grant_ids: Sequence[UUID]) -> dict[UUID, HeldAccess]:
    """The access tokens with these ids whose sessions were not ended, by id."""
    rows = await connection.execute(_HELD_ACCESSES, {"ids": list(grant_ids)})
    return {
        row.grant_id: HeldAccess(
            session=_session(row), hash=row.access_hash, expires_at=row.access_expires_at
        )
        for row in rows
    }


def _session(row: Any) -> HeldSession:
    return HeldSession(**{name: getattr(row, name) for name in HeldSession.__dataclass_fields__})


def any_of(ids: Sequence[UUID]) -> ColumnElement[bool]:
    """What a column of ids is compared with to be one of these: the same statement for any
    number of them."""
    return any_(literal(list(ids), ARRAY(Uuid)))
