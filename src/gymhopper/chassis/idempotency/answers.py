"""The kept answers: one row for each caller and key, sealed, for a day."""

import hashlib
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.sealing import Sealer
from gymhopper.kernel.errors import Conflict, InvalidInput

KEPT = timedelta(hours=24)
"""How long an answer is repeated; after that the key is new."""

_LOCK = text("SELECT pg_try_advisory_xact_lock(:number)")
_FIND = text(
    "SELECT fingerprint, status, headers, answer FROM chassis.idempotency"
    " WHERE caller = :caller AND key = :key AND created_at > :since"
)
_KEEP = text(
    "INSERT INTO chassis.idempotency"
    " (caller, key, fingerprint, status, headers, answer, created_at)"
    " VALUES (:caller, :key, :fingerprint, :status, :headers, :answer, :now)"
    " ON CONFLICT (caller, key) DO UPDATE SET fingerprint = excluded.fingerprint,"
    " status = excluded.status, headers = excluded.headers, answer = excluded.answer,"
    " created_at = excluded.created_at"
)


class InUse(Conflict):
    """The first request with this key has not been answered yet."""

    code = "idempotency_key_in_use"
    retry_after = 1


class Reused(InvalidInput):
    """The key belongs to another request."""

    code = "idempotency_key_reused"


class Answer(msgspec.Struct, frozen=True):
    """What was answered: status, the fields that matter, body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Replayed(Exception):
    """The request was answered before, like this; nothing is to be done again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


class Slot:
    """The place for the answer to one request: its caller, key and fingerprint."""

    def __init__(self, sealer: Sealer, *, caller: str, key: str, fingerprint: bytes) -> None:
        self._sealer = sealer
        self._row = {"caller": caller, "key": key}
        self._fingerprint = fingerprint
        self._bound = f"{caller}\0{key}".encode()

    async def look(self, connection: AsyncConnection, now: datetime) -> None:
        """Raises Replayed when the request was answered, Reused when the key's was another."""
        asked = {**self._row, "since": now - KEPT}
        row = (await connection.execute(_FIND, asked)).one_or_none()
        if row is None:
            return
        if row.fingerprint != self._fingerprint:
            raise Reused(
                "This Idempotency-Key came with another request before.", field="Idempotency-Key"
            )
        headers = msgspec.msgpack.decode(
            self._sealer.open(row.headers, bound_to=self._bound),
            type=tuple[tuple[bytes, bytes], ...],
        )
        body = self._sealer.open(row.answer, bound_to=self._bound)
        raise Replayed(Answer(row.status, headers, body))

    async def claim(self, connection: AsyncConnection, now: datetime) -> None:
        """Hold the slot until the transaction ends. Raises InUse when another one does, and what
        `look` raises, which sees everything that an earlier holder has committed."""
        number = int.from_bytes(hashlib.sha256(self._bound).digest()[:8], "big", signed=True)
        if not (await connection.execute(_LOCK, {"number": number})).scalar_one():
            raise InUse("The first request with this Idempotency-Key is still under way.")
        await self.look(connection, now)

    async def keep(self, connection: AsyncConnection, answer: Answer, now: datetime) -> None:
        """Store the answer in the transaction of the effect."""
        headers = msgspec.msgpack.encode(answer.headers)
        await connection.execute(
            _KEEP,
            {
                **self._row,
                "fingerprint": self._fingerprint,
                "status": answer.status,
                "headers": self._sealer.seal(headers, bound_to=self._bound),
                "answer": self._sealer.seal(answer.body, bound_to=self._bound),
                "now": now,
            },
        )
