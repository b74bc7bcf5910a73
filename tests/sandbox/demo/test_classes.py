"""The demonstration has a timetable, and its members book what is in it."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from gymhopper.app.process import Process
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.scheduling.storage import tables
from gymhopper.kernel.calendar import local, within
from gymhopper.sandbox.demo.client import Platform
from gymhopper.sandbox.demo.loading import Loaded, load
from gymhopper.sandbox.demo.network import WORLD
from gymhopper.sandbox.demo.timetable import KETTLEBELLS, KINDS, series_at
from sandbox.demo.small_network import MEMBERS, SMALL

SOME = {"limit": 100}


@pytest.fixture
async def member(platform: Process, loaded: Loaded) -> AsyncIterator[httpx.AsyncClient]:
    """Who signs in to the demonstration as a member."""
    [one] = [each for each in loaded.sign_ins if each.role == "member"]
    async with httpx.AsyncClient(base_url=f"{platform.url}/api/v1") as client:
        entered = {"email": one.email, "password": one.password}
        tokens = (await client.post("/tokens", json=entered)).json()["tokens"]
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        yield client


async def rows(process: Process, question: sa.Select[Any]) -> Sequence[Any]:
    async with process.runtime.read(SERVICE) as connection:
        return (await connection.execute(question)).all()


async def everything(client: httpx.AsyncClient, **query: object) -> list[dict[str, Any]]:
    """All pages of what is on in the city."""
    found, cursor = [], None
    while True:
        asked = {**SOME, **query, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/classes", params={k: str(v) for k, v in asked.items()})).json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


async def test_a_member_finds_a_class_and_books_it(member: httpx.AsyncClient) -> None:
    for_them = [
        each for each in await everything(member, city="Berlin") if each["you"]["may"] == "book"
    ]
    assert {each["name"] for each in for_them} >= {"Flow", "Ride", "Kettlebell clinic"}
    ride = next(each for each in for_them if each["name"] == "Ride")
    seats = (await member.get(f"/classes/{ride['id']}")).json()["spots"]
    assert (len(seats), sum(each["out_of_order"] for each in seats)) == (12, 1)
    free = next(each for each in seats if not (each["taken"] or each["out_of_order"]))
    given = await member.post(f"/classes/{ride['id']}/book", json={"spot": free["name"]})
    assert (given.status_code, given.json()["status"]) == (201, "booked"), given.text
    mine = (await member.get("/bookings")).json()["items"]
    assert ride["id"] in {each["class_id"] for each in mine}


def test_classes_are_while_their_place_is_open() -> None:
    days = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    for venue in WORLD.venues:
        series = list(series_at(venue))
        assert len(series) >= 2
        for each in series:
            start = datetime.combine(date(2026, 6, 1), each.slot.at, UTC)
            for day in each.rule.partition("BYDAY=")[2].split(","):
                begin = start + timedelta(days=days.index(day))
                end = begin + timedelta(minutes=each.slot.kind.minutes - 1)
                assert venue.weekly is None or within(venue.weekly, begin)
                assert venue.weekly is None or within(venue.weekly, end)


async def test_places_that_are_never_open_have_no_classes(member: httpx.AsyncClient) -> None:
    places = {each["location"]["name"] for each in await everything(member, city="Berlin")}
    assert places == {"First", "Second"}


async def test_there_are_bookings_a_line_a_cancellation_and_a_substitute(
    platform: Process, loaded: Loaded
) -> None:
    table = tables.class_.c
    found = await rows(platform, sa.select(*tables.class_.c))
    assert {each.name for each in found} == {each.name for each in KINDS}
    zones = {
        each.zone: {local(x.start_at, x.zone).time() for x in found if x.zone == each.zone}
        for each in found
    }
    assert len(zones) == 2
    assert zones["Europe/Berlin"] == zones["Asia/Tokyo"]
    assert sum(each.status == "cancelled" for each in found) == 1
    assert sum(each.substitute for each in found) == 1
    clinics = [each for each in found if each.name == KETTLEBELLS.name and each.taken]
    by_status = Counter(
        each.status for each in await rows(platform, sa.select(tables.booking.c.status))
    )
    assert by_status["booked"] > 10
    assert max(each.taken for each in clinics) == KETTLEBELLS.places
    assert sum(each.waiting for each in clinics) == by_status["waiting"] > 0
    assert await rows(platform, sa.select(table.id).where(table.taken > table.capacity)) == []


async def test_a_later_start_makes_no_second_timetable(
    platform: Process, loaded: Loaded, tmp_path: Path
) -> None:
    counted = [
        sa.select(sa.func.count()).select_from(each)
        for each in (
            *(tables.class_type, tables.room, tables.instructor, tables.schedule),
            *(tables.class_, tables.booking, tables.booking_rules),
        )
    ]
    before = [await rows(platform, each) for each in counted]
    await load(platform.runtime, tmp_path, SMALL, MEMBERS, lambda *_: None)
    assert [await rows(platform, each) for each in counted] == before


async def test_the_desk_reads_who_comes(client: Platform, loaded: Loaded) -> None:
    page = await client.get("/bookings", status="booked", limit=5)
    assert len(page["items"]) == 5
    assert {each["home_organisation_id"] for each in page["items"]} == {
        str(loaded.founded.operator_id)
    }
