"""A network is taken over whole, its bad rows are named, and twice is once."""

import asyncio
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.app.importers import network
from gymhopper.app.importers.network import import_network
from gymhopper.app.importers.network_rows import (
    GYMS,
    PEOPLE,
    PLANS,
    UnreadableFile,
    read_people,
    read_plans,
)
from gymhopper.app.importers.report import ImportReport, Tally
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.engines import Engines
from gymhopper.chassis.events.envelope import decode_payload
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.audit.queries.entries import Filter
from gymhopper.contexts.audit.queries.entries import entries as audit_entries
from gymhopper.contexts.membership.context import context as membership
from gymhopper.contexts.membership.queries.members import member_details
from gymhopper.contexts.membership.queries.plans import plan_offers
from gymhopper.contexts.membership.queries.search import search_members
from gymhopper.contexts.venues.context import context as venues
from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.coverage import Clause
from gymhopper.contracts.membership.events import MemberRegistered, MembershipActivated
from gymhopper.contracts.venues.events import LocationOpened
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.errors import InvalidInput
from gymhopper.kernel.money import Money

GYM_ROWS = ["gym_1,New York,Premium,Pool", "gym_2,Phoenix,Budget,Sauna"]
PLAN_ROWS = ["Basic,19.99,Access to basic gym facilities", "Pro,49.99,Access to all facilities"]
ANN = "user_1,Ann,Lee,26,Female,2000-02-29,2023-01-31,Denver,Basic"
BOB = "user_2,Bob,Ray,46,Male,1978-12-22,2023-08-08,Orlando,Pro"

HEADS = {
    GYMS: "gym_id,location,gym_type,facilities",
    PLANS: "subscription_plan,price_per_month,features",
    PEOPLE: "user_id,first_name,last_name,age,gender,birthdate,sign_up_date,user_location,"
    "subscription_plan",
}


def lay(
    folder: Path, people: list[str], gyms: list[str] = GYM_ROWS, plans: list[str] = PLAN_ROWS
) -> Path:
    for name, rows in ((GYMS, gyms), (PLANS, plans), (PEOPLE, people)):
        (folder / name).write_text("\n".join([HEADS[name], *rows]) + "\n", encoding="utf-8")
    return folder


def silent(what: str, done: int, of: int) -> None:
    pass


def codes(report: ImportReport, file: str, kind: str) -> list[tuple[int, str]]:
    return [
        (each.line, each.code) for each in report.remarks if (each.file, each.kind) == (file, kind)
    ]


async def told(runtime: Runtime, *kinds: type[Event]) -> list[Any]:
    query = text(
        "SELECT type, CAST(data AS text) AS data FROM bus.event WHERE type = ANY(:types)"
        " ORDER BY position"
    )
    async with runtime.read(SERVICE) as connection:
        rows = await connection.execute(query, {"types": [kind.type for kind in kinds]})
        return [decode_payload(row.type, row.data.encode()) for row in rows]


@pytest.fixture
async def runtime(new_runtime: NewRuntime) -> Runtime:
    return await new_runtime([venues, membership])


async def test_gyms_plans_and_people_become_one_operators(runtime: Runtime, tmp_path: Path) -> None:
    report = await import_network(runtime, lay(tmp_path, [ANN, BOB]), silent)

    assert report.tallies == {GYMS: Tally(2, 2), PLANS: Tally(2, 2), PEOPLE: Tally(2, 2)}
    places = [each.location for each in await told(runtime, LocationOpened)]
    assert [(each.city, each.zone, each.tier) for each in places] == [
        ("New York", "America/New_York", 3),
        ("Phoenix", "America/Phoenix", 1),
    ]
    assert {each.organisation_id for each in places} == {report.organisation_id}
    registered = await told(runtime, MemberRegistered)
    assert [each.organisation_id for each in registered] == [report.organisation_id] * 2
    async with runtime.read(SERVICE) as connection:
        ann = await member_details(connection, registered[0].member_id, runtime.secrets)
    assert (ann.first_name, ann.last_name, ann.external_ref) == ("Ann", "Lee", "user_1")
    assert ann.contact.email is None
    assert ann.contact.birth_date == date(2000, 2, 29)
    assert ann.contact.address is not None
    assert (ann.contact.address.city, ann.contact.address.region) == ("Denver", "CO")


