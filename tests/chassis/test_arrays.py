"""Lists reach PostgreSQL as the arrays that they are, whatever is in them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.array import ListDumper
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fixtures.engines import TestDatabase
from gymhopper.chassis.arrays import ArrayDumper
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Database

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
lists = st.one_of(
    st.tuples(st.just("text"), st.lists(st.none() | texts)),
    st.tuples(st.just("bytea"), st.lists(st.none() | st.binary())),
    st.tuples(st.just("uuid"), st.lists(st.none() | st.uuids())),
    st.tuples(st.just("bigint"), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))),
    st.tuples(
        st.just("timestamptz"),
        st.lists(st.none() | st.datetimes(timezones=st.just(UTC))),
    ),
    st.tuples(st.just("numeric"), st.lists(st.decimals(allow_nan=False, allow_infinity=False))),
    st.tuples(st.just("boolean"), st.lists(st.booleans())),
)


@pytest.fixture
async def connection(database: TestDatabase) -> AsyncIterator[AsyncConnection]:
    pool = Database(database.url, pool_size=1)
    async with pool.transaction(SERVICE) as connection:
        yield connection
    await pool.close()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lists)
async def test_what_is_sent_comes_back(
    connection: AsyncConnection, case: tuple[str, list[Any]]
) -> None:
    kind, sent = case
    found = await connection.execute(text(f"SELECT CAST(:sent AS {kind}[])"), {"sent": sent})
    assert found.scalar_one() == sent


@pytest.mark.parametrize(
    "odd", ["NULL", "null", "", " ", "{}", 'a"b', "a\\b", "a,b", "{a}", "\\x00", "ü\n\t"]
)
async def test_texts_that_look_like_syntax(connection: AsyncConnection, odd: str) -> None:
    found = await connection.execute(text("SELECT CAST(:sent AS text[])"), {"sent": [odd, None]})
    assert found.scalar_one() == [odd, None]


async def test_ids_may_go_as_text_and_lists_may_be_nested(connection: AsyncConnection) -> None:
    one = UUID(int=7)
    found = await connection.execute(
        text("SELECT CAST(:ids AS uuid[]), CAST(:nested AS integer[]), 'b' = ANY(:names)"),
        {"ids": [one.hex, None], "nested": [[1, 2], [3, 4]], "names": ["a", "b"]},
    )
    assert found.one() == ([one, None], [[1, 2], [3, 4]], True)


def test_plain_lists_do_not_go_through_the_drivers_adapters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("the driver wrote the list")

    monkeypatch.setattr(ListDumper, "dump", slow)
    plain: list[Any] = [1, "a", b"b", None, UUID(int=1), datetime(2026, 1, 1, tzinfo=UTC)]
    assert ArrayDumper(list).dump(plain)
