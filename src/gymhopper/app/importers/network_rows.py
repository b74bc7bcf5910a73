"""Reads the three files of a network and judges each row: sound, mended, or refused."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gymhopper.app.importers.cities import CITIES, City
from gymhopper.app.importers.report import ImportReport, Remark, RemarkKind
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.money import Money

GYMS = "gym_locations_data.csv"
PLANS = "subscription_plans.csv"
PEOPLE = "users_data.csv"

CURRENCY = "USD"

_COLUMNS = {
    GYMS: ("gym_id", "location", "gym_type", "facilities"),
    PLANS: ("subscription_plan", "price_per_month", "features"),
    PEOPLE: (
        "user_id",
        "first_name",
        "last_name",
        "age",
        "gender",
        "birthdate",
        "sign_up_date",
        "user_location",
        "subscription_plan",
    ),
}

_TIERS = {"Budget": 1, "Standard": 2, "Premium": 3}
_BASIC_TIER = _TIERS["Standard"]
_ALL_FACILITIES = "all facilities"
_OLDEST = 120
_LONGEST = 200

_PRICE = re.compile(r"\d{1,6}(\.\d{1,2})?")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class UnreadableFile(InvalidInput):
    """A file is missing, is no CSV, or has not the columns that are needed."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Gym:
    """A place of the network."""

    ref: str
    name: str
    city: City
    tier: int


@dataclass(frozen=True, slots=True)
class OfferedPlan:
    """A plan by the month."""

    name: str
    price: Money
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person with the plan that runs since the day of the sign-up."""

    ref: str
    first_name: str
    last_name: str
    birth_date: date
    since: date
    city: City
    plan: str


class _Refused(Exception):
    """The row cannot be taken over."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Row:
    """A row's cells, trimmed, and where remarks about it go."""

    file: str
    line: int
    cells: Mapping[str, str]
    report: ImportReport

    @property
    def ref(self) -> str:
        return self.cells[_COLUMNS[self.file][0]]

    def note(self, kind: RemarkKind, code: str, detail: str) -> None:
        self.report.note(Remark(self.file, self.line, self.ref, kind, code, detail))

    def date(self, column: str) -> date:
        text = self.cells[column]
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise _Refused("impossible_date", f"{column} {text!r} is not a date") from None

    def city(self, column: str) -> City:
        name = self.cells[column]
        if name not in CITIES:
            raise _Refused("unknown_city", f"where {name!r} is, is not known here")
        return CITIES[name]


def read_gyms(folder: Path, report: ImportReport) -> list[Gym]:
    """The places; facilities are left out."""
    gyms = []
    for row in _rows(folder, GYMS, report):
        try:
            gym = _gym(row)
        except _Refused as refused:
            row.note("refused", refused.code, str(refused))
            continue
        row.note("noticed", "left_out", f"facilities are not kept: {row.cells['facilities']}")
        gyms.append(gym)
    return gyms


def read_plans(folder: Path, report: ImportReport) -> dict[str, OfferedPlan]:
    """The plans by name; of their features the places that they open."""
    plans = {}
    for row in _rows(folder, PLANS, report):
        try:
            plan = _plan(row)
        except _Refused as refused:
            row.note("refused", refused.code, str(refused))
            continue
        where = "every place" if plan.coverage.include == (Clause(),) else "Budget and Standard"
        row.note(
            "noticed",
            "read_as",
            f"opens {where}; the rest is not kept: {row.cells['features']}",
        )
        plans[plan.name] = plan
    return plans


def read_people(
    folder: Path, report: ImportReport, plans: Mapping[str, OfferedPlan], today: date
) -> list[Subscriber]:
    """The people whose dates can be, with a plan and a city that are known.

    Where age and birth date disagree the birth date wins. Gender is left out.
    """
    report.note(Remark(PEOPLE, 1, "gender", "noticed", "left_out", "gender is not kept"))
    people = []
    alike: dict[tuple[str, str, date], str] = {}
    for row in _rows(folder, PEOPLE, report):
        try:
            person = _person(row, plans, today)
        except _Refused as refused:
            row.note("refused", refused.code, str(refused))
            continue
        same = (person.first_name, person.last_name, person.birth_date)
        if same in alike:
            row.note("noticed", "maybe_twice", f"has the name and birth date of {alike[same]}")
        alike.setdefault(same, person.ref)
        people.append(person)
    return people


