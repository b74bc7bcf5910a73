"""Calendars to subscribe to: what they show, and to whom."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select, text, update
from structlog.testing import capture_logs

from contexts.scheduling.calendars import Gym, Town, member
from fixtures.callers import callers_context, http_client, in_role, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import ANONYMOUS, SERVICE, AuthSubject
from gymhopper.contexts.scheduling.context import context as scheduling
from gymhopper.contexts.scheduling.domain.feed import EnoughFeeds
from gymhopper.contexts.scheduling.storage.feed_tables import feed
from gymhopper.contexts.scheduling.storage.tables import booking
from gymhopper.contexts.scheduling.usecases.keep_feed import open_own_feed
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

BERLIN = ZoneInfo("Europe/Berlin")
ADA, BOB = new_id(), new_id()


@pytest.fixture
async def town(new_runtime: NewRuntime, clock: ManualClock) -> AsyncIterator[Town]:
    empty = await new_runtime([scheduling])
    ours, theirs = Gym(empty, clock), Gym(empty, clock)
    known = {
        "ours": staff_of(ours.id),
        "theirs": staff_of(theirs.id),
        "elsewhere": in_role("manager", ours.id, location_id=new_id()),
        "ada": member(ADA, ours.id, theirs.id),
        "bob": member(BOB, ours.id),
    }
    runtime = await new_runtime([callers_context(**known), scheduling])
    for gym in (ours, theirs):
        gym.runtime = runtime
        await gym.found()
    clients = {name: http_client(runtime, token=name) for name in known}
    yield Town(runtime, ours, theirs, clients | {"nobody": http_client(runtime)})
    for each in clients.values():
        await each.aclose()


def summaries(events: Sequence[Any]) -> list[str]:
    return [str(each["SUMMARY"]) for each in events]


async def test_a_members_calendar_shows_what_they_have_booked_and_wait_for(
    town: Town, clock: ManualClock
) -> None:
    gym = town.ours
    for status in ("booked", "attended", "missed", "cancelled", "waiting", "offered"):
        of = await gym.teach(clock.now() + timedelta(days=1), name=status)
        await gym.book(of, ADA, status)
    await gym.book(await gym.teach(clock.now(), name="Bob's"), BOB)
    elsewhere = await gym.teach(clock.now(), name="as theirs")
    await gym.book(elsewhere, ADA, home_organisation_id=town.theirs.id)
    made = await town.open("ada", "member", organisation_id=gym.id)
    found = {str(each["SUMMARY"]): each for each in await town.events(made)}
    assert set(found) == {"booked", "attended", "waiting (waitlist)", "offered (place offered)"}
    assert {name: str(each["STATUS"]) for name, each in found.items()} == {
        "booked": "CONFIRMED",
        "attended": "CONFIRMED",
        "waiting (waitlist)": "TENTATIVE",
        "offered (place offered)": "TENTATIVE",
    }
    assert str(found["booked"]["LOCATION"]) == "Studio 1, Mitte, Berlin"
    as_theirs = await town.open("ada", "member", organisation_id=town.theirs.id)
    assert summaries(await town.events(as_theirs)) == ["as theirs"]


async def test_a_members_calendar_goes_back_thirty_days_and_as_far_ahead_as_there_is_something(
    town: Town, clock: ManualClock
) -> None:
    for days in (-31, -29, 400):
        of = await town.ours.teach(clock.now() + timedelta(days=days), name=str(days))
        await town.ours.book(of, BOB)
    assert summaries(await town.events(await town.open("bob", "member"))) == ["-29", "400"]


async def test_calendars_of_classes_show_a_week_back_and_a_quarter_ahead(
    town: Town, clock: ManualClock
) -> None:
    gym = town.ours
    for days in (-8, -6, 89, 91):
        await gym.teach(clock.now() + timedelta(days=days), name=str(days))
    await gym.teach(clock.now(), name="another's", instructor_ids=(new_id(),), room_id=None)
    await town.theirs.teach(clock.now(), instructor_ids=(gym.instructor_id,))
    of_ida = await town.open("ours", "instructor", instructor_id=gym.instructor_id)
    assert summaries(await town.events(of_ida)) == ["-6", "89"]
    of_place = await town.open("ours", "location", location_id=gym.location_id)
    found = await town.events(of_place)
    assert summaries(found) == ["-6", "another's", "89"]
    assert str(found[1]["LOCATION"]) == "Mitte, Berlin"
    names = [
        str(Calendar.from_ical((await town.read(each)).content)["X-WR-CALNAME"])
        for each in (of_ida, of_place)
    ]
    assert names == ["Ida", "Mitte"]


async def test_a_class_is_at_the_same_hour_on_the_wall_on_both_sides_of_a_change_of_clocks(
    town: Town,
) -> None:
    for day in (28, 29):
        await town.ours.teach(datetime(2026, 3, day, 18, 30, tzinfo=BERLIN).astimezone(UTC))
    made = await town.open("ours", "location", location_id=town.ours.location_id)
    starts = [each.decoded("DTSTART") for each in await town.events(made)]
    assert [each.utcoffset() for each in starts] == [timedelta(), timedelta()]
    assert [each.astimezone(BERLIN).hour for each in starts] == [18, 18]
    assert starts[1] - starts[0] == timedelta(hours=23)


async def test_what_is_cancelled_leaves_every_calendar_and_what_stays_keeps_its_id(
    town: Town, clock: ManualClock
) -> None:
    gone, stays = [await town.ours.teach(clock.now() + timedelta(days=2)) for _ in range(2)]
    for each in (gone, stays):
        booked = await town.ours.book(each, BOB)
    calendars = [
        await town.open("ours", "location", location_id=town.ours.location_id),
        await town.open("ours", "instructor", instructor_id=town.ours.instructor_id),
        await town.open("bob", "member"),
    ]
    assert [len(await town.events(each)) for each in calendars] == [2, 2, 2]
    await town.ours.cancel(gone)
    left = [[str(event["UID"]) for event in await town.events(each)] for each in calendars]
    assert left == [[str(stays.id)], [str(stays.id)], [str(booked)]]


async def test_an_unchanged_calendar_is_not_sent_again_and_a_changed_one_counts_up(
    town: Town, clock: ManualClock
) -> None:
    of = await town.ours.teach(clock.now() + timedelta(days=2))
    await town.ours.book(of, BOB)
    made = await town.open("bob", "member")
    first = await town.read(made)
    assert first.headers["cache-control"] == "private, no-cache"
    clock.advance(timedelta(hours=3))
    again = await town.read(made, expect=304, **{"If-None-Match": first.headers["etag"]})
    assert again.content == b""
    before = Calendar.from_ical(first.content).walk("VEVENT")[0]["SEQUENCE"]
    async with town.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(update(booking).values(version=booking.c.version + 1))
    after = await town.read(made, **{"If-None-Match": first.headers["etag"]})
    assert Calendar.from_ical(after.content).walk("VEVENT")[0]["SEQUENCE"] == before + 1


async def test_an_address_is_told_once_and_is_neither_stored_nor_logged(town: Town) -> None:
    with capture_logs() as logs:
        made = await town.open("bob", "member")
        await town.read(made)
        await town.read({"url": made["url"] + "x"}, expect=404)
        listed = await town.call("bob", "GET", "/calendar-feeds", expect=200)
    secret = made["url"].partition("secret=")[2]
    assert len(secret) == 43
    assert [line["path"] for line in logs if line["event"] == "request"].count(
        "/api/v1/calendar.ics"
    ) == 2
    assert secret not in repr(logs)
    assert secret not in listed.text
    async with town.runtime.read(SERVICE) as connection:
        row = (await connection.execute(text("SELECT f::text FROM scheduling.feed f"))).scalar_one()
        told = (
            await connection.execute(text("SELECT string_agg(e::text, '') FROM audit.entry e"))
        ).scalar_one()
    assert secret not in row
    assert secret.encode().hex() not in row
    assert str(made["id"]) in told
    assert secret not in told


async def test_a_revoked_address_is_as_unknown_as_one_that_never_was(town: Town) -> None:
    made = await town.open("bob", "member")
    await town.read(made)
    await town.call("bob", "DELETE", f"/calendar-feeds/{made['id']}", expect=204)
    await town.call("bob", "DELETE", f"/calendar-feeds/{made['id']}", expect=204)
    revoked = await town.read(made, expect=404)
    unknown = await town.read({"url": "/api/v1/calendar.ics?secret=%00%ff"}, expect=404)
    assert {each["code"] for each in (revoked.json(), unknown.json())} == {"not_found"}
    assert revoked.json()["detail"] == unknown.json()["detail"]
    assert await town.listed("bob") == []


async def test_nobody_opens_lists_or_revokes_what_is_not_theirs(town: Town) -> None:
    ours, theirs = town.ours, town.theirs
    of_place = await town.open("ours", "location", location_id=ours.location_id)
    of_ada = await town.open("ada", "member", organisation_id=ours.id)
    of_bob = await town.open("bob", "member")
    refused = [
        ("theirs", "location", {"location_id": ours.location_id}, 404),
        ("theirs", "instructor", {"instructor_id": ours.instructor_id}, 404),
        ("ours", "member", {"organisation_id": theirs.id}, 404),
        ("ours", "member", {}, 422),
        ("bob", "location", {"location_id": ours.location_id}, 404),
        ("bob", "instructor", {"instructor_id": ours.instructor_id}, 404),
        ("bob", "member", {"organisation_id": theirs.id}, 404),
        ("ada", "member", {}, 422),
        ("elsewhere", "location", {"location_id": ours.location_id}, 403),
    ]
    for who, kind, of, status in refused:
        await town.open(who, kind, expect=status, **of)
    for who, mine in (("ours", [of_place]), ("theirs", []), ("ada", [of_ada]), ("bob", [of_bob])):
        assert await town.listed(who) == [each["id"] for each in mine]
        for each in (of_place, of_ada, of_bob):
            if each not in mine:
                await town.call(who, "DELETE", f"/calendar-feeds/{each['id']}", expect=404)
    await town.call("elsewhere", "DELETE", f"/calendar-feeds/{of_place['id']}", expect=403)
    await town.read(of_place)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "location"},
        {"kind": "instructor"},
        {"kind": "member", "location_id": str(ADA)},
        {"kind": "location", "location_id": str(ADA), "instructor_id": str(ADA)},
        {"kind": "location", "location_id": str(ADA), "organisation_id": str(ADA)},
        {"kind": "everything"},
    ],
)
async def test_a_calendar_is_of_one_thing(town: Town, body: dict[str, str]) -> None:
    await town.call("ours", "POST", "/calendar-feeds", expect=422, json=body)


async def test_two_who_ask_for_the_last_address_do_not_both_get_it(town: Town) -> None:
    for _ in range(9):
        await town.open("bob", "member")
    bob = AuthSubject(kind="member", id=new_id(), person_id=BOB, within=(town.ours.id,))

    async def second() -> None:
        async with town.runtime.begin(bob) as uow:
            await open_own_feed(uow, town.ours.id)

    async def held_up() -> bool:
        """Whether somebody waits for a lock that another one has."""
        async with town.runtime.database.transaction(SERVICE) as connection:
            asked = text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            return bool((await connection.execute(asked)).scalar_one())

    async with town.runtime.begin(bob) as uow:
        await open_own_feed(uow, town.ours.id)
        await uow.flush()
        other = asyncio.create_task(second())
        while not (other.done() or await held_up()):
            pass
        assert not other.done()
    with pytest.raises(EnoughFeeds):
        await other


async def test_there_are_only_so_many_addresses_of_one_thing_at_a_time(town: Town) -> None:
    made = [await town.open("bob", "member") for _ in range(10)]
    refusal = await town.open("bob", "member", expect=409)
    assert refusal["code"] == "enough_feeds"
    await town.open("ada", "member", organisation_id=town.ours.id)
    await town.call("bob", "DELETE", f"/calendar-feeds/{made[0]['id']}", expect=204)
    await town.open("bob", "member")


async def test_the_day_of_the_last_reading_is_kept(town: Town, clock: ManualClock) -> None:
    made = await town.open("bob", "member")
    assert made["last_read_on"] is None
    for day in ("2026-03-02", "2026-03-03"):
        await town.read(made)
        listed = (await town.call("bob", "GET", "/calendar-feeds", expect=200)).json()
        assert [each["last_read_on"] for each in listed["items"]] == [day]
        clock.advance(timedelta(days=1))


async def test_the_table_has_its_wall_whatever_a_query_forgets(town: Town) -> None:
    made = {
        "ours": await town.open("ours", "location", location_id=town.ours.location_id),
        "theirs": await town.open("theirs", "instructor", instructor_id=town.theirs.instructor_id),
        "ada": await town.open("ada", "member", organisation_id=town.theirs.id),
        "bob": await town.open("bob", "member"),
    }
    subjects = {
        "ours": AuthSubject(kind="staff", organisation_id=town.ours.id),
        "theirs": AuthSubject(kind="staff", organisation_id=town.theirs.id),
        "ada": AuthSubject(kind="member", person_id=ADA, within=(town.ours.id, town.theirs.id)),
        "bob": AuthSubject(kind="member", person_id=BOB, within=(town.ours.id,)),
    }
    for who, subject in subjects.items():
        assert await _seen(town, subject) == {made[who]["id"]}
    # Signed in for one gym, Ada does not see what she has at another.
    at_ours = AuthSubject(kind="member", person_id=ADA, within=(town.ours.id,))
    assert await _seen(town, at_ours) == await _seen(town, ANONYMOUS) == set()
    assert await _seen(town, SERVICE) == {each["id"] for each in made.values()}


async def _seen(town: Town, subject: AuthSubject) -> set[str]:
    async with town.runtime.read(subject) as connection:
        return {str(each) for each in (await connection.execute(select(feed.c.id))).scalars()}
