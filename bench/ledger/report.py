"""How the ledger answers when it is large: `gymhopper bench ledger`.

Books with a million postings: 10,000 payers with 20 months each, every month an invoice and its
payment. They are asked as an accountant asks, policies and all.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from bench.database import fresh_database
from sqlalchemy.ext.asyncio import AsyncConnection

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.chassis.registry import load
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain import bookings
from gymhopper.contexts.billing.domain.bookings import Matter
from gymhopper.contexts.billing.domain.ledger import Books, clearing
from gymhopper.contexts.billing.queries import ledger
from gymhopper.contexts.billing.storage.invariants import INVARIANTS
from gymhopper.contexts.billing.usecases.post_entry import post
from gymhopper.kernel.ids import new_id

Figures = dict[str, object]
Ask = Callable[[AsyncConnection], Awaitable[Any]]

BILLING = "gymhopper.contexts.billing"
PAYERS, MONTHS = 10_000, 20
WRITERS = 4
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)

_TRIGGERS = ("billing.ledger_entry", "billing.ledger_posting")

_LOAD = """
CREATE TEMP TABLE payer AS
    SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS account
    FROM generate_series(1, %(payers)s) AS n;
CREATE TEMP TABLE shared AS
    SELECT kind, of, gen_random_uuid() AS id
    FROM (VALUES ('revenue', 'membership'), ('tax', 'standard'), ('clearing', 'stripe'))
        AS v (kind, of);
INSERT INTO billing.ledger_account (id, organisation_id, legal_entity_id, currency, kind, of)
    SELECT account, %(gym)s, %(entity)s, 'EUR', 'receivable', id::text FROM payer
    UNION ALL SELECT id, %(gym)s, %(entity)s, 'EUR', kind, of FROM shared;
CREATE TEMP TABLE month AS
    SELECT p.id AS payer, p.account, gen_random_uuid() AS claim, gen_random_uuid() AS invoice,
        gen_random_uuid() AS payment,
        %(begin)s::timestamptz + m * interval '30 days' + p.n * interval '4 minutes' AS at
    FROM generate_series(0, %(months)s - 1) AS m, payer AS p;
INSERT INTO billing.ledger_entry (id, organisation_id, legal_entity_id, currency, kind, cause,
        claim_id, billing_account_id, happened_at, recorded_at)
    SELECT invoice, %(gym)s, %(entity)s, 'EUR', 'invoice', claim, claim, payer, at, at FROM month
    UNION ALL SELECT payment, %(gym)s, %(entity)s, 'EUR', 'payment', gen_random_uuid(), claim,
        payer, at, at FROM month;
INSERT INTO billing.ledger_posting (entry_id, line, account_id, organisation_id, happened_at,
        amount)
    SELECT invoice, 1, account, %(gym)s, at, 2990 FROM month
    UNION ALL SELECT invoice, 2, s.id, %(gym)s, at, -2513 FROM month, shared AS s
        WHERE kind = 'revenue'
    UNION ALL SELECT invoice, 3, s.id, %(gym)s, at, -477 FROM month, shared AS s
        WHERE kind = 'tax'
    UNION ALL SELECT payment, 1, account, %(gym)s, at, -2990 FROM month
    UNION ALL SELECT payment, 2, s.id, %(gym)s, at, 2990 FROM month, shared AS s
        WHERE kind = 'clearing'
"""


async def report(seconds: int = 5) -> Figures:
    """Load, ask each question three times, then write for so many seconds."""
    async with fresh_database([BILLING]) as fresh:
        books = Books(organisation_id=new_id(), legal_entity_id=new_id(), currency="EUR")
        payer = await asyncio.to_thread(_load, fresh.owner_url, books)
        settings = fresh.settings
        runtime = Runtime(settings, load(settings.contexts), database_url=fresh.url)
        try:
            return await _measure(runtime, books, payer, seconds)
        finally:
            await runtime.close()


def _load(owner_url: str, books: Books) -> UUID:
    """Returns one of the payers. What is loaded balances; checking each entry is left out."""
    values = {
        "payers": PAYERS,
        "months": MONTHS,
        "gym": books.organisation_id,
        "entity": books.legal_entity_id,
        "begin": BEGIN,
    }
    with psycopg.ClientCursor(psycopg.connect(owner_url, autocommit=True)) as cursor:
        for table in _TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER balances")
        cursor.execute(_LOAD, values)
        for table in _TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER balances")
        for table in ("ledger_account", "ledger_entry", "ledger_posting"):
            cursor.execute(f"VACUUM ANALYZE billing.{table}")
        payer: UUID = cursor.execute("SELECT id FROM payer WHERE n = 5000").fetchone()[0]
        cursor.connection.close()
    return payer


async def _measure(runtime: Runtime, books: Books, payer: UUID, seconds: int) -> Figures:
    gym = books.organisation_id
    accountant = AuthSubject(kind="staff", id=new_id(), organisation_id=gym)
    middle = BEGIN + timedelta(days=300)
    asked: dict[str, Ask] = {
        "trial_balance_s": lambda connection: ledger.trial_balances(
            connection, organisation_id=gym
        ),
        "trial_balance_of_a_month_s": lambda connection: ledger.trial_balances(
            connection, organisation_id=gym, start=middle, until=middle + timedelta(days=30)
        ),
        "owed_by_a_payer_s": lambda connection: ledger.balance(
            connection, "receivable", str(payer)
        ),
        "entries_of_a_payer_s": lambda connection: ledger.entries(
            connection, ledger.Wanted(billing_account_id=payer), after=None, limit=51
        ),
        "latest_entries_s": lambda connection: ledger.entries(
            connection, ledger.Wanted(organisation_id=gym), after=None, limit=51
        ),
    }
    figures: Figures = {"postings": PAYERS * MONTHS * 5}
    for name, ask in asked.items():
        figures[name] = round(min([await _timed(runtime, accountant, ask) for _ in range(3)]), 4)
    for number, sql in enumerate((s for n, s in INVARIANTS.items() if "ledger" in s), 1):
        began = time.perf_counter()
        async with runtime.read(SERVICE) as connection:
            broken = (await connection.exec_driver_sql(sql)).scalar_one()
        figures[f"invariant_{number}_s"] = round(time.perf_counter() - began, 3)
        assert broken == 0
    return figures | {"posted_per_s": await _writing(runtime, books, payer, seconds)}


async def _timed(runtime: Runtime, subject: AuthSubject, ask: Ask) -> float:
    began = time.perf_counter()
    async with runtime.read(subject) as connection:
        await ask(connection)
    return time.perf_counter() - began


async def _writing(runtime: Runtime, books: Books, payer: UUID, seconds: int) -> int:
    """Payments a second, each in a transaction of its own, by several at once."""
    until = time.perf_counter() + seconds

    async def one() -> int:
        count = 0
        while time.perf_counter() < until:
            about = Matter(
                books=books, cause=new_id(), at=runtime.clock.now(), billing_account_id=payer
            )
            async with runtime.begin(SERVICE) as uow:
                await post(uow, bookings.payment(about, 2990, clearing("stripe")))
            count += 1
        return count

    return round(sum(await asyncio.gather(*(one() for _ in range(WRITERS)))) / seconds)
