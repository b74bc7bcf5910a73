"""What stands on the page, in words: the template only places it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gymhopper.contexts.billing.domain.document import Content, Document, DocumentLine, Party
from gymhopper.contexts.billing.domain.tax import Taxed
from gymhopper.contexts.billing.domain.wording import WORDS, Wording
from gymhopper.kernel.calendar import local_date

Json = dict[str, Any]


def page_of(document: Document, said: Content) -> Json:
    """All texts of the page, in the document's language."""
    words = WORDS[said.language]
    amounts = words.with_tax if document.included else words.without_tax
    return {
        "language": said.language,
        "country": said.seller.country,
        "title": words.titles[document.kind],
        "seller": said.seller.name,
        "sender": " · ".join([said.seller.name or "", *_address(said.seller, said.seller)]),
        "buyer": [
            said.buyer.name or f"{words.customer} {document.billing_account_id}",
            *_address(said.buyer, said.seller),
            *_tax_ids(said.buyer, words),
        ],
        "facts": list(_facts(document, said, words)),
        "heads": [
            words.description,
            words.rate,
            f"{amounts} ({document.currency})",
        ],
        "lines": [_line(each, document, said, words) for each in said.lines],
        "tax_heads": [words.rate, words.net, words.tax, words.gross],
        "taxes": [_taxed(each, document.currency, words) for each in document.taxes],
        "sums": list(_sums(document, words)),
        "payable": [
            words.payable[document.kind],
            f"{words.amount(document.payable, document.currency)}\u00a0{document.currency}",
        ],
        "notes": list(_notes(document, said, words)),
        "footer": [
            [said.seller.name or "", *_address(said.seller, None)],
            list(_tax_ids(said.seller, words)),
        ],
        "page": words.page,
        "number": document.number,
    }


def _address(of: Party, seen_from: Party | None) -> Iterator[str]:
    """The lines of an address; the country is left out at home."""
    yield from of.lines
    town = " ".join(filter(None, (of.postal_code, of.city)))
    yield from filter(None, (town, of.region))
    if of.country is not None and (seen_from is None or of.country != seen_from.country):
        yield of.country


def _tax_ids(of: Party, words: Wording) -> Iterator[str]:
    for each in of.tax_ids:
        yield f"{words.tax_id(each.kind)} {each.value}"


def _facts(document: Document, said: Content, words: Wording) -> Iterator[tuple[str, str]]:
    yield words.number, document.number
    yield words.issued, words.on(document.issued_on)
    yield words.supply, _period(document.supply_start, document.supply_until, said, words)
    if said.corrected is not None:
        about = words.corrected.format(
            number=said.corrected.number, date=words.on(said.corrected.issued_on)
        )
        yield words.corrects, about
        yield words.reason, said.corrected.reason


def _period(start: datetime, until: datetime, said: Content, words: Wording) -> str:
    return words.period(local_date(start, said.zone), _last_day(start, until, said.zone))


def _last_day(start: datetime, until: datetime, zone: str) -> date:
    return local_date(max(start, until - timedelta(microseconds=1)).astimezone(UTC), zone)


def _line(line: DocumentLine, document: Document, said: Content, words: Wording) -> Json:
    return {
        "text": line.text,
        "period": _period(line.start, line.until, said, words),
        "rate": words.percent(line.rate.percent),
        "amount": words.amount(line.amount, document.currency),
    }


def _taxed(each: Taxed, currency: str, words: Wording) -> list[str]:
    return [
        words.percent(each.rate.percent),
        *(words.amount(value, currency) for value in (each.base, each.tax, each.gross)),
    ]


def _sums(document: Document, words: Wording) -> Iterator[tuple[str, str]]:
    yield words.net, words.amount(document.net, document.currency)
    yield words.tax, words.amount(document.tax, document.currency)
    if document.rounding:
        yield words.total, words.amount(document.total, document.currency)
        yield words.rounding, words.amount(document.rounding, document.currency)


def _notes(document: Document, said: Content, words: Wording) -> Iterator[str]:
    said_already = set()
    for each in document.taxes:
        reason = {"S": None, "Z": words.zero, "O": each.rate.exemption or words.outside}.get(
            each.rate.category, each.rate.exemption
        )
        if reason is not None and reason not in said_already:
            said_already.add(reason)
            yield reason
    if document.kind == "credit_note":
        yield words.credited
    elif document.payable == 0:
        return
    elif said.payment == "automatic":
        yield words.automatic
    elif said.due_on is None:
        yield words.manual
    else:
        yield words.manual_by.format(date=words.on(said.due_on))
