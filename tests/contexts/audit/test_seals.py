"""The log is sealed run by run, and every way of changing it afterwards is found and named."""

import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest

from contexts.audit.conftest import House
from contexts.audit.sealing import seal, verify, write
from fixtures.engines import TestDatabase
from gymhopper.chassis.audit.acts import Act, entry_of
from gymhopper.chassis.audit.entry import canonical
from gymhopper.chassis.audit.log import append, ensure_partitions
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.audit.queries import seals as queries
from gymhopper.contexts.audit.usecases.seal_entries import seal_entries
from gymhopper.contexts.audit.usecases.verify_seals import Report
from gymhopper.kernel.clock import ManualClock

INSERT_BEHIND = """
    INSERT INTO audit.entry SELECT (jsonb_populate_record(
        e, jsonb_build_object('id', gen_random_uuid(), 'number', 9))).*
    FROM audit.entry AS e WHERE number = 8"""


async def hashes(house: House) -> dict[int, bytes]:
    async with house.runtime.read(SERVICE) as connection:
        return {
            each.number: each.hash for each in await queries.seals(connection, after=0, limit=100)
        }


@pytest.fixture
async def sealed(house: House) -> House:
    """Eight entries under three seals."""
    await write(house, 8)
    assert await seal(house) == 8
    return house


async def test_a_log_that_nobody_touched_is_whole(sealed: House) -> None:
    await write(sealed, 2)
    found = await verify(sealed)
    assert found == Report(entries=8, seals=3, waiting=2)
    assert await seal(sealed) == 2
    assert await verify(sealed) == Report(entries=10, seals=4)
    assert [each.number for each in await sealed.entries()] == list(range(1, 11))


async def test_an_empty_log_is_whole(house: House) -> None:
    assert await seal(house) == 0
    assert await verify(house) == Report()


@pytest.mark.parametrize(
    ("forgery", "fault", "at"),
    [
        ("UPDATE audit.entry SET actor = 'staff:somebody' WHERE number = 5", "entry_altered", 5),
        ("UPDATE audit.entry SET recorded_at = recorded_at + interval '1 ms' WHERE number = 2",
         "entry_altered", 2),
        ("UPDATE audit.entry SET organisation_id = NULL WHERE number = 8", "entry_altered", 8),
        ("UPDATE audit.entry SET changes = changes - 0 WHERE number = 4", "entry_altered", 4),
        ("DELETE FROM audit.entry WHERE number = 6", "entry_missing", 6),
        ("DELETE FROM audit.entry WHERE number = 8", "entry_missing", 8),
        ("DELETE FROM audit.entry", "entry_missing", 1),
        ("UPDATE audit.entry SET number = 9 - number WHERE number IN (4, 5)", "entry_altered", 4),
        ("UPDATE audit.entry SET number = NULL WHERE number = 3", "entry_missing", 3),
        ("INSERT INTO audit.entry SELECT * FROM audit.entry WHERE number = 7",
         "entry_inserted", 7),
        (INSERT_BEHIND, "seal_missing", 4),
        ("DELETE FROM audit.about WHERE entry_id IN (SELECT id FROM audit.entry WHERE number = 3)",
         "entry_hidden", 3),
        ("DELETE FROM audit.seal WHERE number = 2", "seal_missing", 2),
        ("DELETE FROM audit.seal WHERE number = 3", "seal_missing", 3),
        ("UPDATE audit.seal SET hashes = sha256('') || substring(hashes FROM 33) WHERE number = 1",
         "seal_altered", 1),
        ("UPDATE audit.seal SET sealed_at = sealed_at + interval '1 hour' WHERE number = 2",
         "seal_altered", 2),
        ("UPDATE audit.seal SET month = '2020-01-01' WHERE number = 2", "seal_altered", 2),
    ],
)  # fmt: skip
async def test_whatever_is_changed_is_named(
    sealed: House, forgery: str, fault: str, at: int
) -> None:
    sealed.forge(forgery)
    found = await verify(sealed)
    assert (found.fault, found.at) == (fault, at)


async def test_a_log_that_was_written_anew_agrees_with_itself_but_not_with_a_kept_seal(
    sealed: House,
) -> None:
    kept = await hashes(sealed)
    assert (await verify(sealed, kept)).fault is None
    sealed.forge(
        "UPDATE audit.entry SET actor = 'staff:somebody', number = NULL",
        "DELETE FROM audit.seal",
        "UPDATE audit.head SET last = 0",
    )
    await seal(sealed)
    assert (await verify(sealed)).fault is None
    found = await verify(sealed, kept)
    assert (found.fault, found.at) == ("seal_unlike_kept", 1)


async def test_a_log_whose_end_was_cut_off_lacks_a_kept_seal(sealed: House) -> None:
    kept = await hashes(sealed)
    sealed.forge(
        "DELETE FROM audit.entry WHERE number > 6",
        "DELETE FROM audit.seal WHERE number = 3",
        "UPDATE audit.head SET last = 6",
    )
    assert (await verify(sealed)).fault is None
    found = await verify(sealed, kept)
    assert (found.fault, found.at) == ("seal_missing", 3)


