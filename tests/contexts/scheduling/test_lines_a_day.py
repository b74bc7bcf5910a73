"""How often somebody may stand in line on a day."""

from datetime import timedelta

from contexts.scheduling.studio import Person, Studio


async def test_so_many_places_in_line_on_a_day_whatever_became_of_them(studio: Studio) -> None:
    await studio.rules(waitlist_a_day=2)
    full = [await studio.class_(places=0, days=days) for days in (2, 3, 4)]
    anna = await studio.person()
    first = await anna.book(full[0])
    await anna.post(f"/bookings/{first['id']}/cancel")
    await anna.book(full[1])
    assert await anna.refused(full[2]) == "TOO_MANY_BOOKINGS"
    # Another one's places in line are not hers, and a place in a class is none in line.
    assert (await (await studio.person()).book(full[2]))["status"] == "waiting"
    assert (await anna.book(await studio.class_(days=5)))["status"] == "booked"


async def test_a_place_that_came_of_it_still_counts(studio: Studio) -> None:
    await studio.rules(waitlist_a_day=1)
    cycling, other = await studio.class_(places=1), await studio.class_(places=0, days=3)
    anna, bert = await studio.person(), await studio.person()
    own = await bert.book(cycling)
    mine = await anna.book(cycling)
    await bert.post(f"/bookings/{own['id']}/cancel")
    await studio.work()
    assert (await anna.get(f"/bookings/{mine['id']}"))["status"] == "booked"
    assert await anna.refused(other) == "TOO_MANY_BOOKINGS"


async def test_the_day_is_that_of_the_place(studio: Studio) -> None:
    await studio.rules(waitlist_a_day=1)
    full = [await studio.class_(places=0, days=days) for days in (2, 3)]
    anna = await studio.person()
    # The clock stands at 10:00 in Vienna, where the day ends an hour before it does in UTC.
    await anna.book(full[0])
    studio.gym.clock.advance(timedelta(hours=14, seconds=-1))
    assert await anna.refused(full[1]) == "TOO_MANY_BOOKINGS"
    studio.gym.clock.advance(timedelta(seconds=1))
    assert (await anna.book(full[1]))["status"] == "waiting"


async def test_staff_book_over_it_and_it_stays_recorded(studio: Studio) -> None:
    await studio.rules(waitlist_a_day=0)
    full = await studio.class_(places=0)
    anna = await studio.person()
    body = {"member_id": str(anna.member_id)}
    path = f"/classes/{full}/book"
    assert (await studio.gym.post(path, body, expect=409))["reason"] == "TOO_MANY_BOOKINGS"
    made = await studio.gym.post(path, body | {"bypass": True})
    assert (made["status"], made["bypassed"]) == ("waiting", ["TOO_MANY_BOOKINGS"])


async def test_the_timetable_says_so_beforehand(studio: Studio) -> None:
    await studio.rules(waitlist_a_day=1)
    full = [await studio.class_(places=0, days=days) for days in (2, 3)]
    free = await studio.class_(days=4)
    anna, bert = await studio.person(), await studio.person()
    await anna.book(full[0])

    async def yours(person: Person) -> list[tuple[str | None, str | None]]:
        """What they may do with the second full class, and with the free one."""
        listed = (await person.get("/classes", location_id=studio.location))["items"]
        found = {each["id"]: each["you"] for each in listed}
        return [(found[each]["may"], found[each]["reason"]) for each in (full[1], free)]

    assert await yours(anna) == [(None, "TOO_MANY_BOOKINGS"), ("book", None)]
    assert await yours(bert) == [("wait", None), ("book", None)]
