"""What the benchmark finds wrong with classes whose rows say that something went wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import pytest
from bench.booking import soundness

from fixtures.engines import TestDatabase
from gymhopper.kernel.ids import new_id

HOST = new_id()

_TYPE = """
INSERT INTO scheduling.class_type (id, organisation_id, version, name, description, minutes,
    credits, requirements, created_at) VALUES (%s, %s, 1, 'Spin', '', 60, 1, '{}', now())
"""
_CLASS = """
INSERT INTO scheduling.class (id, host_organisation_id, location_id, class_type_id, version, name,
    start_at, until_at, zone, instructor_ids, substitute, capacity, caps, status, edited, taken,
    waiting, last_number, created_at) VALUES (%s, %s, gen_random_uuid(), %s, 1, 'Spin',
    now() + interval '1 day', now() + interval '25 hours', 'UTC', '{}', false, %s, '{}',
    'scheduled', '{}', %s, %s, %s, now())
"""
_BOOKING = """
INSERT INTO scheduling.booking (id, class_id, host_organisation_id, home_organisation_id, person_id,
    member_id, version, channel, status, number, start_at, until_at, credits, credits_known, terms,
    bypassed, booked_at, booked_by, free_until, ending) VALUES (%s, %s, %s, %s, gen_random_uuid(),
    gen_random_uuid(), 1, 'online', %s, %s, now(), now(), 0, true, '{}', '{}', now(), '', now(), %s)
"""
_EVENT = """
INSERT INTO bus.event (id, type, recorded_at, aggregate, aggregate_id, aggregate_version,
    correlation_id, actor, data) VALUES (gen_random_uuid(), %s, now(), 'scheduling.booking', %s, %s,
    '', '', '{}')
"""


@dataclass
class Case:
    """A class with two places. `bookings` are status by number, `told` what the log says of them:
    number and what happened. Without counts, it counts rightly."""

    bookings: dict[int, str]
    told: Iterable[tuple[int, str]] = ()
    taken: int | None = None
    waiting: int | None = None
    last: int | None = None
    ids: dict[int, UUID] = field(default_factory=dict)

    def write(self, owner_url: str) -> UUID:
        type_id, class_id = new_id(), new_id()
        here = list(self.bookings.values())
        counts = (
            here.count("booked") if self.taken is None else self.taken,
            here.count("waiting") if self.waiting is None else self.waiting,
            max(self.bookings) if self.last is None else self.last,
        )
        with psycopg.connect(owner_url) as connection:
            connection.execute(_TYPE, [type_id, HOST])
            connection.execute(_CLASS, [class_id, HOST, type_id, 2, *counts])
            for number, status in self.bookings.items():
                ended = "early" if status == "cancelled" else None
                self.ids[number] = new_id()
                row = [self.ids[number], class_id, HOST, HOST, status, number, ended]
                connection.execute(_BOOKING, row)
            for version, (number, what) in enumerate(self.told, start=1):
                kind = f"scheduling.booking.{what}.v1"
                connection.execute(_EVENT, [kind, self.ids[number], version])
        return class_id

    async def wrong(self, database: TestDatabase, bookings: int | None = None) -> list[str]:
        class_id = self.write(database.owner_url)
        promised = len(self.bookings) if bookings is None else bookings
        found = await soundness.unsound(database.owner_url, [class_id], bookings=promised)
        return [each.replace(f"Class {class_id} ", "") for each in found]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "PATIENCE", 0.0)


FULL = {1: "booked", 2: "booked", 3: "waiting", 4: "waiting"}
FIRST_COME = [(1, "made"), (2, "made"), (3, "waitlisted"), (4, "waitlisted")]


async def test_a_full_class_with_a_line_is_sound(database: TestDatabase) -> None:
    assert await Case(FULL, FIRST_COME).wrong(database) == []


async def test_a_place_that_went_to_whoever_was_first_in_line_is_sound(
    database: TestDatabase,
) -> None:
    moved = {1: "cancelled", 2: "booked", 3: "booked", 4: "waiting"}
    told = [*FIRST_COME, (1, "cancelled"), (3, "promoted")]
    assert await Case(moved, told).wrong(database) == []


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (Case({1: "booked", 2: "booked", 3: "booked"}), "has more bookings than places."),
        (Case(FULL, taken=1, waiting=0), "counts its places wrongly."),
        (Case(FULL, waiting=1), "counts its line wrongly."),
        (Case({1: "booked", 3: "waiting"}), "has a free place and a line."),
        (Case(FULL, last=5), "has numbers that go wrong."),
        (
            Case({1: "booked", 2: "waiting", 3: "booked"}),
            "has somebody in line before one who has a place.",
        ),
    ],
)
async def test_what_is_wrong_is_said(database: TestDatabase, case: Case, said: str) -> None:
    assert said in await case.wrong(database)


@pytest.mark.parametrize("how", ["made", "promoted"])
async def test_who_was_passed_over_is_found_though_nobody_is_in_line_now(
    database: TestDatabase, how: str
) -> None:
    ended = {1: "cancelled", 2: "booked", 3: "cancelled", 4: "booked"}
    before = [each for each in FIRST_COME if how == "promoted" or each[0] != 4]
    told = [*before, (1, "cancelled"), (4, how), (3, "cancelled")]
    assert await Case(ended, told).wrong(database) == ["1 times somebody in line was passed over."]


async def test_a_booking_that_was_promised_and_is_not_there_is_missed(
    database: TestDatabase,
) -> None:
    assert await Case(FULL).wrong(database, bookings=5) == [
        "4 bookings are there, and 5 were promised."
    ]


@pytest.mark.parametrize(("positions", "right"), [((1, 2), True), ((2, 1), False)])
async def test_positions_that_clients_were_told_are_those_of_the_line(
    database: TestDatabase, positions: tuple[int, int], *, right: bool
) -> None:
    case = Case(FULL, FIRST_COME)
    class_id = case.write(database.owner_url)
    told = dict(zip((str(case.ids[3]), str(case.ids[4])), positions, strict=True))
    found = await soundness.unsound(database.owner_url, [class_id], bookings=4, positions=told)
    assert (found == []) == right
