"""What members have reached, as staff say."""

from typing import Any
from uuid import UUID

from contexts.scheduling.studio import Person, Studio
from contexts.scheduling.test_guardians import guards
from contexts.scheduling.town import Town


async def levels(person: Person, **options: Any) -> list[Any]:
    """What the person sees of their own."""
    found = await person.get(f"/members/{person.member_id}/levels", **options)
    return list(found["items"])


async def test_a_level_opens_a_class_until_it_is_taken_back(studio: Studio) -> None:
    asked = {"discipline": "Lead, indoor", "at_least": 3}
    kind = await studio.gym.class_type(requirements={"level": asked})
    cycling = await studio.class_(class_type_id=UUID(kind["id"]))
    other = await studio.class_(days=3, class_type_id=UUID(kind["id"]))
    anna = await studio.person()
    path = f"/members/{anna.member_id}/levels/Lead,%20indoor"
    assert await studio.gym.put(path, {"level": 2}) == {"discipline": "Lead, indoor", "level": 2}
    assert await anna.refused(cycling) == "LEVEL_REQUIRED"
    await studio.gym.put(path, {"level": 3})
    booking = await anna.book(cycling)
    assert await levels(anna) == [{"discipline": "Lead, indoor", "level": 3}]
    for _ in range(2):
        answer = await studio.gym.http.delete(f"/api/v1{path}")
        assert answer.status_code == 204
    assert await levels(anna) == []
    assert await anna.refused(other) == "LEVEL_REQUIRED"
    assert (await anna.get(f"/bookings/{booking['id']}"))["status"] == "booked"


async def test_levels_are_said_by_staff_of_the_members_gym(studio: Studio, town: Town) -> None:
    anna, bert = await studio.person(), await studio.person()
    whole = f"/api/v1/members/{anna.member_id}/levels"
    path = f"{whole}/yoga"

    async def answers(http: Any) -> list[int]:
        calls = (("PUT", path, {"level": 5}), ("GET", whole, None), ("DELETE", path, None))
        return [
            (await http.request(method, url, json=body)).status_code for method, url, body in calls
        ]

    for role in ("owner", "manager", "front_desk", "instructor"):
        assert await answers(studio.gym.in_role(role)) == [200, 200, 204]
    assert await answers(studio.gym.in_role("support")) == [403, 200, 403]
    assert await answers(studio.gym.in_role("kiosk")) == [403, 403, 403]
    assert await answers(anna.http) == [403, 200, 403]
    assert await answers(bert.http) == [403, 404, 403]
    assert await answers(town.theirs.http) == [404, 404, 404]
    guards(studio, anna, bert)
    assert await answers(bert.http) == [403, 200, 403]
    for wrong in ({"level": 0}, {"level": 101}, {}):
        await studio.gym.put(f"/members/{anna.member_id}/levels/yoga", wrong, expect=422)


async def test_a_level_of_one_gym_is_none_of_another(studio: Studio, town: Town) -> None:
    anna = await studio.person()
    there = await studio.person(organisation_id=town.theirs.organisation_id)
    await town.theirs.put(f"/members/{there.member_id}/levels/yoga", {"level": 9})
    await studio.gym.put(f"/members/{anna.member_id}/levels/yoga", {"level": 2})
    assert await levels(there) == [{"discipline": "yoga", "level": 9}]
    assert await levels(anna) == [{"discipline": "yoga", "level": 2}]


async def test_the_audit_log_tells_what_was_said_and_what_it_was_before(studio: Studio) -> None:
    anna = await studio.person()
    path = f"/members/{anna.member_id}/levels/yoga"
    for level in (2, 2, 4):
        await studio.gym.put(path, {"level": level})
    await studio.gym.http.delete(f"/api/v1{path}")
    rows = await studio.gym.sql(
        "SELECT changes, persons FROM audit.entry WHERE operation IN ('put_level',"
        " 'delete_level') AND changes <> '[]' ORDER BY id"
    )
    assert [each.persons for each in rows] == [[anna.person_id]] * 3
    assert [_levels(each.changes) for each in rows] == [
        {"after": 2},
        {"before": 2, "after": 4},
        {"before": 4},
    ]


def _levels(changes: Any) -> dict[str, int]:
    """What the only change says of the level, where there was or is one."""
    [one] = changes
    assert one["kind"] == "scheduling.level"
    return {when: value for when, value in one["fields"]["level"].items() if value is not None}
