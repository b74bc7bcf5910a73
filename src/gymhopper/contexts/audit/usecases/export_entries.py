"""Write entries as a file: one a line, the oldest first."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from typing import Literal

import msgspec

from gymhopper.chassis.audit.entry import Entry, canonical
from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.audit.queries import entries as queries

Format = Literal["jsonl", "csv"]

AT_ONCE = 1000

# A table calculation takes what begins like this for a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def export_entries(
    runtime: Runtime, subject: AuthSubject, wanted: queries.Filter, form: Format
) -> AsyncIterator[bytes]:
    """The file in pieces of a thousand entries.

    Each piece is a transaction of its own, so that whoever reads slowly holds nothing. A line of
    JSONL is the entry's canonical form, over which its seal is computed.
    """
    if form == "csv":
        yield _rows([Entry.__struct_fields__])
    behind: queries.Place | None = None
    while True:
        async with runtime.read(subject) as connection:
            found = await queries.entries(
                connection, wanted, behind=behind, limit=AT_ONCE, oldest_first=True
            )
        if form == "csv":
            yield _rows(map(_cells, found))
        else:
            yield b"".join(canonical(each) + b"\n" for each in found)
        if len(found) < AT_ONCE:
            return
        behind = queries.Place(found[-1].at, found[-1].id)


def _cells(entry: Entry) -> Iterable[str]:
    plain = msgspec.to_builtins(entry)
    for name in Entry.__struct_fields__:
        value = plain[name]
        if value is None:
            yield ""
        elif isinstance(value, str | int):
            shown = str(value)
            yield "'" + shown if shown.startswith(_FORMULA) else shown
        else:
            yield msgspec.json.encode(value, order="sorted").decode()


def _rows(rows: Iterable[Iterable[str]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()
