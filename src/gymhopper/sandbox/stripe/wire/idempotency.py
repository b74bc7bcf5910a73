"""`Idempotency-Key`: a repeated request gets the first one's answer (kept for 24 hours)."""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import text

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.errors import IdempotencyMismatch, InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store

_KEPT = 24 * 3600
_FIND = text(
    "SELECT fingerprint, status, body FROM sandbox_stripe.idempotency"
    " WHERE key = :key AND created > :since"
)
_KEEP = text(
    "INSERT INTO sandbox_stripe.idempotency (key, fingerprint, created, status, body)"
    " VALUES (:key, :fingerprint, :created, :status, CAST(:body AS jsonb))"
    " ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint,"
    " created = excluded.created, status = excluded.status, body = excluded.body"
)
_FORGET = text("DELETE FROM sandbox_stripe.idempotency WHERE created <= :until")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    body: Object
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request under a key; the fingerprint covers method, path and parameters."""

    key: str
    fingerprint: str

    @classmethod
    def of(cls, key: str, method: str, path: str, body: bytes) -> "IdempotentRequest":
        """InvalidRequest when the key is longer than Stripe allows."""
        if not 1 <= len(key) <= 255:
            raise InvalidRequest("An idempotency key has 1 to 255 characters.")
        whole = b"\n".join((method.encode(), path.encode(), body))
        return cls(key, hashlib.sha256(whole).hexdigest())

    async def answered(self, store: Store) -> Answer | None:
        """The first answer, if there was one; IdempotencyMismatch when the request differed."""
        row = (
            await store.connection.execute(
                _FIND, {"key": self._own(store), "since": store.now - _KEPT}
            )
        ).one_or_none()
        if row is None:
            return None
        if row.fingerprint != self.fingerprint:
            raise IdempotencyMismatch(
                "Keys for idempotent requests can only be used with the same parameters they "
                f"were first used with. Try using a key other than '{self.key}' if you meant to "
                "execute a different request."
            )
        return Answer(row.status, row.body, replayed=True)

    async def keep(self, store: Store, answer: Answer) -> None:
        """Remember the answer, in the transaction of its effect, and forget what is too old."""
        await store.connection.execute(_FORGET, {"until": store.now - _KEPT})
        await store.connection.execute(
            _KEEP,
            {
                "key": self._own(store),
                "fingerprint": self.fingerprint,
                "created": store.now,
                "status": answer.status,
                "body": json.dumps(answer.body),
            },
        )

    def _own(self, store: Store) -> str:
        """Each account has keys of its own."""
        return self.key if store.account == ACCOUNT else f"{store.account}/{self.key}"
