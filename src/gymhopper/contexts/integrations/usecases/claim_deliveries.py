"""Take deliveries that are due, so that nobody else takes them for a while.

Each gets a lease: its due time is put ahead before it is sent. A process that ends in between
leaves a row that becomes due again; the receiver may see it twice, under the same webhook id.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.domain.endpoint import live
from gymhopper.contexts.integrations.gateways.sender import Post
from gymhopper.contexts.integrations.storage.secrets import open_secret

LEASE = timedelta(seconds=60)
"""Longer than a try can take."""

AT_ONCE = 4
"""Of one endpoint in one process. One that fails gets a single connection."""

_CLAIM = text(
    "WITH room AS ("
    "  SELECT e.id, CASE WHEN e.failing_since IS NULL THEN :at_once ELSE 1 END"
    "   - coalesce(busy.n, 0) AS free FROM integrations.endpoint AS e"
    "  LEFT JOIN unnest(CAST(:busy AS uuid[]), CAST(:counts AS integer[])) AS busy (id, n)"
    "   ON busy.id = e.id"
    "  WHERE e.status = 'enabled' AND (e.not_before IS NULL OR e.not_before <= :now)),"
    " due AS ("
    "  SELECT d.id FROM room CROSS JOIN LATERAL ("
    "   SELECT id, due_at FROM integrations.delivery WHERE endpoint_id = room.id"
    "    AND status = 'pending' AND due_at <= :now AND give_up_at > :now"
    "    AND NOT id = ANY(CAST(:under_way AS uuid[]))"
    "   ORDER BY due_at LIMIT greatest(room.free, 0) FOR UPDATE SKIP LOCKED) AS d"
    "  ORDER BY d.due_at LIMIT :free),"
    " claimed AS ("
    "  UPDATE integrations.delivery AS d SET due_at = :lease, attempts = attempts + 1,"
    "   tries = tries + 1 FROM due WHERE d.id = due.id RETURNING d.*),"
    " noted AS ("
    "  INSERT INTO integrations.attempt (delivery_id, number, organisation_id, started_at)"
    "  SELECT id, attempts, organisation_id, :now FROM claimed)"
    " SELECT c.id, c.attempts, c.tries, c.endpoint_id, c.webhook_id, c.type, m.body, e.url,"
    "  e.secret, e.previous_secret, e.previous_until"
    " FROM claimed AS c JOIN integrations.message AS m ON m.id = c.message_id"
    " JOIN integrations.endpoint AS e ON e.id = c.endpoint_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A try that is to be made now; `number` is its place among the tries of the delivery."""

    delivery_id: UUID
    endpoint_id: UUID
    type: str
    number: int
    url: str
    webhook_id: str
    body: bytes
    sealed_secrets: tuple[bytes, ...]

    def post(self, runtime: Runtime) -> Post:
        """What goes out, with the opened secrets."""
        return Post(
            url=self.url,
            webhook_id=self.webhook_id,
            body=self.body,
            secrets=[open_secret(runtime, self.endpoint_id, each) for each in self.sealed_secrets],
        )


async def claim_deliveries(
    uow: UnitOfWork, *, free: int, under_way: Mapping[UUID, UUID]
) -> list[Claimed]:
    """Take at most `free`; `under_way` (delivery to endpoint) are being sent by this process.

    Every endpoint with something due gets its share, the one that has waited longest first.
    """
    busy = Counter(under_way.values())
    rows = await uow.connection.execute(
        _CLAIM,
        {
            "now": uow.now,
            "lease": uow.now + LEASE,
            "at_once": AT_ONCE,
            "free": free,
            "busy": list(busy),
            "counts": list(busy.values()),
            "under_way": list(under_way),
        },
    )
    return [
        Claimed(
            delivery_id=row.id,
            endpoint_id=row.endpoint_id,
            type=row.type,
            number=row.attempts,
            url=row.url,
            webhook_id=row.webhook_id,
            body=row.body,
            sealed_secrets=live(row.secret, row.previous_secret, row.previous_until, uow.now),
        )
        for row in rows
    ]
