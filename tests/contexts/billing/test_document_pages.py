"""What stands on the page, in the words of each language."""

from dataclasses import replace
from datetime import date

import pytest

from contexts.billing.shop import Line, Shop
from fixtures.runtimes import NewRuntime
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.domain.document import Party, TaxNumber
from gymhopper.contexts.billing.domain.tax import OUTSIDE, Rate, Taxed
from gymhopper.contexts.billing.domain.wording import ENGLISH, GERMAN
from gymhopper.contexts.billing.gateways.typesetting.page import page_of
from gymhopper.contexts.billing.gateways.typesetting.pdf import pdf_of

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
async def shop(new_runtime: NewRuntime) -> Shop:
    shop = Shop(await new_runtime([billing]))
    await shop.open()
    return shop


async def test_a_german_invoice_has_all_that_the_law_asks(shop: Shop) -> None:
    buyer = Party(
        name="Beispiel AG",
        lines=("Ring 1",),
        postal_code="1010",
        city="Wien",
        country="AT",
        tax_ids=(TaxNumber(kind="eu_vat", value="ATU1"),),
    )
    await shop.customer(buyer)
    issued = await shop.invoice([Line(129990), Line(1500, "reduced", "Handtuch", "fee")])
    page = page_of(issued, shop.content(issued))
    assert page["title"] == "Rechnung"
    assert page["buyer"] == ["Beispiel AG", "Ring 1", "1010 Wien", "AT", "USt-IdNr. ATU1"]
    assert page["footer"] == [
        ["Nordsport GmbH", "Torstraße 1", "10119 Berlin", "DE"],
        ["USt-IdNr. DE123456789"],
    ]
    assert page["facts"] == [
        ("Nummer", "INV-2026-000001"),
        ("Rechnungsdatum", "02.03.2026"),
        ("Leistungszeitraum", "01.03.2026 \N{EN DASH} 31.03.2026"),
    ]
    assert page["heads"][-1] == "Betrag brutto (EUR)"
    assert page["lines"][0] == {
        "text": "Basic",
        "period": "01.03.2026 \N{EN DASH} 31.03.2026",
        "rate": f"19{NBSP}%",
        "amount": "1.299,90",
    }
    assert page["taxes"] == [
        [f"19{NBSP}%", "1.092,35", "207,55", "1.299,90"],
        [f"7{NBSP}%", "14,02", "0,98", "15,00"],
    ]
    assert page["sums"] == [("Netto", "1.106,37"), ("USt.", "208,53")]
    assert page["payable"] == ["Zahlbetrag", f"1.314,90{NBSP}EUR"]


async def test_an_english_credit_note_names_what_it_corrects_and_why(shop: Shop) -> None:
    await shop.customer(Party(name="Sam Example", country="GB"))
    note = await shop.credit(await shop.invoice(), 1000)
    page = page_of(note, shop.content(note))
    assert page["title"] == "Credit note"
    assert page["facts"][3:] == [
        ("Corrects invoice", "INV-2026-000001 of 2 Mar 2026"),
        ("Reason", "Course cancelled"),
    ]
    assert page["payable"] == ["Credited", f"10.00{NBSP}EUR"]
    assert page["notes"] == ["The amount is credited to you."]


async def test_a_buyer_of_whom_nothing_is_known_is_called_by_the_account(shop: Shop) -> None:
    issued = await shop.invoice(payment="manual", due_on=date(2026, 3, 16))
    page = page_of(issued, shop.content(issued))
    assert page["buyer"] == [f"Kunde {shop.account}"]
    assert page["notes"] == [
        "Bitte zahlen Sie bis zum 16.03.2026 unter Angabe der Rechnungsnummer."
    ]


async def test_what_is_not_taxed_says_why_once(shop: Shop) -> None:
    issued = await shop.invoice()
    exempt = Taxed(rate=Rate(category="E", exemption="Kleinunternehmer"), base=1000, tax=0)
    outside = Taxed(rate=OUTSIDE, base=500, tax=0)
    untaxed = replace(issued, taxes=(exempt, outside, exempt), payable=0)
    page = page_of(untaxed, shop.content(issued))
    assert page["notes"] == ["Kleinunternehmer", "Nicht umsatzsteuerbar."]


@pytest.mark.parametrize(
    ("amount", "currency", "german", "english"),
    [
        (123456789, "EUR", "1.234.567,89", "1,234,567.89"),
        (5, "EUR", "0,05", "0.05"),
        (-1000, "USD", "\N{MINUS SIGN}10,00", "\N{MINUS SIGN}10.00"),
        (2980, "JPY", "2.980", "2,980"),
        (0, "JPY", "0", "0"),
        (1234567, "KWD", "1.234,567", "1,234.567"),
        (7, "KWD", "0,007", "0.007"),
    ],
)
def test_amounts_are_written_as_people_of_the_language_do(
    amount: int, currency: str, german: str, english: str
) -> None:
    assert (GERMAN.amount(amount, currency), ENGLISH.amount(amount, currency)) == (german, english)


@pytest.mark.parametrize(
    "name",
    ["Ω Жук ß", "李雷", "Ada 😀", "محمد", "#panic() $x$ *b* \\ @a", "W" * 200, "a\u200b\ufffe"],
)
async def test_whatever_somebody_is_called_there_is_a_document(shop: Shop, name: str) -> None:
    await shop.customer(Party(name=name, lines=(name,)))
    issued = await shop.invoice([Line(text=name)])
    said = shop.content(issued)
    first = await pdf_of(issued, said)
    assert first.startswith(b"%PDF-")
    assert await pdf_of(issued, said) == first


async def test_a_document_of_many_lines_goes_on_over_pages(shop: Shop) -> None:
    issued = await shop.invoice([Line(text=f"Day {n}") for n in range(60)])
    pages = (await pdf_of(issued, shop.content(issued))).count(b"/Type/Page/")
    one = await shop.invoice()
    assert pages > (await pdf_of(one, shop.content(one))).count(b"/Type/Page/")
