"""Recognises sessions: of browsers by their cookies, of programs by their access tokens."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Asks
from gymhopper.chassis.gathering import Gathering
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.acting import NOBODY, ActingFor
from gymhopper.contexts.identity.domain.opaque_token import ACCESS, SESSION, OpaqueToken
from gymhopper.contexts.identity.domain.session import noted_every
from gymhopper.contexts.identity.memory import Recognised
from gymhopper.contexts.identity.queries import sessions as queries
from gymhopper.contexts.identity.queries.sessions import HeldAccess, HeldSession
from gymhopper.contexts.identity.recognition.acting import acting
from gymhopper.contexts.identity.settings import identity_settings
from gymhopper.contexts.identity.usecases.note_use import note_seen
from gymhopper.contracts.identity.api import Caller

_NO_HASH = bytes(32)


_AT_ONCE = 200
_WAITING = 10_000


@dataclass(frozen=True, slots=True)
class _Proven:
    """A live session whose token was right, and when the token ends, if before the session."""

    session: HeldSession
    ends_at: datetime | None = None


class BrowserSessions:
    """`ghs_...`: what the session cookie holds."""

    prefix = SESSION + "_"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._asked = Gathering(self._recognise, at_once=_AT_ONCE, waiting=_WAITING)

    async def recognise(self, token: str) -> Recognised | None:
        """Whoever signed in with this browser. Many at once are looked up together."""
        parsed = OpaqueToken.parse(SESSION, token)
        return None if parsed is None else await self._asked.ask(parsed)

    async def _recognise(self, tokens: Sequence[OpaqueToken]) -> Sequence[Recognised | None]:
        async with self._runtime.asking(SERVICE) as connection:
            held = await queries.held_sessions(connection, [each.id for each in tokens])
            proven = [_browser(each, held.get(each.id)) for each in tokens]
            acts = await _acts(connection, proven, self._runtime.clock.now())
        return await _recognised(self._runtime, proven, acts)


class AccessTokens:
    """`gha_...`: what a program sends for some minutes."""

    prefix = ACCESS + "_"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._asked = Gathering(self._recognise, at_once=_AT_ONCE, waiting=_WAITING)

    async def recognise(self, token: str) -> Recognised | None:
        """Whoever signed in with this program. Many at once are looked up together."""
        parsed = OpaqueToken.parse(ACCESS, token)
        return None if parsed is None else await self._asked.ask(parsed)

    async def _recognise(self, tokens: Sequence[OpaqueToken]) -> Sequence[Recognised | None]:
        async with self._runtime.asking(SERVICE) as connection:
            now = self._runtime.clock.now()
            held = await queries.held_accesses(connection, [each.id for each in tokens])
            proven = [_program(each, held.get(each.id), now) for each in tokens]
            acts = await _acts(connection, proven, now)
        return await _recognised(self._runtime, proven, acts)


async def session_caller(runtime: Runtime, session_id: UUID) -> Caller | None:
    """Who stands behind the session at this moment, whatever is remembered of it."""
    async with runtime.asking(SERVICE) as connection:
        held = await queries.held_sessions(connection, [session_id])
        found = held.get(session_id)
        if found is None:
            return None
        acts = await acting(connection, [found], runtime.clock.now())
    return _caller(found, acts[session_id])


def _browser(token: OpaqueToken, held: HeldSession | None) -> _Proven | None:
    stored = held.hash if held and held.hash else _NO_HASH
    if not hmac.compare_digest(stored, token.hash()) or held is None:
        return None
    return _Proven(held)


def _program(token: OpaqueToken, held: HeldAccess | None, now: datetime) -> _Proven | None:
    if not hmac.compare_digest(held.hash if held else _NO_HASH, token.hash()):
        return None
    if held is None or held.expires_at <= now:
        return None
    return _Proven(held.session, held.expires_at)


async def _acts(
    connection: Asks, proven: Sequence[_Proven | None], now: datetime
) -> Mapping[UUID, ActingFor]:
    sessions = [each.session for each in proven if each is not None]
    return await acting(connection, sessions, now) if sessions else {}


async def _recognised(
    runtime: Runtime, proven: Sequence[_Proven | None], acts: Mapping[UUID, ActingFor]
) -> list[Recognised | None]:
    now, idle = runtime.clock.now(), identity_settings(runtime).session_idle

    def ends(session: HeldSession) -> datetime:
        # A program's session ends with its refresh token.
        unused = session.last_seen_at + idle if session.client == "browser" else None
        return _earliest(unused, session.expires_at)

    found: list[Recognised | None] = []
    unnoted: set[UUID] = set()
    for each in proven:
        if each is None or ends(each.session) <= now:
            found.append(None)
            continue
        if now - each.session.last_seen_at >= noted_every(idle):
            unnoted.add(each.session.id)
        acts_for = acts[each.session.id]
        # Whatever is noted now counts at the next look, five seconds later at most.
        until = _earliest(ends(each.session), each.ends_at, acts_for.until)
        found.append(Recognised(_caller(each.session, acts_for), until))
    if unnoted:
        async with runtime.begin(SERVICE) as uow:
            await note_seen(uow, sorted(unnoted))
    return found


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