async def test_memberships_run_since_the_sign_up(
    runtime: Runtime, tmp_path: Path, clock: ManualClock
) -> None:
    await import_network(runtime, lay(tmp_path, [ANN, BOB]), silent)

    ann, bob = (each.membership for each in await told(runtime, MembershipActivated))
    assert (ann.contract, ann.zone) == ("active", "America/New_York")
    assert ann.start == datetime(2023, 1, 31, 5, tzinfo=UTC)
    # Counted from the 31st, the month that holds 2 March ends on the 31st.
    assert clock.now() == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert ann.paid_until == datetime(2026, 3, 31, 4, tzinfo=UTC)
    assert ann.coverage.include == (Clause(tier_up_to=2),)
    assert bob.coverage.include == (Clause(),)


async def test_twice_is_once_and_new_rows_are_added(runtime: Runtime, tmp_path: Path) -> None:
    first = await import_network(runtime, lay(tmp_path, [ANN]), silent)
    second = await import_network(runtime, lay(tmp_path, [ANN, BOB]), silent)

    assert second.organisation_id == first.organisation_id
    assert second.tallies == {
        GYMS: Tally(2, already_there=2),
        PLANS: Tally(2, already_there=2),
        PEOPLE: Tally(2, imported=1, already_there=1),
    }
    assert len(await told(runtime, LocationOpened)) == 2
    assert len(await told(runtime, MemberRegistered)) == 2
    assert len(await told(runtime, MembershipActivated)) == 2


async def test_a_new_price_is_added_to_the_plan(runtime: Runtime, tmp_path: Path) -> None:
    await import_network(runtime, lay(tmp_path, []), silent)
    dearer = [PLAN_ROWS[0].replace("19.99", "21.5"), PLAN_ROWS[1]]
    for _ in range(2):
        report = await import_network(runtime, lay(tmp_path, [], plans=dearer), silent)

    async with runtime.read(SERVICE) as connection:
        offers = await plan_offers(connection, organisation_id=report.organisation_id, limit=10)
    assert {each.name: [price.money for price in each.prices] for each in offers} == {
        "Basic": [Money(1999, "USD"), Money(2150, "USD")],
        "Pro": [Money(4999, "USD")],
    }


async def test_an_import_that_was_broken_off_goes_on(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "BATCH", 1)
    folder = lay(tmp_path, [ANN, BOB])

    def break_off(what: str, done: int, of: int) -> None:
        if (what, done) == ("People", 1):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await import_network(runtime, folder, break_off)
    assert len(await told(runtime, MemberRegistered)) == 1

    report = await import_network(runtime, folder, silent)
    assert report.tally(PEOPLE) == Tally(2, imported=1, already_there=1)


PEOPLE_ROWS = [
    (ANN, None),
    (BOB.replace(",46,", ",19,"), ("mended", "age_disagrees")),
    (BOB.replace("user_2", "user_3").replace(",46,", ",old,"), ("mended", "age_disagrees")),
    (ANN.replace("user_1", "user_4").replace("Ann", "  Ann  "), ("mended", "blanks")),
    (ANN.replace("Ann", "Other"), ("refused", "duplicate")),
    (ANN.replace("user_1", "user_5").replace("2000-02-29", "2001-02-29"), "impossible_date"),
    (ANN.replace("user_1", "user_6").replace("2000-02-29", "29.2.2000"), "impossible_date"),
    (ANN.replace("user_1", "user_7").replace("2000-02-29", "2023-01-31"), "impossible_date"),
    (ANN.replace("user_1", "user_8").replace("2000-02-29", "1890-02-28"), "impossible_date"),
    (ANN.replace("user_1", "user_9").replace("2023-01-31", "2026-03-03"), "impossible_date"),
    (ANN.replace("user_1", "user_10").replace("Denver", "Atlantis"), "unknown_city"),
    (ANN.replace("user_1", "user_11").replace("Basic", "Gold"), "unknown_plan"),
    (ANN.replace("user_1", "user_12").replace("Lee", ""), "missing"),
    ("user_13,Ann", "missing"),
    (ANN.replace("user_1", "user_14") + ",more", "too_many_cells"),
    (ANN.replace("user_1", "user_15").replace("Lee", "L\x00e"), "unprintable"),
    (ANN.replace("user_1", "user_16").replace("Lee", "e" * 201), "too_long"),
    (ANN.replace("user_1", "user_17").replace(",26,", ",27,"), ("mended", "age_disagrees")),
]


