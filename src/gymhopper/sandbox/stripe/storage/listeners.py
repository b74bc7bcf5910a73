"""Who is told of an event: the platform's own route, and the webhook endpoints that asked for it.

An endpoint made with `connect` hears of the connected accounts, any other of its own account.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.sandbox.stripe.account import ACCOUNT

_LISTENERS = text(
    "SELECT id FROM sandbox_stripe.object"
    " WHERE kind = 'webhook_endpoint' AND body->>'status' = 'enabled'"
    " AND (account = :account AND NOT (hidden->>'connect')::boolean"
    "  OR account = :platform AND :account <> :platform AND (hidden->>'connect')::boolean)"
    " AND (body->'enabled_events' @> to_jsonb(CAST(:type AS text))"
    """  OR body->'enabled_events' @> '"*"')"""
    " ORDER BY seq"
)
_DELIVER = text(
    "INSERT INTO sandbox_stripe.delivery (event_id, endpoint_id, due_at)"
    " VALUES (:event_id, :endpoint_id, :due_at)"
)


async def listeners(
    connection: AsyncConnection, account: str, event_type: str
) -> Sequence[str | None]:
    """The endpoints' ids; None is the platform's own route."""
    found = await connection.execute(
        _LISTENERS, {"account": account, "platform": ACCOUNT, "type": event_type}
    )
    return [None, *found.scalars()]


async def deliver(
    connection: AsyncConnection, event_id: str, to: Sequence[str | None], due_at: int
) -> None:
    """Have the event sent to each of them."""
    await connection.execute(
        _DELIVER,
        [{"event_id": event_id, "endpoint_id": each, "due_at": due_at} for each in to],
    )
