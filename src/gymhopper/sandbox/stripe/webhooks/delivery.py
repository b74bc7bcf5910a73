"""Posts events to the platform's webhook route, and to the endpoints that asked for them, until
they take them.

A delivery is a row. Whoever sends it first puts its due time ahead (a lease), commits, and only
then posts: a process killed in between leaves a row that becomes due again.
"""

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.account import WEBHOOK_ROUTE, webhook_secret
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.webhooks.signature import sign

log = get_logger(__name__)

_TIMEOUT = 10.0
_LEASE = 15.0
_BATCH = 16
# From one try to the next; then the event is given up, as Stripe does after three days.
RETRY_DELAYS = (1.0, 5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0, 6 * 3600.0, *(12 * 3600.0,) * 5)

_CLAIM = text(
    "UPDATE sandbox_stripe.delivery SET due_at = :lease, attempts = attempts + 1"
    " WHERE id IN (SELECT id FROM sandbox_stripe.delivery WHERE due_at <= :now"
    "  ORDER BY due_at, id LIMIT :batch FOR UPDATE SKIP LOCKED)"
    " RETURNING id, event_id, endpoint_id, attempts, answer"
)
_EVENTS = text("SELECT id, body FROM sandbox_stripe.object WHERE id = ANY(:ids)")
_ENDPOINTS = text(
    "SELECT id, body->>'url' AS url, hidden->>'secret' AS secret FROM sandbox_stripe.object"
    " WHERE id = ANY(:ids) AND body->>'status' = 'enabled'"
)
_DELIVERED = text(
    "UPDATE sandbox_stripe.delivery SET due_at = NULL, delivered_at = :now, answer = :answer"
    " WHERE id = :id"
)
_ARRIVED = text(
    "UPDATE sandbox_stripe.object SET body = jsonb_set(body, '{pending_webhooks}',"
    "  to_jsonb(greatest((body->>'pending_webhooks')::int - 1, 0))) WHERE id = :event_id"
)
_FAILED = text(
    "UPDATE sandbox_stripe.delivery SET due_at = :due_at, answer = :answer"
    " WHERE id = :id AND delivered_at IS NULL"
)
_POSTPONED = "postponed, as the settings ask"
_POSTPONE = text(
    "UPDATE sandbox_stripe.delivery SET due_at = :due_at, answer = :answer, attempts = 0"
    " WHERE id = :id"
)


@dataclass(frozen=True, slots=True)
class Unruliness:
    """How bad the network is. Shares are of 0 to 1, `delay` is the longest in seconds."""

    duplicate: float = 0
    shuffle: bool = False
    delay: float = 0
    drop_first_try: float = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an event goes, and what signs it."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try to deliver an event; nobody is there when its endpoint was deleted or disabled."""

    id: int
    attempt: int
    event: Object
    to: Endpoint | None

    @property
    def body(self) -> bytes:
        """The bytes that are signed and sent."""
        return json.dumps(self.event).encode()