async def test_every_mended_and_refused_row_is_named_with_its_reason(
    runtime: Runtime, tmp_path: Path
) -> None:
    report = await import_network(runtime, lay(tmp_path, [row for row, _ in PEOPLE_ROWS]), silent)

    expected: dict[str, list[tuple[int, str]]] = {"mended": [], "refused": []}
    for line, (_, remark) in enumerate(PEOPLE_ROWS, start=2):
        if remark is not None:
            kind, code = ("refused", remark) if isinstance(remark, str) else remark
            expected[kind].append((line, code))
    assert codes(report, PEOPLE, "mended") == expected["mended"]
    assert codes(report, PEOPLE, "refused") == expected["refused"]
    # The header's line says that gender is left out; three rows repeat a name and birth date.
    assert codes(report, PEOPLE, "noticed") == [
        (1, "left_out"),
        (4, "maybe_twice"),
        (5, "maybe_twice"),
        (19, "maybe_twice"),
    ]
    assert report.tally(PEOPLE) == Tally(18, imported=5, refused=13)
    assert len(await told(runtime, MemberRegistered)) == 5


async def test_bad_gyms_and_plans_are_refused_and_so_is_who_needs_them(
    runtime: Runtime, tmp_path: Path
) -> None:
    gyms = ["g1,Oz,Premium,-", "g2,Boston,Luxury,-", "g3,Boston,Budget,-", "g3,Miami,Budget,-"]
    prices = ("NaN", "-1", "1e9", "9.999", "Infinity", "12345678")
    plans = [f"Plan {n},{price},-" for n, price in enumerate(prices)]
    person = ANN.replace("Basic", "Plan 1")

    report = await import_network(runtime, lay(tmp_path, [person], gyms, plans), silent)

    assert codes(report, GYMS, "refused") == [
        (2, "unknown_city"),
        (3, "unknown_type"),
        (5, "duplicate"),
    ]
    assert codes(report, PLANS, "refused") == [(n, "impossible_price") for n in range(2, 8)]
    assert codes(report, PEOPLE, "refused") == [(2, "unknown_plan")]


def without_people(folder: Path) -> None:
    (folder / PEOPLE).unlink()


def without_columns(folder: Path) -> None:
    (folder / PLANS).write_text("plan,price\nBasic,1\n")


def in_no_utf_8(folder: Path) -> None:
    (folder / GYMS).write_bytes(b"\xff\xfe\x00")


def with_a_stray_quote(folder: Path) -> None:
    (folder / PEOPLE).write_text(f'{HEADS[PEOPLE]}\n"user_1"x,y\n')


@pytest.mark.parametrize(
    "spoil", [without_people, without_columns, in_no_utf_8, with_a_stray_quote]
)
async def test_a_file_that_cannot_be_used_changes_nothing(
    runtime: Runtime, tmp_path: Path, spoil: Any
) -> None:
    spoil(lay(tmp_path, [ANN]))

    with pytest.raises(UnreadableFile):
        await import_network(runtime, tmp_path, silent)

    async with runtime.read(SERVICE) as connection:
        assert (await connection.execute(text("SELECT count(*) FROM bus.event"))).scalar() == 0


cells = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(["user_1", "2000-02-29", "2023-01-31", "Denver", "Basic", "26", ""]),
)


