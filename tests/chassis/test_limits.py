"""Counting requests: the same in Valkey and in one process, and what is done without Valkey."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gymhopper.chassis.engines import Engines
from gymhopper.chassis.limits.counters import Counters, OwnCounters, SharedCounters
from gymhopper.chassis.limits.limiter import Limiter
from gymhopper.chassis.limits.rate import Rate
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

RATE = Rate(quota=6, window=60)
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture(params=["shared", "own"])
async def counters(request: pytest.FixtureRequest, engines: Engines) -> AsyncIterator[Counters]:
    if request.param == "own":
        yield OwnCounters()
        return
    shared = SharedCounters(engines.valkey_url)
    yield shared
    await shared.close()


@pytest.fixture
def who() -> str:
    return f"test:{new_id()}"


async def test_the_quota_may_come_at_once_and_no_more(counters: Counters, who: str) -> None:
    found = [await counters.take(who, RATE, 0) for _ in range(8)]
    assert [each.allowed for each in found] == [True] * 6 + [False] * 2
    assert [each.remaining for each in found] == [5, 4, 3, 2, 1, 0, 0, 0]
    assert found[5].reset == 60_000
    assert found[7].retry_after == 10_000


async def test_one_is_forgiven_after_each_part_of_the_window(counters: Counters, who: str) -> None:
    for _ in range(6):
        await counters.take(who, RATE, 0)
    assert not (await counters.take(who, RATE, 9_999)).allowed
    assert (await counters.take(who, RATE, 10_000)).allowed
    assert not (await counters.take(who, RATE, 10_001)).allowed


async def test_after_the_whole_window_nothing_is_used(counters: Counters, who: str) -> None:
    for _ in range(6):
        await counters.take(who, RATE, 0)
    assert (await counters.take(who, RATE, 60_000)).remaining == 5


async def test_who_waits_as_told_is_let_in(counters: Counters, who: str) -> None:
    for _ in range(9):
        refused = await counters.take(who, RATE, 123)
    assert (await counters.take(who, RATE, 123 + refused.retry_after)).allowed


async def test_refused_tries_make_it_no_worse(counters: Counters, who: str) -> None:
    for _ in range(50):
        await counters.take(who, RATE, 0)
    assert (await counters.take(who, RATE, 10_000)).allowed


async def test_callers_are_counted_apart(counters: Counters, who: str) -> None:
    for _ in range(7):
        await counters.take(who, RATE, 0)
    assert (await counters.take(who + "x", RATE, 0)).allowed


async def test_many_at_once_are_counted_one_by_one(counters: Counters, who: str) -> None:
    found = await asyncio.gather(*(counters.take(who, RATE, 0) for _ in range(50)))
    assert sum(each.allowed for each in found) == 6


requests = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.builds(Rate, quota=st.integers(1, 3), window=st.sampled_from([1, 60])),
        st.integers(0, 90_000),
    ),
    max_size=150,
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=requests)
async def test_many_at_once_fare_as_one_after_the_other(
    engines: Engines, asked: list[tuple[str, Rate, int]]
) -> None:
    shared, own, prefix = SharedCounters(engines.valkey_url), OwnCounters(), f"test:{new_id()}:"
    # What Valkey has forgotten by its own clock counts for nothing by that of the requests.
    asked.sort(key=lambda each: each[2])
    together = await asyncio.gather(*(shared.take(prefix + who, *rest) for who, *rest in asked))
    assert together == [await own.take(*each) for each in asked]
    await shared.close()


async def test_those_who_ask_at_once_share_a_round_trip(engines: Engines, who: str) -> None:
    shared = SharedCounters(engines.valkey_url)
    await shared.take(who, RATE, 0)

    async def asked() -> int:
        found = await shared._client.info("commandstats")
        return int(found["cmdstat_evalsha"]["calls"])

    before = await asked()
    await asyncio.gather(*(shared.take(f"{who}{n}", RATE, 0) for n in range(100)))
    assert await asked() - before == 1
    await shared.close()


async def test_when_valkey_goes_away_all_who_asked_at_once_go_on(clock: ManualClock) -> None:
    away = limiter(clock, NOWHERE, read=1, sign_in=2)
    names = ["read", "sign_in"] * 3
    found = await asyncio.gather(*(away.take(name, "a") for name in names))
    assert [each and each.taken.allowed for each in found] == [None, True, None, True, None, False]
    await away.close()


async def test_valkey_forgets_who_has_nothing_used(engines: Engines, who: str) -> None:
    shared = SharedCounters(engines.valkey_url)
    await shared.take(who, RATE, 0)
    assert 0 < await shared._client.pttl(who) <= 11_000
    await shared._client.script_flush()
    assert (await shared.take(who, RATE, 0)).remaining == 4
    await shared.close()


def limiter(clock: ManualClock, url: str | None, key: bytes = b"k" * 32, **quotas: int) -> Limiter:
    return Limiter(quotas, valkey_url=url, key=key, now=clock.now)


async def test_away_sign_ins_are_counted_and_the_rest_goes_on(clock: ManualClock) -> None:
    away = limiter(clock, NOWHERE, read=1, sign_in=2)
    assert [await away.take("read", "a") for _ in range(3)] == [None, None, None]
    found = [await away.take("sign_in", "a") for _ in range(3)]
    assert [each is not None and each.taken.allowed for each in found] == [True, True, False]
    clock.advance(timedelta(seconds=30))
    again = await away.take("sign_in", "a")
    assert again is not None
    assert again.taken.allowed
    await away.close()


async def test_valkey_that_is_away_is_asked_now_and_then_only(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = limiter(clock, NOWHERE, read=1)
    assert away._shared is not None
    asked = 0

    async def refuse(*_: object) -> None:
        nonlocal asked
        asked += 1
        raise ConnectionRefusedError

    monkeypatch.setattr(away._shared, "take", refuse)
    for _ in range(5):
        assert await away.take("read", "a") is None
    assert asked == 1
    away._pause_until = 0.000_001
    assert await away.take("read", "a") is None
    assert asked == 2
    await away.close()


async def test_without_valkey_the_process_counts_alone(clock: ManualClock) -> None:
    alone = limiter(clock, None, read=1)
    found = [await alone.take("read", "a") for _ in range(2)]
    assert [each is not None and each.taken.allowed for each in found] == [True, False]


async def test_a_quota_of_nothing_is_no_limit(clock: ManualClock) -> None:
    assert await limiter(clock, None, read=0).take("read", "a") is None


async def test_a_class_that_nobody_set_is_a_mistake(clock: ManualClock) -> None:
    with pytest.raises(LookupError):
        await limiter(clock, None, read=0).take("raed", "a")


async def test_valkey_learns_no_caller_and_installations_do_not_meet(
    engines: Engines, clock: ManualClock, who: str
) -> None:
    one = limiter(clock, engines.valkey_url, key=b"1" * 32, read=1)
    other = limiter(clock, engines.valkey_url, key=b"2" * 32, read=1)
    for each in (one, other):
        spent = await each.take("read", who)
        assert spent is not None
        assert spent.taken.allowed
    assert one._shared is not None
    assert [k async for k in one._shared._client.scan_iter(f"*{who}*")] == []
    await one.close()
    await other.close()