def _gym(row: _Row) -> Gym:
    kind = row.cells["gym_type"]
    if kind not in _TIERS:
        raise _Refused("unknown_type", f"gym_type {kind!r} is none of {', '.join(_TIERS)}")
    city = row.city("location")
    return Gym(row.ref, f"{city.name} {kind}", city, _TIERS[kind])


def _plan(row: _Row) -> OfferedPlan:
    price = row.cells["price_per_month"]
    if not _PRICE.fullmatch(price):
        raise _Refused("impossible_price", f"price_per_month {price!r} is not an amount")
    every = _ALL_FACILITIES in row.cells["features"].lower()
    clause = Clause() if every else Clause(tier_up_to=_BASIC_TIER)
    return OfferedPlan(row.ref, Money.parse(price, CURRENCY), Coverage(include=(clause,)))


def _person(row: _Row, plans: Mapping[str, OfferedPlan], today: date) -> Subscriber:
    plan = row.cells["subscription_plan"]
    if plan not in plans:
        raise _Refused("unknown_plan", f"there is no plan {plan!r}")
    city = row.city("user_location")
    birth, since = row.date("birthdate"), row.date("sign_up_date")
    if since > today:
        raise _Refused("impossible_date", f"signs up on {since}, which is yet to come")
    if birth >= since:
        raise _Refused("impossible_date", f"was born on {birth}, not before the sign-up")
    if _age(birth, since) > _OLDEST:
        raise _Refused("impossible_date", f"was {_age(birth, since)} years old at the sign-up")
    _compare_age(row, birth, since, today)
    return Subscriber(
        ref=row.ref,
        first_name=row.cells["first_name"],
        last_name=row.cells["last_name"],
        birth_date=birth,
        since=since,
        city=city,
        plan=plan,
    )


def _compare_age(row: _Row, birth: date, since: date, today: date) -> None:
    """Any age between the sign-up and today may have been true when it was written."""
    stated = row.cells["age"]
    least, most = _age(birth, since), _age(birth, today)
    if not (stated.isascii() and stated.isdigit() and least <= int(stated[:4]) <= most):
        row.note(
            "mended",
            "age_disagrees",
            f"age {stated!r}, but {least} to {most} by the birth date, which wins",
        )


def _age(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _rows(folder: Path, name: str, report: ImportReport) -> Iterator[_Row]:
    """The rows that are whole, each reference once; the others are refused in the report."""
    seen: dict[str, int] = {}
    columns = _COLUMNS[name]
    for line, raw in _read(folder / name, columns):
        report.tally(name).rows += 1
        cells = {column: " ".join((raw.get(column) or "").split()) for column in columns}
        row = _Row(name, line, cells, report)
        empty = [column for column in columns if not cells[column]]
        if empty:
            row.note("refused", "missing", f"{', '.join(empty)} missing")
        elif None in raw:
            row.note("refused", "too_many_cells", "there are more cells than columns")
        elif any(_UNPRINTABLE.search(cell) for cell in cells.values()):
            row.note("refused", "unprintable", "there are control characters in it")
        elif any(len(cell) > _LONGEST for cell in cells.values()):
            row.note("refused", "too_long", f"a cell has more than {_LONGEST} characters")
        elif row.ref in seen:
            row.note("refused", "duplicate", f"{row.ref} was on line {seen[row.ref]} already")
        else:
            seen[row.ref] = line
            if any(raw[column] != cells[column] for column in columns):
                row.note("mended", "blanks", "superfluous blanks were taken out")
            yield row


def _read(
    path: Path, columns: tuple[str, ...]
) -> Iterator[tuple[int, dict[str | None, str | None]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            missing = set(columns) - set(reader.fieldnames or ())
            if missing:
                raise UnreadableFile(f"{path.name} has no column {', '.join(sorted(missing))}.")
            for cells in reader:
                yield reader.line_num, dict(cells)
    except FileNotFoundError as error:
        raise UnreadableFile(f"There is no {path.name} in {path.parent}.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error}.") from error
