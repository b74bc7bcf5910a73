"""Recognises callers by their tokens."""

import hmac
from datetime import datetime, timedelta

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity import queries
from gymhopper.contexts.identity.domain.roles import GRANTED
from gymhopper.contexts.identity.domain.token import Token
from gymhopper.contexts.identity.usecases.note_use import note_use
from gymhopper.contracts.identity.api import Caller, Role

REMEMBERED = timedelta(seconds=5)
"""How long an answer is kept in the process, and so how long a revoked key may live on."""

NOTED = timedelta(hours=1)
"""How exactly the last use of a key is known."""

_CAPACITY = 10_000
_NO_HASH = bytes(32)


class Authentication:
    """Keeps `IdentityApi` with the keys in the database, and a short memory of live ones.

    It looks keys up before it is known who calls, therefore as the platform itself.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._remembered: dict[tuple[str, bytes], tuple[datetime, Caller]] = {}

    async def authenticate(self, *, token: str) -> Caller | None:
        """The caller whose live token this is, or None."""
        parsed = Token.parse(token)
        if parsed is None:
            return None
        proof = (parsed.prefix, parsed.hash())
        now = self._runtime.clock.now()
        known = self._remembered.get(proof)
        if known is not None and now < known[0]:
            return known[1]
        self._remembered.pop(proof, None)
        found = await self._look_up(*proof, now)
        if found is None:
            return None
        caller = Caller(
            kind=found.kind,
            id=found.id,
            organisation_id=found.organisation_id,
            scopes=found.scopes,
            everywhere=found.organisation_id is None,
        )
        until = now + REMEMBERED
        self._remember(proof, min(until, found.until or until), caller)
        return caller

    async def roles(self) -> tuple[Role, ...]:
        """All roles that may be granted."""
        return tuple(
            Role(name=each.name, scopes=tuple(sorted(each.scopes)), organisation_kind=each.at)
            for each in GRANTED.values()
        )

    async def _look_up(self, prefix: str, given: bytes, now: datetime) -> queries.HeldKey | None:
        async with self._runtime.read(SERVICE) as connection:
            key = await queries.held_key(connection, prefix=prefix)
        # Compared also when there is no such key, so that the time taken does not tell.
        if not hmac.compare_digest(key.hash if key else _NO_HASH, given) or key is None:
            return None
        if key.until is not None and key.until <= now:
            return None
        if key.last_used_at is None or now - key.last_used_at >= NOTED:
            async with self._runtime.begin(SERVICE) as uow:
                await note_use(uow, key.id)
        return key

    def _remember(self, proof: tuple[str, bytes], until: datetime, caller: Caller) -> None:
        while len(self._remembered) >= _CAPACITY:
            self._remembered.pop(next(iter(self._remembered)))
        self._remembered[proof] = (until, caller)
