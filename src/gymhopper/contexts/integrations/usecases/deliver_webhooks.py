"""Sends what is due: many at once, but few to any one endpoint."""

import asyncio
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.loop import Signal
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.integrations.gateways.sender import WebhookSender
from gymhopper.contexts.integrations.usecases.claim_deliveries import Claimed, claim_deliveries
from gymhopper.contexts.integrations.usecases.record_attempt import record_attempt

log = get_logger(__name__)

MOST_AT_ONCE = 64


class Dispatcher:
    """Claims in one transaction, sends outside any, records in another.

    `freed` fires when a try has ended and there is room for the next.
    """

    def __init__(self, runtime: Runtime, sender: WebhookSender) -> None:
        self._runtime = runtime
        self._sender = sender
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: dict[UUID, UUID] = {}
        self.freed = Signal()

    async def step(self) -> bool:
        """Begin to send what is due and has room; returns whether there was anything."""
        free = MOST_AT_ONCE - len(self._under_way)
        if free <= 0:
            return False
        async with self._runtime.begin(SERVICE) as uow:
            claimed = await claim_deliveries(uow, free=free, under_way=self._under_way)
        for each in claimed:
            self._under_way[each.delivery_id] = each.endpoint_id
            task = asyncio.create_task(self._deliver(each), name="webhook")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(claimed)

    async def run_due(self) -> None:
        """Send everything that is due now, and return when it is done."""
        while await self.step() or self._tasks:
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self, seconds: float) -> None:
        """Wait for the tries under way; those that take longer are left to their leases."""
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=seconds)
            for each in unfinished:
                each.cancel()
            if unfinished:
                await asyncio.wait(unfinished)

    async def _deliver(self, claimed: Claimed) -> None:
        try:
            answer = await self._sender.post(claimed.post(self._runtime))
            async with self._runtime.begin(SERVICE) as uow:
                await record_attempt(uow, claimed, answer)
        except Exception:  # whatever it was: the lease ends, and it is tried again
            log.warning(
                "webhook_not_recorded",
                endpoint_id=str(claimed.endpoint_id),
                delivery_id=str(claimed.delivery_id),
                exc_info=True,
            )
        finally:
            del self._under_way[claimed.delivery_id]
            self.freed.fire()