class WebhookDelivery:
    """Takes deliveries that are due and posts them: in the order of the events, one by one, or
    all at once in random order when they are to be shuffled. They go to the platform at `base`, or
    to this process."""

    def __init__(
        self,
        runtime: Runtime,
        unruliness: Unruliness | None = None,
        *,
        seed: int | None = None,
        base: str | None = None,
    ) -> None:
        self._runtime = runtime
        self._unruliness = unruliness or Unruliness()
        self._base = base
        self._random = random.Random(seed)  # noqa: S311 - decides about bad luck, not secrets
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)

    async def close(self) -> None:
        """Give back the connections."""
        await self._client.aclose()

    async def step(self) -> bool:
        """Deliver a batch of what is due; returns whether there was something."""
        seen, ready = await self._claim()
        if self._unruliness.shuffle:
            self._random.shuffle(ready)
            await asyncio.gather(*(self._deliver(each) for each in ready))
        else:
            for each in ready:
                await self._deliver(each)
        return seen

    async def run_due(self) -> int:
        """Try everything that is due now; returns the number of batches."""
        count = 0
        while await self.step():
            count += 1
        return count

    async def _claim(self) -> tuple[bool, list[Delivery]]:
        """Whether anything was due, and what of it is to be sent now."""
        now = self._now()
        async with self._runtime.database.transaction(SERVICE) as connection:
            rows = (
                await connection.execute(
                    _CLAIM, {"now": now, "lease": now + _LEASE, "batch": _BATCH}
                )
            ).all()
            ready = []
            for row in rows:
                if self._unruliness.delay and row.attempts == 1 and row.answer is None:
                    await self._postpone(connection, row.id, now)
                else:
                    ready.append(row)
            found = await connection.execute(_EVENTS, {"ids": [row.event_id for row in ready]})
            events: dict[str, Object] = {row.id: row.body for row in found}
            asked = [row.endpoint_id for row in ready if row.endpoint_id is not None]
            endpoints = await self._endpoints(connection, asked)
        deliveries = [
            Delivery(
                row.id,
                row.attempts,
                events[row.event_id],
                self._own_route(events[row.event_id])
                if row.endpoint_id is None
                else endpoints.get(row.endpoint_id),
            )
            for row in ready
        ]
        return bool(rows), sorted(deliveries, key=lambda each: each.id)

    def _own_route(self, event: Object) -> Endpoint:
        secret = webhook_secret(self._runtime.secrets, connect="account" in event)
        return Endpoint((self._base or self._runtime.url) + WEBHOOK_ROUTE, secret)

    async def _endpoints(
        self, connection: AsyncConnection, ids: Sequence[str]
    ) -> dict[str, Endpoint]:
        if not ids:
            return {}
        found = await connection.execute(_ENDPOINTS, {"ids": ids})
        return {row.id: Endpoint(row.url, row.secret) for row in found}

    async def _postpone(self, connection: AsyncConnection, delivery_id: int, now: float) -> None:
        late = self._random.random() * self._unruliness.delay
        await connection.execute(
            _POSTPONE, {"id": delivery_id, "due_at": now + late, "answer": _POSTPONED}
        )

    async def _deliver(self, delivery: Delivery) -> None:
        if delivery.to is None:
            await self._delivered(delivery, "not sent: the endpoint is gone or disabled")
            return
        if delivery.attempt == 1 and self._random.random() < self._unruliness.drop_first_try:
            await self._failed(delivery, "lost on the way, as the settings ask")
            return
        try:
            answer = await self._post(delivery, delivery.to)
            if self._random.random() < self._unruliness.duplicate:
                answer = await self._post(delivery, delivery.to)
        except httpx.HTTPError as error:
            await self._failed(delivery, f"{type(error).__name__}: {error}")
            return
        if answer.is_success:
            await self._delivered(delivery, str(answer.status_code))
        else:
            await self._failed(delivery, f"{answer.status_code}: {answer.text[:500]}")

    async def _post(self, delivery: Delivery, to: Endpoint) -> httpx.Response:
        body = delivery.body
        return await self._client.post(
            to.url,
            content=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": sign(to.secret, body, int(self._now())),
                "User-Agent": "Gymhopper sandbox",
            },
        )

    async def _delivered(self, delivery: Delivery, answer: str) -> None:
        async with self._runtime.database.transaction(SERVICE) as connection:
            await connection.execute(
                _DELIVERED, {"id": delivery.id, "now": self._now(), "answer": answer}
            )
            await connection.execute(_ARRIVED, {"event_id": delivery.event["id"]})

    async def _failed(self, delivery: Delivery, answer: str) -> None:
        due_at = None
        if delivery.attempt <= len(RETRY_DELAYS):
            due_at = self._now() + RETRY_DELAYS[delivery.attempt - 1]
        log.warning(
            "webhook_not_delivered",
            event_id=delivery.event["id"],
            event_type=delivery.event["type"],
            attempt=delivery.attempt,
            answer=answer,
            given_up=due_at is None,
        )
        async with self._runtime.database.transaction(SERVICE) as connection:
            await connection.execute(
                _FAILED, {"id": delivery.id, "due_at": due_at, "answer": answer}
            )

    def _now(self) -> float:
        return self._runtime.clock.now().timestamp()
