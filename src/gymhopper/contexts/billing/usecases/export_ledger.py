"""Write the ledger as a file for an accountant's own program."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from decimal import Decimal

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.queries import ledger as queries
from gymhopper.kernel.money import exponent

AT_ONCE = 1000

_ENTRIES = (
    "entry_id happened_at recorded_at legal_entity_id kind cause claim_id billing_account_id"
    " account of debit credit currency"
)
_BALANCES = "legal_entity_id currency account of opening debit credit closing"


async def export_entries(
    runtime: Runtime, subject: AuthSubject, wanted: queries.Wanted
) -> AsyncIterator[bytes]:
    """CSV, one posting a line, the oldest first, in pieces of a thousand entries.

    Each piece is a transaction of its own, so that whoever reads slowly holds nothing.
    """
    yield _rows([_ENTRIES.split()])
    behind: queries.Place | None = None
    while True:
        async with runtime.read(subject) as connection:
            found = await queries.entries(
                connection, wanted, after=behind, limit=AT_ONCE, oldest_first=True
            )
        yield _rows(cells for each in found for cells in _postings(each))
        if len(found) < AT_ONCE:
            return
        behind = queries.Place(found[-1].happened_at, found[-1].id)


def balances_as_csv(found: Sequence[queries.TrialBalance]) -> bytes:
    """CSV, one account a line; amounts in units of the currency, credits negative."""
    return _rows(
        [
            _BALANCES.split(),
            *(
                [
                    str(each.books.legal_entity_id),
                    each.books.currency,
                    line.kind,
                    line.of,
                    *(
                        _decimal(amount, each.books.currency)
                        for amount in (line.opening, line.debit, line.credit, line.closing)
                    ),
                ]
                for each in found
                for line in each.lines
            ),
        ]
    )


def _postings(entry: queries.KeptEntry) -> Iterator[list[str]]:
    for each in entry.postings:
        amount = _decimal(abs(each.amount), entry.currency)
        yield [
            str(entry.id),
            entry.happened_at.isoformat(),
            entry.recorded_at.isoformat(),
            str(entry.legal_entity_id),
            entry.kind,
            str(entry.cause),
            str(entry.claim_id or ""),
            str(entry.billing_account_id or ""),
            each.kind,
            each.of,
            amount if each.amount > 0 else "",
            amount if each.amount < 0 else "",
            entry.currency,
        ]


def _decimal(amount: int, currency: str) -> str:
    places = exponent(currency)
    return f"{Decimal(amount).scaleb(-places):.{places}f}"


def _rows(rows: Iterable[Iterable[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
