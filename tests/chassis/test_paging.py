"""Pages of sorted lists: nothing is left out or shown twice, and cursors are good for one list."""

import itertools
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from chassis.counting import COUNTER, Counter
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.http.paging import InvalidCursor, PageQuery, decode_cursor, encode_cursor
from gymhopper.chassis.http.sorting import SortedQuery, sorting
from gymhopper.chassis.keyset import paged
from gymhopper.kernel.ids import new_id


class CounterQuery(SortedQuery):
    """Which counters."""

    sort: sorting("total", "version", "id") = "-total"  # type: ignore[valid-type]  # a function makes it


KINDS = {"total": int, "version": int, "id": UUID}


@pytest.mark.parametrize(
    "sort", ["total", "-total", "-total,version", "version,-total", "version,-id", "id", "-id"]
)
async def test_pages_together_are_the_list_in_its_order(
    new_runtime: NewRuntime, counting: TestDatabase, sort: str
) -> None:
    runtime = await new_runtime([])
    made = [
        Counter(new_id(), version=v, total=t) for v, t in itertools.product(range(3), range(3))
    ] + [Counter(new_id(), version=1, total=1) for _ in range(4)]
    async with runtime.begin(SERVICE) as uow:
        for each in made:
            uow.add(each)
    seen: list[UUID] = []
    cursor: str | None = None
    async with runtime.read(SERVICE) as connection:
        while True:
            query = CounterQuery(sort=sort, cursor=cursor, limit=4)
            asked = paged(sa.select(COUNTER), COUNTER.c, query.order, query.place(KINDS))
            found = (await connection.execute(asked.limit(query.fetch))).all()
            shown, cursor = query.cut_sorted(found)
            seen += [each.id for each in shown]
            if cursor is None:
                break

    def rank(each: Any) -> tuple[Any, ...]:
        return tuple(
            (-1 if down else 1) * (value.int if isinstance(value, UUID) else value)
            for name, down in CounterQuery(sort=sort).order
            for value in [getattr(each, name)]
        )

    assert seen == [each.id for each in sorted(made, key=rank)]


def test_the_last_page_has_no_cursor() -> None:
    page = PageQuery(limit=2)
    assert page.cut([1, 2], str) == ([1, 2], None)
    shown, cursor = page.cut([1, 2, 3], str)
    assert (shown, cursor) == ([1, 2], encode_cursor("2"))
    assert page.cut([], str) == ([], None)


@pytest.mark.parametrize("limit", [0, 201, -1])
def test_a_page_has_1_to_200_items(limit: int) -> None:
    with pytest.raises(ValidationError):
        PageQuery(limit=limit)


def test_a_parameter_that_the_list_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError):
        PageQuery(limt=5)  # type: ignore[call-arg]  # that is the point


@pytest.mark.parametrize(
    "sort", ["name", "", "-", "--total", "total,", "total,-total", "total, id"]
)
def test_an_order_that_is_not_offered_is_refused(sort: str) -> None:
    with pytest.raises(ValidationError):
        CounterQuery(sort=sort)


@pytest.mark.parametrize(
    "cursor", ["", "x", "%%", "ü", encode_cursor([]), encode_cursor(None), encode_cursor("a\0")]
)
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(cursor, tuple[str, UUID] if cursor != encode_cursor("a\0") else str)


def test_a_cursor_of_another_order_is_refused() -> None:
    rows = [Counter(new_id()), Counter(new_id())]
    _, cursor = CounterQuery(sort="total", limit=1).cut_sorted(rows)
    assert CounterQuery(sort="total", cursor=cursor).place(KINDS) == [0, rows[0].id]
    for other in ("-total", "version", "total,version"):
        with pytest.raises(InvalidCursor):
            CounterQuery(sort=other, cursor=cursor).place(KINDS)
