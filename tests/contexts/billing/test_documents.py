"""Invoices and credit notes as they are issued."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from contexts.billing.shop import MARCH, Line, Shop
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.domain.document import (
    AmountsDisagree,
    NothingToCredit,
    OverCredit,
    Party,
    SellerUnknown,
)
from gymhopper.contexts.billing.storage.document_tables import document
from gymhopper.contexts.billing.usecases.follow_merge import follow_merge
from gymhopper.contexts.billing.usecases.issue_credit_note import issue_credit_note
from gymhopper.contexts.billing.usecases.issue_invoice import issue_invoice
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.period import Period


@pytest.fixture
async def shop(new_runtime: NewRuntime) -> Shop:
    shop = Shop(await new_runtime([billing]))
    await shop.open()
    return shop


async def test_an_invoice_says_who_sells_who_buys_what_and_how_it_is_taxed(shop: Shop) -> None:
    await shop.customer(Party(name="Ada Beispiel", city="Wien", country="AT"))
    issued = await shop.invoice([Line(2990), Line(1500, "reduced", "Towel", "fee")])
    assert issued.number == "INV-2026-000001"
    assert (issued.net, issued.tax, issued.payable) == (2513 + 1402, 477 + 98, 4490)
    assert [(t.rate.percent, t.base, t.tax) for t in issued.taxes] == [
        ("19", 2513, 477),
        ("7", 1402, 98),
    ]
    assert issued.issued_on == date(2026, 3, 2)
    said = shop.content(issued)
    assert said.seller.name == "Nordsport GmbH"
    assert said.seller.tax_ids[0].value == "DE123456789"
    assert said.buyer.name == "Ada Beispiel"
    assert said.language == "de"
    assert [(line.text, line.amount, line.rate.percent) for line in said.lines] == [
        ("Basic", 2990, "19"),
        ("Towel", 1500, "7"),
    ]
    assert await shop.broken() == []


async def test_a_claim_has_one_invoice_however_often_it_is_asked_for(shop: Shop) -> None:
    order = shop.order()
    async with shop.unit() as uow:
        first = await issue_invoice(uow, order)
        assert (await issue_invoice(uow, order)) is first
    async with shop.unit() as uow:
        assert (await issue_invoice(uow, order)).id == first.id
    assert first.number == "INV-2026-000001"
    assert (await shop.invoice()).number == "INV-2026-000002"


async def test_two_who_invoice_a_claim_at_once_issue_one(shop: Shop) -> None:
    order = shop.order()

    async def issue() -> str:
        async with shop.unit() as uow:
            return (await issue_invoice(uow, order)).number

    numbers = await asyncio.gather(*(issue() for _ in range(8)))
    assert set(numbers) - {""} == {"INV-2026-000001"}
    assert await shop.rows("SELECT count(*) FROM billing.document") == [(1,)]


async def test_what_is_charged_is_what_the_lines_come_to(shop: Shop) -> None:
    with pytest.raises(AmountsDisagree):
        await shop.invoice([Line(2990)], charged=2991)
    with pytest.raises(AmountsDisagree):
        await shop.invoice([Line(1000)], included=False, charged=1192)
    assert await shop.rows("SELECT count(*) FROM billing.series") == [(0,)]


async def test_prices_without_tax_that_were_charged_line_by_line_leave_a_rounding(
    shop: Shop,
) -> None:
    lines = [Line(333), Line(333), Line(333)]
    issued = await shop.invoice(lines, included=False, charged=3 * 396)
    assert (issued.net, issued.tax, issued.rounding, issued.payable) == (999, 190, -1, 1188)
    parts = [await shop.credit(issued, 500), await shop.credit(issued)]
    assert [each.payable for each in parts] == [500, 688]
    assert sum(each.tax for each in parts) == 190
    assert sum(each.rounding for each in parts) == -1
    assert await shop.broken() == []


async def test_a_seller_without_rates_is_outside_the_scope_of_tax(new_runtime: NewRuntime) -> None:
    shop = Shop(await new_runtime([billing]))
    await shop.open()
    async with shop.runtime.database.transaction(SERVICE) as connection:
        await connection.execute(text("DELETE FROM billing.tax_rate"))
    issued = await shop.invoice()
    assert (issued.net, issued.tax) == (2990, 0)
    assert [each.rate.category for each in issued.taxes] == ["O"]
    assert shop.content(issued).buyer.name is None


async def test_the_rate_is_the_one_in_force_where_the_period_of_a_line_begins(shop: Shop) -> None:
    await shop.taxes(valid_from=date(2026, 3, 1), standard="16")
    before = Period(MARCH.start - timedelta(seconds=1), MARCH.start)
    issued = await shop.invoice([Line(1190, period=before), Line(1160)])
    assert [(each.rate.percent, each.tax) for each in issued.taxes] == [("19", 190), ("16", 160)]


async def test_an_unknown_code_is_taxed_like_the_standard_one(shop: Shop) -> None:
    [taxed] = (await shop.invoice([Line(1190, "zumba")])).taxes
    assert taxed.rate.percent == "19"


async def test_an_unknown_seller_and_one_of_another_organisation_issue_nothing(shop: Shop) -> None:
    with pytest.raises(SellerUnknown):
        await shop.invoice(legal_entity_id=new_id())
    with pytest.raises(SellerUnknown):
        await shop.invoice(organisation_id=new_id())


async def test_the_year_of_a_series_is_the_sellers_own(shop: Shop, clock: ManualClock) -> None:
    await shop.invoice()
    clock.advance(datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC) - clock.now())
    assert (await shop.invoice()).number == "INV-2026-000002"
    clock.advance(timedelta(seconds=1))
    new_year = await shop.invoice()
    assert (new_year.number, new_year.issued_on) == ("INV-2027-000001", date(2027, 1, 1))
    other = Shop(shop.runtime)
    await other.open(zone="America/New_York")
    assert (await other.invoice()).number == "INV-2026-000001"
    assert await shop.broken() == []


async def test_credit_notes_have_a_series_of_their_own_and_name_their_invoice(shop: Shop) -> None:
    invoice = await shop.invoice([Line(2990), Line(1500, "reduced")])
    note = await shop.credit(invoice)
    assert note.number == "CN-2026-000001"
    assert note.corrects_id == invoice.id
    assert (note.taxes, note.amounts, note.payable) == (invoice.taxes, invoice.amounts, 4490)
    corrected = shop.content(note).corrected
    assert corrected is not None
    assert corrected.number == invoice.number
    assert [line.text for line in shop.content(note).lines] == ["Basic", "Basic"]
    assert await shop.broken() == []


async def test_parts_are_credited_over_the_rates_and_the_last_takes_the_rest(shop: Shop) -> None:
    invoice = await shop.invoice([Line(1000), Line(500, "reduced"), Line(1)])
    notes = [await shop.credit(invoice, 1) for _ in range(3)]
    notes += [await shop.credit(invoice, 700), await shop.credit(invoice)]
    assert sum(each.payable for each in notes) == invoice.payable
    assert sum(each.tax for each in notes) == invoice.tax
    assert sum(each.net for each in notes) == invoice.net
    assert [sum(each.amounts) for each in notes] == [each.payable for each in notes]
    with pytest.raises(NothingToCredit):
        await shop.credit(invoice)
    assert await shop.broken() == []


async def test_no_more_is_credited_than_was_invoiced_and_once_for_each_cause(shop: Shop) -> None:
    invoice = await shop.invoice()
    cause = new_id()
    first = await shop.credit(invoice, 2000, cause)
    assert (await shop.credit(invoice, 2000, cause)).id == first.id
    for amount in (991, 0, -1):
        with pytest.raises(OverCredit):
            await shop.credit(invoice, amount)
    with pytest.raises(NothingToCredit):
        async with shop.unit() as uow:
            await issue_credit_note(
                uow, claim_id=new_id(), amount=None, reason="None", cause=new_id()
            )


async def test_credit_notes_that_race_never_come_to_more_than_the_invoice(shop: Shop) -> None:
    invoice = await shop.invoice()
    results = await asyncio.gather(
        *(shop.credit(invoice, 1000) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(each, OverCredit) for each in results) == 4
    assert await shop.broken() == []


async def test_a_document_is_never_changed(shop: Shop, database: TestDatabase) -> None:
    issued = await shop.invoice()
    for change in ({"payable": 1}, {"number": "X"}, {"issued_on": date(2025, 1, 1)}):
        with pytest.raises(DBAPIError, match="never changed"):
            async with shop.unit() as uow:
                await uow.connection.execute(update(document).values(change))
    with psycopg.connect(database.superuser_url) as owner:
        for statement in (
            "DELETE FROM billing.document",
            "TRUNCATE billing.document",
            "UPDATE billing.document SET net = net",
            "DELETE FROM billing.series",
            "UPDATE billing.series SET last = last - 1",
            "UPDATE billing.series SET year = 2027",
        ):
            if statement.endswith("net"):
                owner.execute(statement)  # nothing of it is different
                continue
            with pytest.raises(psycopg.errors.RestrictViolation), owner.transaction():
                owner.execute(statement)
    assert shop.content(issued).seller.name == "Nordsport GmbH"


async def test_when_two_people_are_one_their_documents_are_the_survivors(shop: Shop) -> None:
    await shop.customer(Party(name="Ada Beispiel"))
    issued, survivor = await shop.invoice(), new_id()
    async with shop.runtime.begin(SERVICE) as uow:
        await follow_merge(
            uow,
            organisation_id=shop.organisation,
            person_id=shop.person,
            into_person_id=survivor,
        )
    moved = await shop.rows("SELECT person_id, number FROM billing.document")
    assert [tuple(each) for each in moved] == [(survivor, issued.number)]
    assert shop.content(issued).buyer.name == "Ada Beispiel"


async def test_the_event_holds_ids_and_sums_only(shop: Shop) -> None:
    await shop.customer(Party(name="Ada Beispiel"))
    issued = await shop.invoice()
    [(data,)] = await shop.rows(
        "SELECT CAST(data AS text) FROM bus.event WHERE type = 'billing.document.issued.v1'"
    )
    assert issued.number in data
    assert "Ada" not in data
    assert "Nordsport" not in data
