"""Does what is due, in order, each at the moment when it was due."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.account import ACCOUNT, MOUNT
from gymhopper.sandbox.stripe.billing import (
    disputes,
    payouts,
    redeeming,
    refunds,
    renewal,
    test_clocks,
)
from gymhopper.sandbox.stripe.billing.checkout import expire
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.objects.identity import Object
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


Does = Callable[[Store, Object], Awaitable[object]]
Recovers = Callable[[Store, Object, Recovery], Awaitable[object]]

_ACTIONS: Mapping[str, tuple[str, Does]] = MappingProxyType(
    {
        "arrive": (test_clocks.KIND, test_clocks.arrive),
        "cancel": ("subscription", renewal.cancel_as_planned),
        "code_ends": ("promotion_code", redeeming.end_code),
        "coupon_ends": ("coupon", redeeming.end_coupon),
        "expire": ("checkout.session", expire),
        "lapse": ("subscription", renewal.lapse),
        "lose": ("dispute", disputes.lose),
        payouts.ARRIVE: ("payout", payouts.arrive),
        "refund_arrives": ("refund", refunds.arrive),
        "refund_fails": ("refund", refunds.fail),
        "resume": ("subscription", renewal.resume),
        "warn": ("subscription", renewal.warn),
    }
)
# What can fail, and is then tried again or given up as the settings say.
_COLLECTIONS: Mapping[str, tuple[str, Recovers]] = MappingProxyType(
    {"renew": ("subscription", renewal.renew), "retry": ("invoice", renewal.retry)}
)


async def do(store: Store, entry: AgendaEntry, recovery: Recovery) -> None:
    """Do one entry at its own time, and take it off the agenda."""
    then = store.of(entry.account).at(entry.due_at, clock=entry.clock)
    await then.unplan(entry.object_id, entry.action)
    if entry.action in _COLLECTIONS:
        kind, collect = _COLLECTIONS[entry.action]
        await collect(then, await then.get(kind, entry.object_id, param="id"), recovery)
    else:
        kind, act = _ACTIONS[entry.action]
        await act(then, await then.get(kind, entry.object_id, param="id"))
