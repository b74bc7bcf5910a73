"""Does what is due, in order, each at the moment when it was due."""

from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.account import ACCOUNT, MOUNT
from gymhopper.sandbox.stripe.billing import disputes, payouts, refunds, renewal
from gymhopper.sandbox.stripe.billing.checkout import expire
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.storage.store import AgendaEntry, Cause, Store


class BillingClock:
    """The simulated passing of time: one entry of the agenda in each transaction.

    When the platform's clock jumps by months, every renewal in between happens in its turn and
    at its own time.
    """

    def __init__(self, runtime: Runtime, recovery: Recovery) -> None:
        self._runtime = runtime
        self._recovery = recovery

    async def step(self) -> bool:
        """Do what has been due longest; returns whether there was something."""
        async with self._runtime.database.transaction(SERVICE) as connection:
            store = await writing_store(self._runtime, connection)
            entry = await store.next_due()
            if entry is None:
                return False
            await do(store, entry, self._recovery)
        return True

    async def run_due(self) -> int:
        """Do everything that is due now; returns how much it was."""
        count = 0
        while await self.step():
            count += 1
        return count


async def writing_store(
    runtime: Runtime,
    connection: AsyncConnection,
    cause: Cause | None = None,
    account: str = ACCOUNT,
) -> Store:
    """A store that holds the writers' lock, at the platform's present time."""
    store = Store(
        connection,
        int(runtime.clock.now().timestamp()),
        cause or Cause(),
        account,
        base_url=runtime.url + MOUNT,
    )
    await store.lock()
    return store


async def catch_up(store: Store, owner_id: str, recovery: Recovery) -> None:
    """Do what is due for one subscription, before a request changes it."""
    while (entry := await store.next_due(owner_id)) is not None:
        await do(store, entry, recovery)


async def do(store: Store, entry: AgendaEntry, recovery: Recovery) -> None:
    """Do one entry at its own time, and take it off the agenda."""
    then = store.of(entry.account).at(entry.due_at, clock=entry.clock)
    await then.unplan(entry.object_id, entry.action)
    match entry.action:
        case "renew":
            subscription = await then.get("subscription", entry.object_id, param="id")
            await renewal.renew(then, subscription, recovery)
        case "retry":
            await renewal.retry(
                then, await then.get("invoice", entry.object_id, param="id"), recovery
            )
        case "cancel":
            subscription = await then.get("subscription", entry.object_id, param="id")
            await renewal.cancel(then, subscription, reason="cancellation_requested")
        case "resume":
            await renewal.resume(then, await then.get("subscription", entry.object_id, param="id"))
        case "expire":
            await expire(then, await then.get("checkout.session", entry.object_id, param="id"))
        case "refund_arrives":
            await refunds.arrive(then, await then.get("refund", entry.object_id, param="id"))
        case "refund_fails":
            await refunds.fail(then, await then.get("refund", entry.object_id, param="id"))
        case "lose":
            await disputes.lose(then, await then.get("dispute", entry.object_id, param="id"))
        case payouts.ARRIVE:
            await payouts.arrive(then, await then.get("payout", entry.object_id, param="id"))
        case unknown:
            raise ValueError(f"nobody knows how to {unknown}")
