"""Recognises sessions: of browsers by their cookies, of programs by their access tokens."""

import hmac
from datetime import datetime
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.acting import NOBODY, ActingFor
from gymhopper.contexts.identity.domain.opaque_token import ACCESS, SESSION, OpaqueToken
from gymhopper.contexts.identity.domain.session import noted_every
from gymhopper.contexts.identity.memory import Recognised
from gymhopper.contexts.identity.queries import sessions as queries
from gymhopper.contexts.identity.queries.sessions import HeldSession
from gymhopper.contexts.identity.recognition.acting import acting
from gymhopper.contexts.identity.settings import identity_settings
from gymhopper.contexts.identity.usecases.note_use import note_seen
from gymhopper.contracts.identity.api import Caller

_NO_HASH = bytes(32)


class BrowserSessions:
    """`ghs_...`: what the session cookie holds."""

    prefix = SESSION + "_"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def recognise(self, token: str) -> Recognised | None:
        """Whoever signed in with this browser."""
        parsed = OpaqueToken.parse(SESSION, token)
        if parsed is None:
            return None
        async with self._runtime.read(SERVICE) as connection:
            found = await queries.held_session(connection, parsed.id)
            stored = found.hash if found and found.hash else _NO_HASH
            if not hmac.compare_digest(stored, parsed.hash()) or found is None:
                return None
            acts = await acting(connection, found, self._runtime.clock.now())
        return await _recognised(self._runtime, found, acts)


class AccessTokens:
    """`gha_...`: what a program sends for some minutes."""

    prefix = ACCESS + "_"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def recognise(self, token: str) -> Recognised | None:
        """Whoever signed in with this program."""
        parsed = OpaqueToken.parse(ACCESS, token)
        if parsed is None:
            return None
        async with self._runtime.read(SERVICE) as connection:
            found = await queries.held_access(connection, parsed.id)
            if not hmac.compare_digest(found.hash if found else _NO_HASH, parsed.hash()):
                return None
            if found is None or found.expires_at <= self._runtime.clock.now():
                return None
            acts = await acting(connection, found.session, self._runtime.clock.now())
        return await _recognised(self._runtime, found.session, acts, found.expires_at)


async def session_caller(runtime: Runtime, session_id: UUID) -> Caller | None:
    """Who stands behind the session at this moment, whatever is remembered of it."""
    async with runtime.read(SERVICE) as connection:
        found = await queries.held_session(connection, session_id)
        if found is None:
            return None
        return _caller(found, await acting(connection, found, runtime.clock.now()))


async def _recognised(
    runtime: Runtime, found: HeldSession, acts: ActingFor, ends_at: datetime | None = None
) -> Recognised | None:
    now, idle = runtime.clock.now(), identity_settings(runtime).session_idle
    idle_applies = found.client == "browser"  # a program's session ends with its refresh token

    def ends(seen_at: datetime) -> datetime:
        return min(seen_at + idle, found.expires_at) if idle_applies else found.expires_at

    if ends(found.last_seen_at) <= now:
        return None
    if now - found.last_seen_at >= noted_every(idle):
        async with runtime.begin(SERVICE) as uow:
            await note_seen(uow, found.id)
    # Whatever was noted now counts at the next look, five seconds later at most.
    until = _earliest(ends(found.last_seen_at), ends_at, acts.until)
    return Recognised(_caller(found, acts), until)


def _earliest(*instants: datetime | None) -> datetime:
    return min(each for each in instants if each is not None)


def _caller(session: HeldSession, acts: ActingFor) -> Caller:
    if session.administrator and acts is NOBODY:
        return Caller(
            kind="staff",
            id=session.account_id,
            organisation_id=None,
            scopes=("*",),
            everywhere=True,
            session_id=session.id,
        )
    return Caller(
        kind=acts.kind,
        id=session.account_id,
        organisation_id=acts.organisation_id,
        scopes=acts.scopes,
        person_id=acts.person_id,
        session_id=session.id,
        assignment_id=acts.assignment_id,
        role=acts.role,
        legal_entity_id=acts.legal_entity_id,
        location_id=acts.location_id,
        impersonator=acts.impersonator,
        within=acts.within,
    )
