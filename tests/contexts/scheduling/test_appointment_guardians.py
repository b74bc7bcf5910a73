"""Guardians have appointments made for a child, whose they are."""

from datetime import timedelta
from typing import Any

from contexts.scheduling.practice import Practice
from contexts.scheduling.studio import Person, Studio
from contexts.scheduling.test_guardians import guards
from contexts.scheduling.town import Town

FEE = {"amount": 2000, "currency": "EUR"}


async def test_a_guardian_books_sees_and_cancels_it_and_nobody_else_does(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", free_minutes=24 * 60, late_fee=FEE)
    anna, cleo, tim = [await studio.person() for _ in range(3)]
    for_tim = guards(studio, tim, anna)
    made = await anna.post("/appointments", practice.wanted("09:00", **for_tim), expect=201)
    assert (made["person_id"], made["member_id"]) == (str(tim.person_id), str(tim.member_id))
    path = f"/appointments/{made['id']}"

    async def listed(person: Person) -> list[Any]:
        return [each["id"] for each in (await person.get("/appointments", **for_tim))["items"]]

    for who in (anna, tim):
        assert await who.get(path) == made
        assert (await who.get(f"{path}/cancellation"))["fee"] == FEE
        assert await listed(who) == [made["id"]]
    assert (await anna.get("/appointments"))["items"] == []
    assert await listed(cleo) == []
    for way in (path, f"{path}/cancellation"):
        await cleo.get(way, expect=404)
    await cleo.post(f"{path}/cancel", expect=404)
    refused = await cleo.post("/appointments", practice.wanted("10:00", **for_tim), expect=404)
    assert refused["field"] == "member_id"
    assert (await anna.post(f"{path}/cancel"))["ending"] == "late"
    [fee] = await studio.gym.sql("SELECT person_id FROM scheduling.fee")
    assert fee.person_id == tim.person_id
    guards(studio, tim)
    await anna.get(path, expect=404)
    assert await listed(anna) == []


async def test_what_the_child_holds_is_spent_at_the_gym_that_says_so(
    studio: Studio, town: Town
) -> None:
    practice = Practice(studio)
    await practice.open("Grace", class_type_id=studio.class_type["id"])
    anna, tim = await studio.person(), await studio.person()
    for_tim = guards(studio, tim, anna)
    made = await anna.post("/appointments", practice.wanted("09:00", **for_tim), expect=201)
    assert made["membership_id"] == str(tim.state.membership_id)
    theirs = await studio.person(organisation_id=town.theirs.organisation_id)
    there = practice.wanted("10:00", **guards(studio, theirs, anna))
    assert (await anna.post("/appointments", there, expect=404))["field"] == "member_id"
    # Only the deeds of the child are the guardian's: marking and forgiving stay the staff's.
    studio.gym.clock.advance(timedelta(hours=23))
    for deed, body in {"attendance": {"status": "attended"}, "undo-late-cancel": {}}.items():
        await anna.post(f"/appointments/{made['id']}/{deed}", body, expect=403)
