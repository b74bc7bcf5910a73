"""A cell as a follower: order, versions, tombstones, rebuilds, and the journal."""

import itertools
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contexts.access.gate.conftest import ValkeyStore
from contexts.access.gate.world import World
from gymhopper.contexts.access.domain.records import Version
from gymhopper.contexts.access.domain.usage import PastVisit, Spending, rebuilt
from gymhopper.contexts.access.gate.ports import PERSON, USAGE
from gymhopper.contexts.access.storage.valkey_feed import (
    CursorMoved,
    FeedRow,
    RebuildSuperseded,
)
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota

KEY = b"k" * 16


@pytest.fixture
def store(valkey_store: ValkeyStore) -> ValkeyStore:
    """Only a cell in Valkey is fed through this interface."""
    return valkey_store


def row(number: int, payload: bytes | None, key: bytes = KEY) -> FeedRow:
    return FeedRow("person", key, number, payload)


async def stored(store: ValkeyStore, key: bytes = KEY) -> bytes | None:
    (raw,) = await store.state.fetch(PERSON + key)
    return raw


async def test_an_empty_cell_has_no_cursor_and_is_not_ready(store: ValkeyStore) -> None:
    await store.state.call("FLUSHALL")
    assert await store.valkey.cursor() is None
    assert not await store.valkey.ready()
    with pytest.raises(CursorMoved):
        await store.valkey.apply(Version(1, 0), [row(1, b"a")], 1)


async def test_the_cursor_moves_with_what_is_applied(store: ValkeyStore) -> None:
    cursor = await store.valkey.apply(store.cursor, [row(3, b"a")], 9)
    assert cursor == Version(1, 9)
    assert await store.valkey.cursor() == cursor
    assert await stored(store) == Version(1, 3).pack() + b"a"


async def test_a_batch_from_another_place_changes_nothing(store: ValkeyStore) -> None:
    await store.valkey.apply(store.cursor, [row(3, b"a")], 3)
    with pytest.raises(CursorMoved):
        await store.valkey.apply(store.cursor, [row(4, b"b")], 4)
    assert await stored(store) == Version(1, 3).pack() + b"a"


async def test_an_older_version_never_overwrites_a_newer(store: ValkeyStore) -> None:
    cursor = await store.valkey.apply(store.cursor, [row(7, b"new")], 7)
    await store.valkey.apply(cursor, [row(6, b"old"), row(7, b"other")], 8)
    assert await stored(store) == Version(1, 7).pack() + b"new"


async def test_a_tombstone_outlives_what_was_deleted(store: ValkeyStore) -> None:
    cursor = await store.valkey.apply(store.cursor, [row(5, None)], 5)
    await store.valkey.apply(cursor, [row(4, b"risen")], 6)
    assert await stored(store) == Version(1, 5).pack()


@pytest.mark.parametrize("low", [0x7F, 0x80, 0xFF, 0xFFFF, 0xFFFFFFFF, 2**47])
async def test_versions_are_compared_as_numbers(store: ValkeyStore, low: int) -> None:
    cursor = await store.valkey.apply(store.cursor, [row(low + 1, b"new")], low + 1)
    await store.valkey.apply(cursor, [row(low, b"old")], low + 2)
    raw = await stored(store)
    assert raw is not None
    assert raw[8:] == b"new"


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    writes=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.one_of(st.integers(1, 300), st.integers(2**40, 2**40 + 300)),
            st.none() | st.binary(max_size=9),
        ),
        max_size=12,
        unique_by=lambda write: write[:2],
    )
)
async def test_any_order_of_the_same_rows_ends_the_same(
    store: ValkeyStore, writes: list[tuple[int, int, bytes | None]]
) -> None:
    run = uuid4().bytes
    rows = [row(number, payload, run + bytes([key])) for key, number, payload in writes]
    cursor = await store.valkey.cursor()
    assert cursor is not None
    for some in (rows, list(reversed(rows)), rows):
        cursor = await store.valkey.apply(cursor, some, cursor.number)
    for key in {each.key for each in rows}:
        last = max((each for each in rows if each.key == key), key=lambda each: each.number)
        expected = Version(cursor.epoch, last.number).pack() + (last.payload or b"")
        assert await stored(store, key) == expected


async def test_a_rebuild_replaces_everything_while_doors_work(
    world: World, store: ValkeyStore
) -> None:
    door = await world.door()
    reader = await world.reader(door)
    gone, kept = await world.member(await world.grant()), await world.member(await world.grant())
    rows = await every_row(store, without=gone.person_id.bytes)
    epoch = await store.valkey.begin_rebuild()
    assert (await world.scan(reader, gone))["decision"] == "allow"
    await store.valkey.apply_snapshot(epoch, rows)
    assert (await world.scan(reader, kept))["decision"] == "allow"
    assert await store.valkey.sweep(epoch) == 1
    assert await store.valkey.finish_rebuild(epoch, 40) == Version(epoch, 40)
    assert await store.valkey.cursor() == Version(epoch, 40)
    world.later(minutes=1)
    assert (await world.scan(reader, gone))["code"] == "NO_ENTITLEMENT"
    assert (await world.scan(reader, kept))["decision"] == "allow"


