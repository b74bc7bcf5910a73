"""What an import did, and why it did not do the rest."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Literal
from uuid import UUID

from rich.markup import escape
from rich.table import Table

from gymhopper.kernel.errors import InvalidInput

RemarkKind = Literal["mended", "refused", "noticed"]
"""Taken over in a better form; not taken over; taken over, and worth a look."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know about one row. `line` counts the file's lines from 1, the header."""

    file: str
    line: int
    ref: str
    kind: RemarkKind
    code: str
    detail: str


@dataclass(slots=True)
class Tally:
    """How many rows of a file there were, and what became of them."""

    rows: int = 0
    imported: int = 0
    already_there: int = 0
    refused: int = 0


@dataclass(slots=True)
class ImportReport:
    """The whole import: into which organisation, how many, and every remark."""

    organisation_id: UUID | None = None
    tallies: dict[str, Tally] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def tally(self, file: str) -> Tally:
        """The count of one file."""
        return self.tallies.setdefault(file, Tally())

    def note(self, remark: Remark) -> None:
        """Keep a remark; one that refuses a row is counted."""
        self.remarks.append(remark)
        if remark.kind == "refused":
            self.tally(remark.file).refused += 1

    def write(self, path: Path) -> None:
        """Write every remark to a `.csv` file, or all of the report to a `.json` file."""
        check_report_file(path)
        if path.suffix == ".csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, [each.name for each in fields(Remark)])
                writer.writeheader()
                writer.writerows(asdict(each) for each in self.remarks)
        else:
            path.write_text(json.dumps(asdict(self), default=str, indent=1), encoding="utf-8")

    def counts(self) -> Table:
        """How many rows became what, for the terminal."""
        table = Table("File", "Rows", "Imported", "There before", "Refused", title="Import")
        for file, tally in self.tallies.items():
            table.add_row(
                escape(file),
                *map(str, (tally.rows, tally.imported, tally.already_there, tally.refused)),
            )
        return table

    def reasons(self) -> Table:
        """The remarks by reason, each with its first case, for the terminal."""
        first: dict[tuple[str, ...], Remark] = {}
        times: Counter[tuple[str, ...]] = Counter()
        for each in self.remarks:
            key: tuple[str, ...] = (each.file, each.kind, each.code)
            first.setdefault(key, each)
            times[key] += 1
        table = Table("File", "What", "Why", "Times", "For example", title="Remarks")
        for key, times_seen in sorted(times.items()):
            example = first[key]
            table.add_row(
                *key,
                str(times_seen),
                escape(f"line {example.line}, {example.ref}: {example.detail}"),
            )
        return table


def check_report_file(path: Path) -> None:
    """InvalidInput unless the name is one that a report can be written to."""
    if path.suffix not in {".csv", ".json"}:
        raise InvalidInput("A report is a .csv or a .json file.", field="report")