async def test_an_export_is_checked_against_a_seal_with_nothing_but_sha_256(sealed: House) -> None:
    lines = [canonical(each) for each in await sealed.entries()]
    async with sealed.runtime.read(SERVICE) as connection:
        (_, second, _) = await queries.seals(connection, after=0, limit=10)
    printed = json.loads(second.line())
    own = lines[printed["first"] - 1 : printed["last"]]
    assert sha256(b"".join(sha256(each).digest() for each in own)).hexdigest() == printed["digest"]
    end = printed.pop("hash")
    header = json.dumps(printed, separators=(",", ":"), sort_keys=True).encode()
    assert sha256(header).hexdigest() == end


async def test_a_seal_covers_entries_of_one_month(house: House, clock: ManualClock) -> None:
    await ensure_partitions(house.runtime.database, clock.now())
    await write(house, 2)
    clock.advance(timedelta(days=31))
    await write(house, 2)
    assert await seal(house, most=100) == 4
    async with house.runtime.read(SERVICE) as connection:
        found = await queries.seals(connection, after=0, limit=10)
    assert [(each.month, each.first, each.last) for each in found] == [
        (date(2026, 3, 1), 1, 2),
        (date(2026, 4, 1), 3, 4),
    ]
    assert (await verify(house)).entries == 4


async def test_a_transaction_that_commits_late_is_sealed_late_and_not_missed(house: House) -> None:
    async with house.runtime.begin(SERVICE) as late:
        first = entry_of(Act(action="began_first"), SERVICE, late.now - timedelta(hours=1))
        await append(late.connection, [first])
        await write(house, 2)
        assert await seal(house) == 2
    assert await seal(house) == 1
    assert [each.number for each in await house.entries()] == [3, 1, 2]
    assert (await verify(house)).entries == 3


async def test_two_who_seal_at_once_do_not_wait_for_each_other(sealed: House) -> None:
    await write(sealed, 1)
    async with sealed.runtime.begin(SERVICE) as first, sealed.runtime.begin(SERVICE) as second:
        assert await seal_entries(first) == 1
        assert await seal_entries(second) == 0
    assert (await verify(sealed)).seals == 4


async def test_a_seal_that_is_not_committed_numbers_nothing(sealed: House) -> None:
    await write(sealed, 1)

    async def fail() -> None:
        async with sealed.runtime.begin(SERVICE) as uow:
            assert await seal_entries(uow) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await verify(sealed) == Report(entries=8, seals=3, waiting=1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entry SET number = 1",
        "DELETE FROM audit.entry",
        "TRUNCATE audit.entry",
        "UPDATE audit.about SET kind = 'x'",
        "DELETE FROM audit.about",
        "TRUNCATE audit.about",
        "UPDATE audit.seal SET hash = ''",
        "DELETE FROM audit.seal",
        "TRUNCATE audit.seal",
        "UPDATE audit.head SET last = 0",
        "DELETE FROM audit.dropped",
        "ALTER TABLE audit.entry DISABLE TRIGGER ALL",
        "DROP TABLE audit.entry_default",
        "SET session_replication_role = replica",
    ],
)
async def test_the_application_may_only_add(sealed: House, statement: str) -> None:
    with psycopg.connect(sealed.database.url) as connection:
        connection.execute("SELECT set_config('gymhopper.organisation', '*', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entry SET actor = 'x'",
        "UPDATE audit.entry SET number = 77",
        "UPDATE audit.entry SET number = NULL",
        "DELETE FROM audit.entry",
        "TRUNCATE audit.entry",
        "TRUNCATE audit.entry_default",
        "TRUNCATE audit.entry_2026_03",
        "DELETE FROM audit.entry_2026_03",
        "UPDATE audit.about SET kind = 'x'",
        "DELETE FROM audit.about",
        "TRUNCATE audit.about",
        "TRUNCATE audit.about_2026_03",
        "UPDATE audit.seal SET hash = ''",
        "DELETE FROM audit.seal",
        "TRUNCATE audit.seal",
    ],
)
async def test_the_owner_is_refused_too_until_it_takes_the_triggers_down(
    house: House, clock: ManualClock, statement: str
) -> None:
    await ensure_partitions(house.runtime.database, clock.now())
    await write(house, 2)
    await seal(house)
    with (
        psycopg.connect(house.database.owner_url) as connection,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        connection.execute(statement.encode())


async def test_an_unsealed_entry_may_be_numbered_and_nothing_else_of_it_changed(
    house: House, database: TestDatabase
) -> None:
    await write(house, 1)
    with (
        psycopg.connect(database.owner_url) as connection,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        connection.execute("UPDATE audit.entry SET number = 1, actor = 'x'")


async def test_times_of_moved_clocks_and_zones_are_sealed_alike(house: House) -> None:
    await write(house, 1)
    await seal(house)
    with psycopg.connect(house.database.url, options="-c timezone=Asia/Tokyo") as connection:
        connection.execute("SELECT set_config('gymhopper.organisation', '*', false)")
        (at,) = connection.execute("SELECT recorded_at FROM audit.entry").fetchone()
    assert at.utcoffset() == timedelta(hours=9)
    (entry,) = await house.entries()
    again = canonical(type(entry)(**{**_fields(entry), "at": at}))
    assert again == canonical(entry)
    assert datetime(2026, 3, 2, 9, tzinfo=UTC).isoformat().replace("+00:00", "Z").encode() in again


def _fields(entry: object) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__struct_fields__}
