"""Test clocks: customers with a time of their own, which moves when it is told to."""

from gymhopper.sandbox.stripe.errors import InvalidRequest, StripeError
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.subscription import interval
from gymhopper.sandbox.stripe.objects.test_clock import test_clock
from gymhopper.sandbox.stripe.periods import boundary
from gymhopper.sandbox.stripe.storage.store import Store

KIND = "test_helpers.test_clock"
_LONGEST = 2 * 366 * 86_400
_MOST = 10_000


class ClockAdvancing(StripeError):
    """The clock of this object is moving."""

    status = 429

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Test clock advancement underway - cannot perform modifications: {key}.",
            code="lock_timeout",
        )


async def living(store: Store, owner: Object) -> Store:
    """The store at the time by which this object lives: its test clock's, or everybody's."""
    if owner.get("test_clock") is None:
        return store
    clock = await store.get(KIND, owner["test_clock"], param="test_clock")
    if clock["status"] == "advancing":
        raise ClockAdvancing(clock["id"])
    return store.by(clock)


async def start(store: Store, *, frozen_time: int, name: str | None) -> Object:
    """A clock that stands at `frozen_time`."""
    made = test_clock(created=store.now, frozen_time=frozen_time, name=name)
    return await store.insert(made, f"{KIND}.created")


async def advance(store: Store, clock: Object, target: int) -> Object:
    """Let the clock move; everything due on the way happens one after the other, in the background,
    until it is `ready` again."""
    if clock["status"] != "ready":
        raise ClockAdvancing(clock["id"])
    if target <= clock["frozen_time"]:
        raise InvalidRequest(
            "A test clock only moves forward: `frozen_time` must be later than its present one.",
            param="frozen_time",
        )
    if target > await _farthest(store, clock):
        raise InvalidRequest(
            "A test clock advances by two intervals of its shortest subscription at most, or by "
            "two years without one.",
            param="frozen_time",
        )
    await store.by(clock).plan(clock["id"], clock["id"], "arrive", target)
    return await store.update(
        clock,
        {
            "status": "advancing",
            "status_details": {"advancing": {"target_frozen_time": target}},
        },
        f"{KIND}.advancing",
    )


async def _farthest(store: Store, clock: Object) -> int:
    filters = {"test_clock": clock["id"], "not_status": "canceled"}
    found = (await store.page("subscription", filters, limit=_MOST)).data
    now: int = clock["frozen_time"]
    return min([boundary(now, interval(each), 2) for each in found], default=now + _LONGEST)


async def arrive(store: Store, clock: Object) -> Object:
    """Everything on the way is done."""
    return await store.update(
        clock,
        {"frozen_time": store.now, "status": "ready", "status_details": {}},
        f"{KIND}.ready",
    )


async def delete(store: Store, clock: Object) -> Object:
    """The clock goes, and the customers that lived by it with all that is theirs."""
    await store.forget_clock(clock["id"])
    return await store.delete(clock, f"{KIND}.deleted")
