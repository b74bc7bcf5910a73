"""The ledger in the database: added to once, never changed, balanced, and each tenant's own."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from contexts.billing.ledger_desk import (
    BOOKS,
    DUES,
    GYM,
    MARCH,
    OTHER_GYM,
    Desk,
    matter,
)
from fixtures.engines import TestDatabase
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.billing.domain import bookings
from gymhopper.contexts.billing.domain.bookings import Charged
from gymhopper.contexts.billing.domain.errors import EntryDiffers
from gymhopper.contexts.billing.domain.ledger import CASH, clearing
from gymhopper.contexts.billing.queries import ledger as queries
from gymhopper.contexts.billing.storage import ledger
from gymhopper.contexts.billing.usecases.post_entry import post
from gymhopper.kernel.ids import new_id


async def test_repeating_an_entry_changes_nothing(desk: Desk) -> None:
    entry = bookings.invoice(matter(), DUES)
    assert await desk.post(entry, entry) == [True, False]
    later = replace(entry, at=entry.at + timedelta(days=9))
    assert await desk.post(later) == [False]
    assert await desk.count(ledger.entry) == 1
    assert await desk.count(ledger.posting) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"postings": bookings.invoice(matter(), Charged(revenue={"membership": 1})).postings},
        {"claim_id": new_id()},
        {"billing_account_id": None},
        {"books": replace(BOOKS, currency="USD")},
        {"books": replace(BOOKS, organisation_id=OTHER_GYM)},
    ],
    ids=["amount", "claim", "payer", "currency", "organisation"],
)
async def test_the_same_cause_booked_otherwise_is_refused(
    desk: Desk, changes: dict[str, Any]
) -> None:
    entry = bookings.invoice(matter(), DUES)
    await desk.post(entry)
    with pytest.raises(EntryDiffers):
        await desk.post(replace(entry, **changes))
    assert await desk.count(ledger.entry) == 1


async def test_another_tenants_entry_of_the_same_cause_is_not_looked_into(desk: Desk) -> None:
    entry = bookings.invoice(matter(), DUES)
    await desk.post(entry)
    stranger = AuthSubject(kind="staff", id=new_id(), organisation_id=OTHER_GYM)
    with pytest.raises(EntryDiffers):
        async with desk.runtime.begin(stranger) as uow:
            await post(uow, replace(entry, books=replace(BOOKS, organisation_id=OTHER_GYM)))


async def test_the_same_cause_may_move_money_in_several_ways(desk: Desk) -> None:
    about = matter()
    posted = await desk.post(bookings.write_off(about, 100), bookings.recovery(about, 100))
    assert posted == [True, True]


async def test_an_entry_that_moves_nothing_is_not_kept(desk: Desk) -> None:
    assert await desk.post(bookings.invoice(matter(), Charged(revenue={}))) == [False]
    assert await desk.count(ledger.entry) == 0


async def test_many_at_once_open_each_account_once_and_post_each_entry_once(desk: Desk) -> None:
    entries = [bookings.payment(matter(), 100 + n, clearing("stripe")) for n in range(12)]
    # Each twice, and in two orders.
    await asyncio.gather(*(desk.post(each) for each in (*entries, *reversed(entries))))
    assert await desk.count(ledger.entry) == 12
    assert await desk.count(ledger.account) == 2
    async with desk.runtime.read(SERVICE) as connection:
        held = await queries.balance(connection, "clearing", "stripe")
    assert held == {BOOKS: sum(100 + n for n in range(12))}


@pytest.mark.parametrize("table", ["ledger_account", "ledger_entry", "ledger_posting"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE billing.{0} SET organisation_id = organisation_id", "DELETE FROM billing.{0}"],
)
async def test_the_ledger_is_only_added_to(
    desk: Desk, database: TestDatabase, table: str, statement: str
) -> None:
    await desk.post(bookings.invoice(matter(), DUES))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with desk.runtime.begin(SERVICE) as uow:
            await uow.connection.execute(sa.text(statement.format(table)))
    for wanted in (statement, "TRUNCATE billing.{0} CASCADE"):
        with (
            psycopg.connect(database.owner_url) as connection,
            pytest.raises(psycopg.errors.RestrictViolation),
        ):
            connection.execute(wanted.format(table).encode())


def _rows(entry_id: UUID, account: UUID, *amounts: int, **changes: object) -> list[dict[str, Any]]:
    return [
        {
            "entry_id": entry_id,
            "line": line,
            "account_id": account,
            "organisation_id": GYM,
            "happened_at": MARCH,
            "amount": amount,
            **changes,
        }
        for line, amount in enumerate(amounts, 1)
    ]


@pytest.mark.parametrize(
    ("amounts", "changes"),
    [
        ((100, -99), {}),
        ((100,), {}),
        ((), {}),
        ((100, -100), {"organisation_id": OTHER_GYM}),
        ((100, -100), {"happened_at": MARCH + timedelta(days=1)}),
        ((100, -100), {"account_id": new_id()}),
    ],
    ids=["unbalanced", "one_sided", "empty", "foreign", "another_day", "no_account"],
)
async def test_the_database_itself_refuses_an_entry_that_does_not_balance(
    desk: Desk, amounts: tuple[int, ...], changes: dict[str, Any]
) -> None:
    await desk.post(bookings.payment(matter(), 1, CASH))
    [cash] = await desk.cash()
    entry_id = new_id()
    with pytest.raises(DBAPIError, match="does not balance"):
        await desk.insert(entry_id, _rows(entry_id, cash, *amounts, **changes))
    assert await desk.count(ledger.entry) == 1


async def test_a_posting_cannot_be_added_to_an_entry_later(desk: Desk) -> None:
    await desk.post(bookings.payment(matter(), 1, CASH))
    async with desk.runtime.read(SERVICE) as connection:
        kept = (await connection.execute(sa.select(ledger.posting).limit(1))).mappings().one()
    with pytest.raises(DBAPIError, match="does not balance"):
        await desk.insert(None, [{**kept, "line": 9, "amount": 5}])


async def test_cents_of_two_currencies_are_no_balance(desk: Desk) -> None:
    dollars = replace(BOOKS, currency="USD")
    await desk.post(
        bookings.payment(matter(), 1, CASH), bookings.payment(matter(books=dollars), 1, CASH)
    )
    euro_cash, dollar_cash = await desk.cash()
    entry_id = new_id()
    rows = [*_rows(entry_id, euro_cash, 5), *_rows(entry_id, dollar_cash, -5, line=2)]
    with pytest.raises(DBAPIError, match="does not balance"):
        await desk.insert(entry_id, rows)


async def test_without_any_filter_a_tenant_reads_its_own_ledger_and_a_member_none(
    desk: Desk,
) -> None:
    await desk.a_month()
    payer = AuthSubject(kind="member", person_id=new_id(), within=(GYM,))
    for subject, visible in (
        (AuthSubject(kind="staff", organisation_id=GYM), True),
        (AuthSubject(kind="staff", organisation_id=OTHER_GYM), False),
        (payer, False),
    ):
        async with desk.runtime.read(subject) as connection:
            for table in (ledger.account, ledger.entry, ledger.posting):
                found = (await connection.execute(sa.select(table))).all()
                assert bool(found) == visible, table.name


async def test_the_doctor_finds_an_entry_that_went_wrong(
    desk: Desk, database: TestDatabase
) -> None:
    await desk.a_month()
    assert await desk.broken() == [0, 0, 0]
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE billing.ledger_posting SET amount = amount + 1 WHERE amount = 1500"
        )
    assert await desk.broken() == [1, 1, 0]
