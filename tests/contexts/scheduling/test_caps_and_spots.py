"""What channels may take of a class, and who sits where."""

from datetime import timedelta
from uuid import UUID

from contexts.scheduling.studio import Person, Studio
from gymhopper.contexts.scheduling.domain.caps import Caps

SPOTS = [
    {"name": "1", "row": 1, "column": 1},
    {"name": "2", "row": 1, "column": 2},
    {"name": "3", "row": 1, "column": 3, "out_of_order": True},
]


async def at_the_desk(studio: Studio, class_id: str, **body: object) -> str:
    person = await studio.person()
    made = await studio.gym.post(
        f"/classes/{class_id}/book", {"member_id": str(person.member_id)} | body
    )
    status: str = made["status"]
    return status


async def online(studio: Studio, class_id: str) -> str:
    made = await (await studio.person()).book(class_id)
    status: str = made["status"]
    return status


async def test_a_channel_takes_no_more_than_its_cap(studio: Studio) -> None:
    cycling = await studio.class_(places=4, caps=Caps(online=1, desk=2))
    assert [await online(studio, cycling) for _ in range(2)] == ["booked", "waiting"]
    assert [await at_the_desk(studio, cycling) for _ in range(3)] == ["booked", "booked", "waiting"]
    assert await studio.counts(cycling) == (3, 2)


async def test_caps_that_are_more_than_there_is_share_the_places(studio: Studio) -> None:
    cycling = await studio.class_(places=3, caps=Caps(online=2, desk=2))
    assert [await online(studio, cycling) for _ in range(2)] == ["booked", "booked"]
    assert [await at_the_desk(studio, cycling) for _ in range(2)] == ["booked", "waiting"]
    assert await studio.counts(cycling) == (3, 1)


async def test_a_cap_of_none_leaves_all_and_one_of_nought_leaves_nothing(studio: Studio) -> None:
    cycling = await studio.class_(places=2, caps=Caps(online=0))
    assert await online(studio, cycling) == "waiting"
    assert [await at_the_desk(studio, cycling) for _ in range(2)] == ["booked", "booked"]


async def test_a_place_that_is_freed_goes_to_the_first_of_whom_there_is_one(
    studio: Studio,
) -> None:
    cycling = await studio.class_(places=2, caps=Caps(online=1, desk=1))
    anna, bert, cleo = [await studio.person() for _ in range(3)]
    await anna.book(cycling)
    path = f"/classes/{cycling}/book"
    desk = await studio.gym.post(path, {"member_id": str(bert.member_id)})
    assert (await cleo.book(cycling))["status"] == "waiting"
    assert await at_the_desk(studio, cycling) == "waiting"
    await studio.gym.post(f"/bookings/{desk['id']}/cancel", {}, expect=200)
    await studio.work()
    roster = await studio.roster(cycling)
    assert roster["waiting"] == [cleo.person_id]
    assert len(roster["booked"]) == 2


async def seated(studio: Studio) -> tuple[str, Person, Person]:
    room = await studio.gym.room(studio.location, spots=SPOTS)
    cycling = await studio.class_(places=2, room_id=UUID(room["id"]))
    return cycling, await studio.person(), await studio.person()


async def test_a_spot_is_one_persons(studio: Studio) -> None:
    cycling, anna, bert = await seated(studio)
    first = await anna.book(cycling, {"spot": "1"})
    assert first["spot"] == "1"
    assert await bert.refused(cycling, {"spot": "1"}) == "SPOT_TAKEN"
    assert await studio.counts(cycling) == (1, 0)
    await anna.post(f"/bookings/{first['id']}/cancel")
    assert (await bert.book(cycling, {"spot": "1"}))["spot"] == "1"


async def test_spots_that_nobody_can_have(studio: Studio) -> None:
    cycling, anna, _ = await seated(studio)
    for name in ("3", "4"):
        problem = await anna.book(cycling, {"spot": name}, expect=422)
        assert problem["field"] == "spot"
    elsewhere = await studio.class_(days=3)
    assert (await anna.book(elsewhere, {"spot": "1"}, expect=422))["field"] == "spot"


async def test_who_stands_in_line_has_no_spot(studio: Studio) -> None:
    cycling, anna, bert = await seated(studio)
    await at_the_desk(studio, cycling)
    await anna.book(cycling, {"spot": "1"})
    waiting = await bert.book(cycling, {"spot": "2"})
    assert (waiting["status"], waiting["spot"]) == ("waiting", None)


async def test_waiting_ends_no_later_than_the_class(studio: Studio) -> None:
    cycling = await studio.class_(places=0)
    anna = await studio.person()
    now = studio.gym.clock.now()
    start = now + timedelta(days=2)
    for wrong in (now, now - timedelta(hours=1), start + timedelta(seconds=1)):
        problem = await anna.book(cycling, {"wait_until": wrong.isoformat()}, expect=422)
        assert problem["field"] == "wait_until"
    made = await anna.book(cycling, {"wait_until": start.isoformat()})
    assert made["status"] == "waiting"