async def every_row(store: ValkeyStore, without: bytes) -> list[FeedRow]:
    kinds = {b"p": "person", b"c": "credential", b"d": "door", b"v": "device", b"y": "policy"}
    rows = []
    for key in await store.state.call("KEYS", b"?:*"):
        kind = kinds.get(key[:1])
        if kind is not None and key[2:] != without:
            (raw,) = await store.state.fetch(key)
            assert raw is not None
            number = Version.unpack(raw).number
            rows.append(FeedRow(kind, key[2:], number, raw[8:] or None))  # type: ignore[arg-type]
    return rows


async def test_what_is_applied_during_a_rebuild_wins_over_its_snapshot(store: ValkeyStore) -> None:
    cursor = await store.valkey.apply(store.cursor, [row(1, b"before")], 1)
    epoch = await store.valkey.begin_rebuild()
    with pytest.raises(CursorMoved):  # the follower learns of the new epoch
        await store.valkey.apply(cursor, [row(2, b"meanwhile")], 2)
    moved = await store.valkey.cursor()
    assert moved == Version(epoch, 1)
    await store.valkey.apply(moved, [row(2, b"meanwhile")], 2)
    await store.valkey.apply_snapshot(epoch, [row(1, b"before")])
    await store.valkey.sweep(epoch)
    await store.valkey.finish_rebuild(epoch, 1)
    assert await stored(store) == Version(epoch, 2).pack() + b"meanwhile"


async def test_the_new_epoch_wins_over_higher_numbers_of_the_old(store: ValkeyStore) -> None:
    await store.valkey.apply(store.cursor, [row(90, b"old")], 90)
    epoch = await store.valkey.begin_rebuild()
    await store.valkey.apply_snapshot(epoch, [row(5, b"new")])
    assert await stored(store) == Version(epoch, 5).pack() + b"new"


async def test_epochs_are_counted_beyond_one_byte(store: ValkeyStore) -> None:
    epoch = 0
    while epoch < 255:
        epoch = await store.valkey.begin_rebuild()
    await store.valkey.apply_snapshot(255, [row(9, b"old")])
    assert await store.valkey.begin_rebuild() == 256
    await store.valkey.apply_snapshot(256, [row(1, b"new")])
    assert await stored(store) == Version(256, 1).pack() + b"new"


async def test_a_rebuild_that_was_overtaken_is_told_so(store: ValkeyStore) -> None:
    first = await store.valkey.begin_rebuild()
    second = await store.valkey.begin_rebuild()
    assert second > first
    with pytest.raises(RebuildSuperseded):
        await store.valkey.apply_snapshot(first, [row(1, b"a")])
    with pytest.raises(RebuildSuperseded):
        await store.valkey.sweep(first)
    with pytest.raises(RebuildSuperseded):
        await store.valkey.finish_rebuild(first, 1)
    await store.valkey.finish_rebuild(second, 1)
    with pytest.raises(RebuildSuperseded):
        await store.valkey.finish_rebuild(second, 1)


async def test_a_sweep_leaves_usage_sessions_and_the_journal(
    world: World, store: ValkeyStore
) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    await world.scan(reader, member)
    before = {key for key in await store.state.call("KEYS", b"*") if key[:1] in b"ursj"}
    assert len(before) == 4
    epoch = await store.valkey.begin_rebuild()
    await store.valkey.sweep(epoch)
    assert before <= set(await store.state.call("KEYS", b"*"))


async def test_lost_usage_is_restored_and_existing_usage_is_kept(
    world: World, store: ValkeyStore
) -> None:
    door = await world.door(debounce=0)
    reader = await world.reader(door)
    twice = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=2, per="month"),))
    grant = await world.grant(twice)
    member, active = await world.member(grant), await world.member(await world.grant(twice))
    await world.scan(reader, active)
    (entry,) = await store.journal()
    assert entry.spending is not None
    spending = Spending(
        grant.membership_id,
        door.bytes,
        b"o" * 16,
        entry.spending.day,
        entry.spending.month,
    )
    lost = rebuilt([PastVisit(b"v" * 16, world.at(hours=-3), spending)], world.at())
    usages = [(member.person_id.bytes, lost), (active.person_id.bytes, lost)]
    assert await store.valkey.restore_usage(usages) == 1
    assert (await world.scan(reader, member))["decision"] == "allow"
    assert (await world.scan(reader, member))["code"] == "PERIOD_LIMIT_REACHED"
    assert (await world.scan(reader, active))["decision"] == "allow"
    (raw,) = await store.state.fetch(USAGE + active.person_id.bytes)
    assert raw is not None


async def test_the_journal_is_read_in_order_and_trimmed_behind_the_reader(
    world: World, store: ValkeyStore
) -> None:
    reader = await world.reader(await world.door())
    for card in range(5):
        await world.scan(reader, f"{card}", request_id=f"{card}")
    first = await store.valkey.read_journal(None, 2)
    rest = await store.valkey.read_journal(first[-1][0])
    assert [entry.request_id for _, entry in itertools.chain(first, rest)] == list("01234")
    assert await store.valkey.trim_journal(first[-1][0]) == 2
    assert await store.valkey.journal_length() == 3
    assert await store.valkey.read_journal(None) == rest
    assert await store.valkey.read_journal(rest[-1][0]) == []
