"""What classes are made of: kinds of classes, rooms with their spots, instructors."""

from typing import Any
from uuid import UUID

import pytest

from contexts.scheduling.town import Gym, Town
from gymhopper.kernel.ids import new_id

SPOTS = [
    {"name": "1", "row": 0, "column": 0},
    {"name": "2", "row": 0, "column": 1, "out_of_order": True},
]


async def test_a_kind_of_class_is_made_changed_and_retired(gym: Gym) -> None:
    made = await gym.class_type(
        credits=2, requirements={"minimum_age": 16, "level": {"discipline": "spin", "at_least": 2}}
    )
    path = f"/class-types/{made['id']}"
    changed = await gym.patch(path, {"description": "In the dark"})
    assert changed == made | {"description": "In the dark"}
    renamed = await gym.patch(path, {"name": "Night ride"})
    retired = await gym.post(f"{path}/retire", expect=200)
    assert retired["retired_at"] is not None
    assert await gym.get(path) == renamed | {"retired_at": retired["retired_at"]}
    told = await gym.told(made["id"])
    assert [(each.aggregate_version, each.data.name) for each in told] == [
        (1, "Cycling"),
        (2, "Cycling"),
        (3, "Night ride"),
        (4, "Night ride"),
    ]
    assert [each.data.retired for each in told[1:]] == [False, False, True]


async def test_what_is_retired_is_left_out_of_lists_and_stays_as_it_is(gym: Gym) -> None:
    made = await gym.class_type()
    path = f"/class-types/{made['id']}"
    await gym.post(f"{path}/retire", expect=200)
    assert (await gym.get("/class-types"))["items"] == []
    assert len((await gym.get("/class-types", retired=True))["items"]) == 1
    for refused in (
        await gym.post(f"{path}/retire", expect=409),
        await gym.patch(path, {"name": "Again"}, expect=409),
    ):
        assert refused["code"] == "retired"


async def test_a_change_is_for_the_version_that_was_seen(gym: Gym) -> None:
    made = await gym.class_type()
    path = f"/api/v1/class-types/{made['id']}"
    tag = (await gym.http.get(path)).headers["etag"]
    first = await gym.http.patch(path, json={"name": "A"}, headers={"If-Match": tag})
    late = await gym.http.patch(path, json={"name": "B"}, headers={"If-Match": tag})
    assert (first.status_code, late.status_code) == (200, 412)
    assert (await gym.http.get(path)).headers["etag"] == first.headers["etag"] != tag


async def test_lists_come_in_pages(gym: Gym) -> None:
    made = [(await gym.class_type(name=str(n)))["id"] for n in range(5)]
    seen, cursor = [], None
    while True:
        page = await gym.get(
            "/class-types", limit=2, **({} if cursor is None else {"cursor": cursor})
        )
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"requirements": {"minimum_age": 18, "maximum_age": 16}}, "requirements.maximum_age"),
        ({"minutes": 4}, "minutes"),
        ({"name": "  "}, "name"),
        ({"credits": 101}, "credits"),
    ],
)
async def test_a_kind_of_class_that_cannot_be_is_refused(gym: Gym, given: Any, field: str) -> None:
    made = await gym.class_type()
    new = await gym.post("/class-types", {"name": "x"} | given, expect=422)
    changed = await gym.patch(f"/class-types/{made['id']}", given, expect=422)
    for refused in (new, changed):
        assert field in str(refused), refused


async def test_a_room_has_a_map_of_its_spots(gym: Gym) -> None:
    location = await gym.location()
    room = await gym.room(location, spots=SPOTS)
    assert [each["out_of_order"] for each in room["spots"]] == [False, True]
    mended = [each | {"out_of_order": False} for each in SPOTS]
    changed = await gym.patch(f"/rooms/{room['id']}", {"spots": mended})
    assert changed["spots"] == mended
    assert (await gym.get("/rooms", location_id=location))["items"] == [changed]
    await gym.patch(f"/rooms/{room['id']}", {"retired": True})
    assert (await gym.get("/rooms", location_id=location))["items"] == []
    back = await gym.patch(f"/rooms/{room['id']}", {"retired": False})
    assert back["retired_at"] is None


@pytest.mark.parametrize("same", [{"name": "1"}, {"row": 0, "column": 0}])
async def test_two_spots_differ_by_name_and_place(gym: Gym, same: Any) -> None:
    location = await gym.location()
    spots = [SPOTS[0], {"name": "9", "row": 5, "column": 5} | same]
    body = {"location_id": location, "name": "Hall", "spots": spots}
    assert (await gym.post("/rooms", body, expect=422))["field"] == "spots"


async def test_an_instructor_may_be_an_employee_and_is_so_once(town: Town) -> None:
    gym = town.ours
    body = {"name": "Grace", "employee_id": str(town.employee_id)}
    made = await gym.post("/instructors", body)
    assert (await gym.post("/instructors", body, expect=409))["code"] == "employee_known"
    for unknown in (town.their_employee_id, new_id()):
        foreign = {"name": "Eve", "employee_id": str(unknown)}
        assert (await gym.post("/instructors", foreign, expect=404))["field"] == "employee_id"
    renamed = await gym.patch(f"/instructors/{made['id']}", {"name": "Grace H."})
    assert (await gym.get("/instructors"))["items"] == [renamed]


async def test_another_organisations_things_are_neither_shown_nor_changed(town: Town) -> None:
    theirs = town.theirs
    location = await theirs.location()
    paths = [
        f"/class-types/{(await theirs.class_type())['id']}",
        f"/rooms/{(await theirs.room(location))['id']}",
        f"/instructors/{await theirs.instructor()}",
    ]
    for path in paths:
        await town.ours.get(path, expect=404)
        await town.ours.patch(path, {"name": "Mine"}, expect=404)
        assert (await town.ours.get(path.rpartition("/")[0]))["items"] == []
        assert (await theirs.get(path))["name"] != "Mine"
    await town.ours.post("/rooms", {"location_id": location, "name": "Mine"}, expect=404)
    of_them = {"organisation_id": str(theirs.organisation_id)}
    await town.ours.get("/class-types", expect=404, **of_them)
    assert len((await town.admin.get("/class-types", **of_them))["items"]) == 1


async def test_whoever_works_at_a_place_changes_what_is_there_alone(gym: Gym) -> None:
    here, there = await gym.location(), await gym.location()
    kind = await gym.class_type()
    async with gym.in_role("manager", location_id=UUID(here)) as manager:
        answers = [
            await manager.post("/api/v1/rooms", json={"location_id": here, "name": "A"}),
            await manager.post("/api/v1/rooms", json={"location_id": there, "name": "A"}),
            await manager.patch(f"/api/v1/class-types/{kind['id']}", json={"name": "A"}),
            await manager.post("/api/v1/instructors", json={"name": "A"}),
        ]
    assert [each.status_code for each in answers] == [201, 403, 403, 403]
    async with gym.in_role("front_desk") as desk:
        assert (await desk.get("/api/v1/class-types")).status_code == 200
        refused = await desk.post("/api/v1/class-types", json={"name": "A"})
        assert refused.json()["code"] == "scope_missing"


async def test_members_read_what_their_gyms_offer(town: Town) -> None:
    await town.theirs.class_type()
    made = await town.ours.class_type()
    async with town.ours.member() as member:
        found = (await member.get("/api/v1/class-types")).json()["items"]
        assert [each["id"] for each in found] == [made["id"]]
