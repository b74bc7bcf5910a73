"""What integrations does by itself: it delivers, gives up and forgets."""

from datetime import timedelta

from gymhopper.chassis.loop import Loop, Signal
from gymhopper.chassis.registry import Component, Due, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.integrations.gateways.senders import webhook_sender
from gymhopper.contexts.integrations.usecases import tidy_up
from gymhopper.contexts.integrations.usecases.deliver_webhooks import Dispatcher
from gymhopper.contexts.integrations.usecases.queue_event import DUE

_LAST_TRIES_SECONDS = 5.0

timers = Timers()


class DeliveryLoop(Loop):
    """Delivers until it is stopped, then gives the tries under way a moment to end."""

    def __init__(self, dispatcher: Dispatcher, due: Signal) -> None:
        super().__init__("webhooks", dispatcher.step, every=1.0, wake=Signal(due, dispatcher.freed))
        self._dispatcher = dispatcher

    async def stop(self) -> None:
        """Begin nothing more, and wait."""
        await super().stop()
        await self._dispatcher.finish(_LAST_TRIES_SECONDS)


def deliveries(runtime: Runtime) -> Component:
    """The loop that delivers. Not the job queue: that does few things at once, and receivers are
    slow."""
    dispatcher = Dispatcher(runtime, webhook_sender(runtime))
    return DeliveryLoop(dispatcher, runtime.signal(DUE))


@timers.every(timedelta(minutes=1), "integrations.deliveries_give_up")
async def deliveries_give_up(uow: UnitOfWork, _: Due) -> None:
    """Three days are enough."""
    await tidy_up.give_up(uow)


@timers.every(timedelta(minutes=10), "integrations.messages_forget")
async def messages_forget(uow: UnitOfWork, _: Due) -> None:
    """A month is enough."""
    await tidy_up.forget_old(uow)
