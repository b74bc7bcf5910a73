"""The local transport: each subscribing context reads the log past its own cursor."""

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.chassis.events.envelope import from_cloudevent, to_cloudevent
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.transports import cursors
from gymhopper.chassis.transports.delivery import Delivery

BATCH = 200


class LocalSubscriber:
    """Reads, handles and moves the cursor in one transaction: effect and progress agree always."""

    def __init__(self, runtime: Runtime, delivery: Delivery) -> None:
        self._runtime = runtime
        self._delivery = delivery

    async def step(self) -> bool:
        """Handle the next batch; returns whether more is waiting."""
        subscriber = self._delivery.subscriber
        async with self._runtime.begin(SERVICE) as uow:
            held = await cursors.claim(uow.connection, subscriber)
            if held is None or held.last <= held.seq:
                return False
            envelopes = await event_log.read(
                uow.connection,
                after=held.seq,
                last=held.last,
                limit=BATCH,
                types=self._delivery.types,
            )
            await self._delivery.take(uow, envelopes)
            if self._runtime.settings.wired:
                again = [from_cloudevent(to_cloudevent(each)) for each in envelopes]
                await self._delivery.take(uow, again)
            full = len(envelopes) == BATCH
            reached = envelopes[-1].seq if full else None
            await cursors.move(uow.connection, subscriber, reached or held.last)
        return full

    async def retry_step(self) -> bool:
        """Try one set-aside delivery again; returns whether there was one."""
        async with self._runtime.begin(SERVICE) as uow:
            return await self._delivery.retry_one(uow)
