"""Recognises API keys."""

import hmac
from datetime import datetime, timedelta

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.token import Token
from gymhopper.contexts.identity.memory import Recognised
from gymhopper.contexts.identity.queries import api_keys as queries
from gymhopper.contexts.identity.usecases.note_use import note_use
from gymhopper.contracts.identity.api import Caller

NOTED = timedelta(hours=1)
"""How exactly the last use of a key is known."""

_NO_HASH = bytes(32)


class ApiKeys:
    """`gh_...`: a key of a program, of a partner, of a person who writes programs."""

    prefix = "gh_"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def recognise(self, token: str) -> Recognised | None:
        """The holder of the live key."""
        parsed = Token.parse(token)
        if parsed is None:
            return None
        found = await self._look_up(parsed.prefix, parsed.hash(), self._runtime.clock.now())
        if found is None:
            return None
        caller = Caller(
            kind=found.kind,
            id=found.id,
            organisation_id=found.organisation_id,
            scopes=found.scopes,
            everywhere=found.organisation_id is None,
        )
        return Recognised(caller, found.until)

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