@given(st.lists(st.lists(cells, max_size=11), max_size=6))
def test_whatever_stands_in_a_row_it_is_taken_over_or_refused(rows: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = lay(Path(name), [])
        with (folder / PEOPLE).open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([ANN.split(","), *rows])
        report = ImportReport()
        plans = read_plans(folder, report)
        people = read_people(folder, report, plans, date(2026, 3, 2))

    assert len(people) + report.tally(PEOPLE).refused == report.tally(PEOPLE).rows
    assert len({each.ref for each in people}) == len(people)
    assert all(each.birth_date < each.since <= date(2026, 3, 2) for each in people)


async def test_the_report_is_written_as_csv_or_json(runtime: Runtime, tmp_path: Path) -> None:
    report = await import_network(runtime, lay(tmp_path, [ANN, ANN]), silent)

    report.write(tmp_path / "report.csv")
    report.write(tmp_path / "report.json")

    with (tmp_path / "report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{k: str(v) for k, v in asdict(each).items()} for each in report.remarks]
    whole = json.loads((tmp_path / "report.json").read_text())
    assert whole["remarks"] == [asdict(each) for each in report.remarks]
    assert whole["tallies"][PEOPLE]["refused"] == 1
    with pytest.raises(InvalidInput):
        report.write(tmp_path / "report.txt")


async def test_the_command_shows_the_reasons_and_writes_the_report(
    database: TestDatabase, engines: Engines, tmp_path: Path
) -> None:
    folder = lay(tmp_path, [ANN, BOB.replace("Orlando", "[red]")])
    command = "from gymhopper.app.cli import main; main()"
    arguments = ["import", "network", str(folder), "--report", str(tmp_path / "report.json")]

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", command, *arguments, "--data", str(tmp_path / "data")],
        env=os.environ
        | {
            "GYMHOPPER_DATABASE_URL": database.url,
            "GYMHOPPER_OWNER_URL": database.owner_url,
            "GYMHOPPER_VALKEY_URL": engines.valkey_url,
            "GYMHOPPER_CONTEXTS": '["gymhopper.contexts.venues","gymhopper.contexts.membership"]',
            "COLUMNS": "200",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "unknown_city" in done.stdout
    assert "'[red]'" in done.stdout
    assert json.loads((tmp_path / "report.json").read_text())["tallies"][PEOPLE]["imported"] == 1


@pytest.mark.skipif(
    "GYMHOPPER_TEST_DATA" not in os.environ, reason="GYMHOPPER_TEST_DATA names no folder"
)
async def test_the_public_network_of_5000_people_takes_less_than_a_minute(
    runtime: Runtime,
) -> None:
    folder = Path(os.environ["GYMHOPPER_TEST_DATA"]) / "network"
    began = time.perf_counter()

    report = await import_network(runtime, folder, silent)

    assert timedelta(seconds=time.perf_counter() - began) < timedelta(minutes=1)
    assert report.tallies == {GYMS: Tally(10, 10), PLANS: Tally(3, 3), PEOPLE: Tally(5000, 5000)}
    mended = codes(report, PEOPLE, "mended")
    assert len(mended) > 2500
    assert {code for _, code in mended} == {"age_disagrees"}
    assert len(await told(runtime, MembershipActivated)) == 5000
    async with runtime.read(SERVICE) as connection:
        found = await search_members(
            connection,
            runtime.secrets,
            "Chris Wilson",
            organisation_id=report.organisation_id,
            limit=1,
        )
    names = [(each.card.first_name, each.card.last_name) for each in found]
    assert names == [("Chris", "Wilson")]


async def test_an_import_leaves_an_entry_for_each_step_in_the_audit_log(
    runtime: Runtime, tmp_path: Path
) -> None:
    folder = lay(tmp_path, [ANN, BOB])
    for _ in range(2):
        report = await import_network(runtime, folder, silent)
    async with runtime.read(SERVICE) as connection:
        found = await audit_entries(connection, Filter(), limit=100, oldest_first=True)
    assert [(each.actor, each.operation) for each in found] == [("console", "import network")] * 3
    assert {each.organisation_id for each in found} == {report.organisation_id}
    assert [list(each.detail) for each in found] == [["gyms"], ["plans"], ["people"]]
    assert found[-1].detail == {"people": 2}
