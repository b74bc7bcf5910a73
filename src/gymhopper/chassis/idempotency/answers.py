"""The kept answers: one row for each caller and key, sealed, for a day."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.sealing import Sealer
from gymhopper.kernel.errors import Conflict, InvalidInput

KEPT = timedelta(hours=24)
"""How long an answer is repeated; after that the key is new."""

_LOCK = text(
    "SELECT pg_try_advisory_xact_lock(number)"
    " FROM unnest(CAST(:numbers AS bigint[])) WITH ORDINALITY AS asked (number, nth) ORDER BY nth"
)
_FIND = text(
    "SELECT caller, key, fingerprint, status, headers, answer FROM chassis.idempotency"
    " JOIN unnest(CAST(:callers AS text[]), CAST(:keys AS text[])) AS asked (caller, key)"
    " USING (caller, key) WHERE created_at > :since"
)
_KEEP = text(
    "INSERT INTO chassis.idempotency"
    " (caller, key, fingerprint, status, headers, answer, created_at)"
    " SELECT *, CAST(:now AS timestamptz) FROM unnest("
    "CAST(:caller AS text[]), CAST(:key AS text[]), CAST(:fingerprint AS bytea[]),"
    " CAST(:status AS integer[]), CAST(:headers AS bytea[]), CAST(:answer AS bytea[]))"
    " ON CONFLICT (caller, key) DO UPDATE SET fingerprint = excluded.fingerprint,"
    " status = excluded.status, headers = excluded.headers, answer = excluded.answer,"
    " created_at = excluded.created_at"
)
_IN_USE = "The first request with this Idempotency-Key is still under way."


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
        self._fingerprint = fingerprint
        self._bound = f"{caller}\0{key}".encode()
        self.place = caller, key

    @property
    def number(self) -> int:
        """What stands for the slot where PostgreSQL locks numbers."""
        return int.from_bytes(hashlib.sha256(self._bound).digest()[:8], "big", signed=True)

    def read(self, row: Any) -> Exception:
        """What the row of this slot says: Replayed, Reused, or InvalidTag for one that does not
        open."""
        if row.fingerprint != self._fingerprint:
            return Reused(
                "This Idempotency-Key came with another request before.", field="Idempotency-Key"
            )
        try:
            headers = msgspec.msgpack.decode(
                self._sealer.open(row.headers, bound_to=self._bound),
                type=tuple[tuple[bytes, bytes], ...],
            )
            body = self._sealer.open(row.answer, bound_to=self._bound)
        except InvalidTag as error:
            return error
        return Replayed(Answer(row.status, headers, body))

    def row(self, answer: Answer) -> dict[str, Any]:
        """The row that keeps the answer in this slot, sealed."""
        caller, key = self.place
        headers = msgspec.msgpack.encode(answer.headers)
        return {
            "caller": caller,
            "key": key,
            "fingerprint": self._fingerprint,
            "status": answer.status,
            "headers": self._sealer.seal(headers, bound_to=self._bound),
            "answer": self._sealer.seal(answer.body, bound_to=self._bound),
        }

    async def look(self, connection: AsyncConnection, now: datetime) -> None:
        """Raises Replayed when the request was answered, Reused when the key's was another."""
        _raise(await look_many(connection, [self], now))

    async def claim(self, connection: AsyncConnection, now: datetime) -> None:
        """Hold the slot until the transaction ends. Raises InUse when another one does, and what
        `look` raises, which sees everything that an earlier holder has committed."""
        _raise(await claim_many(connection, [self], now))

    async def keep(self, connection: AsyncConnection, answer: Answer, now: datetime) -> None:
        """Store the answer in the transaction of the effect."""
        await keep_many(connection, [(self, answer)], now)


async def look_many(
    connection: AsyncConnection, slots: Sequence[Slot], now: datetime
) -> list[Exception | None]:
    """For each slot what `look` would raise, in one statement."""
    callers, keys = [each.place[0] for each in slots], [each.place[1] for each in slots]
    asked = {"callers": callers, "keys": keys, "since": now - KEPT}
    rows = {(row.caller, row.key): row for row in await connection.execute(_FIND, asked)}
    return [each.read(rows[each.place]) if each.place in rows else None for each in slots]


async def claim_many(
    connection: AsyncConnection, slots: Sequence[Slot], now: datetime
) -> list[Exception | None]:
    """Hold the slots until the transaction ends; for each what `claim` would raise.

    Two statements for all of them: the second must see what was committed before the locks were
    had. A slot that comes twice is in use for the second.
    """
    if not slots:
        return []
    held = (await connection.execute(_LOCK, {"numbers": [each.number for each in slots]})).scalars()
    found: list[Exception | None] = []
    claimed: set[tuple[str, str]] = set()
    for each, had in zip(slots, held, strict=True):
        # The lock itself lets the same transaction in again.
        mine = had and each.place not in claimed
        claimed.add(each.place)
        found.append(None if mine else InUse(_IN_USE))
    free = [nth for nth, refused in enumerate(found) if refused is None]
    looked = await look_many(connection, [slots[nth] for nth in free], now) if free else ()
    for nth, seen in zip(free, looked, strict=True):
        found[nth] = seen
    return found


async def keep_many(
    connection: AsyncConnection, answers: Sequence[tuple[Slot, Answer]], now: datetime
) -> None:
    """Store the answers in the transaction of their effects, in one statement. The slots are
    claimed, so none comes twice."""
    if not answers:
        return
    rows = [slot.row(answer) for slot, answer in answers]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    await connection.execute(_KEEP, {**columns, "now": now})


def _raise(found: Sequence[Exception | None]) -> None:
    for each in found:
        if each is not None:
            raise each
