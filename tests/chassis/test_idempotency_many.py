"""Many keys in one transaction: each fares as it would alone."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.idempotency.answers import (
    KEPT,
    Answer,
    InUse,
    Replayed,
    Reused,
    Slot,
    claim_many,
    keep_many,
)
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.sealing import Sealer
from gymhopper.kernel.clock import ManualClock


@dataclass(frozen=True)
class Asked:
    """A request, by whose key it has and what it says."""

    caller: str
    key: str
    says: bytes

    def slot(self, runtime: Runtime) -> Slot:
        sealer = Sealer(runtime.secrets, "idempotency")
        return Slot(sealer, caller=self.caller, key=self.key, fingerprint=self.says * 32)


def answer(name: str) -> Answer:
    return Answer(201, ((b"location", name.encode()), (b"etag", b'"1"')), name.encode() * 3)


def told(found: Exception | None) -> object:
    """What came of it, so that two of them can be compared."""
    return found.answer if isinstance(found, Replayed) else type(found)


async def one_by_one(runtime: Runtime, asked: Sequence[Asked]) -> list[object]:
    """Each claimed in a transaction of its own, while the others are open."""
    found: list[object] = []
    async with AsyncExitStack() as open_:
        for each in asked:
            connection = await open_.enter_async_context(runtime.database.transaction(SERVICE))
            try:
                await each.slot(runtime).claim(connection, runtime.clock.now())
                found.append(told(None))
            except (InUse, Reused, Replayed) as error:
                found.append(told(error))
    return found


requests = st.builds(
    Asked,
    caller=st.sampled_from(["one", "other"]),
    key=st.sampled_from(["k1", "k2", 'k"3\\']),
    says=st.sampled_from([b"a", b"b"]),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kept=st.lists(st.tuples(requests, st.booleans()), max_size=4),
    held=st.lists(requests, max_size=2, unique_by=lambda each: (each.caller, each.key)),
    asked=st.lists(requests, max_size=6),
)
async def test_many_at_once_fare_as_one_by_one(
    new_runtime: NewRuntime,
    clock: ManualClock,
    kept: list[tuple[Asked, bool]],
    held: list[Asked],
    asked: list[Asked],
) -> None:
    runtime = await new_runtime()
    now = clock.now()
    async with runtime.database.transaction(SERVICE) as connection:
        await connection.execute(text("DELETE FROM chassis.idempotency"))
        for nth, (each, fresh) in enumerate(kept):
            at = now if fresh else now - KEPT
            await each.slot(runtime).keep(connection, answer(f"before {nth}"), at)
    async with runtime.database.transaction(SERVICE) as holder:
        await claim_many(holder, [each.slot(runtime) for each in held], now)
        alone = await one_by_one(runtime, asked)
        async with runtime.database.transaction(SERVICE) as connection:
            slots = [each.slot(runtime) for each in asked]
            found = await claim_many(connection, slots, now)
            assert list(map(told, found)) == alone
            free = [(n, slot) for n, slot in enumerate(slots) if found[n] is None]
            await keep_many(connection, [(slot, answer(f"now {n}")) for n, slot in free], now)
    for n, _ in free:
        async with runtime.database.transaction(SERVICE) as connection:
            with pytest.raises(Replayed) as replayed:
                await asked[n].slot(runtime).claim(connection, now)
        assert replayed.value.answer == answer(f"now {n}")
    await runtime.close()


async def test_a_key_that_comes_twice_is_in_use_for_the_second(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime()
    slots = [Asked("one", key, b"a").slot(runtime) for key in ("k1", "k2", "k1")]
    async with runtime.database.transaction(SERVICE) as connection:
        found = await claim_many(connection, slots, runtime.clock.now())
    assert list(map(told, found)) == [type(None), type(None), InUse]


async def test_keys_are_held_until_the_transaction_ends(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime()
    now = runtime.clock.now()
    slots = [Asked("one", key, b"a").slot(runtime) for key in ("k1", "k2")]
    async with runtime.database.transaction(SERVICE) as second:
        async with runtime.database.transaction(SERVICE) as first:
            assert await claim_many(first, slots[:1], now) == [None]
            assert list(map(told, await claim_many(second, slots, now))) == [InUse, type(None)]
            await keep_many(first, [(slots[0], answer("first"))], now)
        [seen] = await claim_many(second, slots[:1], now)
        assert told(seen) == answer("first")


async def test_an_answer_that_does_not_open_spoils_nothing_for_the_others(
    new_runtime: NewRuntime,
) -> None:
    runtime = await new_runtime()
    now = runtime.clock.now()
    slots = [Asked("one", key, b"a").slot(runtime) for key in ("k1", "k2", "k3")]
    async with runtime.database.transaction(SERVICE) as connection:
        await keep_many(connection, [(each, answer("kept")) for each in slots[:2]], now)
        await connection.execute(
            text("UPDATE chassis.idempotency SET answer = '\\x00' WHERE key = 'k1'")
        )
    async with runtime.database.transaction(SERVICE) as connection:
        found = await claim_many(connection, slots, now)
    assert [type(each) for each in found] == [InvalidTag, Replayed, type(None)]


async def test_of_nothing_comes_nothing(new_runtime: NewRuntime) -> None:
    runtime = await new_runtime()
    async with runtime.database.transaction(SERVICE) as connection:
        assert await claim_many(connection, [], runtime.clock.now()) == []
        await keep_many(connection, [], runtime.clock.now())
