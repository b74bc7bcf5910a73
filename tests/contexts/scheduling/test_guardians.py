"""Guardians book for a child, whose booking it is."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from contexts.scheduling.studio import Person, Studio
from contexts.scheduling.town import Town
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contracts.membership.api import MemberRef

FEE = {"amount": 500, "currency": "EUR"}


def guards(studio: Studio, child: Person, *guardians: Person) -> dict[str, str]:
    """The child has these guardians from now on; returns what a booking for it says."""
    studio.people.members[child.member_id] = MemberRef(
        member_id=child.member_id,
        person_id=child.person_id,
        organisation_id=child.state.organisation_id,
        guardians=tuple(each.person_id for each in guardians),
    )
    return {"member_id": str(child.member_id)}


async def test_the_booking_is_the_childs_and_the_guardian_made_it(studio: Studio) -> None:
    kind = await studio.gym.class_type(requirements={"maximum_age": 12})
    cycling = await studio.class_(class_type_id=UUID(kind["id"]))
    anna, tim = await studio.person(), await studio.person()
    studio.people.ages = {anna.person_id: 40, tim.person_id: 8}
    for_tim = guards(studio, tim, anna)
    made = await anna.book(cycling, for_tim)
    assert (made["person_id"], made["member_id"]) == (str(tim.person_id), str(tim.member_id))
    assert made["membership_id"] == str(tim.state.membership_id)
    assert (made["channel"], made["host_booking_id"]) == ("online", None)
    assert await anna.refused(cycling) == "AGE_RESTRICTED"
    [row] = await studio.gym.sql("SELECT booked_by FROM scheduling.booking")
    own = await anna.book(await studio.class_(days=3))
    [same] = await studio.gym.sql(
        "SELECT booked_by FROM scheduling.booking WHERE id = :id", id=UUID(own["id"])
    )
    assert row.booked_by == same.booked_by
    assert await tim.get(f"/bookings/{made['id']}") == made


async def test_guardians_see_and_cancel_it_and_nobody_else_does(studio: Studio) -> None:
    await studio.rules(late_fee=FEE)
    cycling = await studio.class_(days=0.2)
    anna, bert, cleo, tim = [await studio.person() for _ in range(4)]
    for_tim = guards(studio, tim, anna, bert)
    made = await anna.book(cycling, for_tim)
    path = f"/bookings/{made['id']}"

    async def listed(person: Person) -> list[Any]:
        return [each["id"] for each in (await person.get("/bookings", **for_tim))["items"]]

    for guardian in (anna, bert):
        assert await guardian.get(path) == made
        assert (await guardian.get(f"{path}/cancellation"))["fee"] == FEE
        assert await listed(guardian) == [made["id"]]
        assert (await guardian.get("/bookings"))["items"] == []
    for way in (path, f"{path}/cancellation"):
        await cleo.get(way, expect=404)
    assert await listed(cleo) == []
    assert (await cleo.book(cycling, for_tim, expect=404))["field"] == "member_id"
    for deed in ("cancel", "accept"):
        await cleo.post(f"{path}/{deed}", expect=404)
    assert (await bert.post(f"{path}/cancel"))["ending"] == "late"
    [fee] = await studio.gym.sql("SELECT person_id FROM scheduling.fee")
    assert fee.person_id == tim.person_id
    guards(studio, tim)
    await anna.get(path, expect=404)
    assert await listed(anna) == []


async def test_a_guardian_takes_an_offer_for_the_child(studio: Studio) -> None:
    await studio.rules(waitlist_mode="offer")
    cycling = await studio.class_(places=1)
    anna, bert, tim = [await studio.person() for _ in range(3)]
    own = await bert.book(cycling)
    waits = await anna.book(cycling, guards(studio, tim, anna))
    assert waits["position"] == 1
    await bert.post(f"/bookings/{own['id']}/cancel")
    await studio.work()
    assert (await anna.get(f"/bookings/{waits['id']}"))["status"] == "offered"
    assert (await anna.post(f"/bookings/{waits['id']}/accept"))["status"] == "booked"


async def test_several_classes_for_a_child(studio: Studio) -> None:
    days = [await studio.class_(days=each) for each in (2, 3)]
    anna, tim = await studio.person(), await studio.person()
    answer = await anna.post("/bookings", {"class_ids": days, **guards(studio, tim, anna)})
    people = [each["booking"]["person_id"] for each in answer["items"]]
    assert people == [str(tim.person_id)] * 2


async def test_a_guardian_is_one_at_the_gym_that_says_so(studio: Studio, town: Town) -> None:
    network = town.theirs.organisation_id
    cycling = await studio.class_(caps=Caps(networks={network: 1}))
    anna = await studio.person()
    theirs = await studio.person(organisation_id=network)
    # Anna's account acts at our gym alone, and the network says who guards its members.
    problem = await anna.book(cycling, guards(studio, theirs, anna), expect=404)
    assert problem["field"] == "member_id"
    # What the child holds elsewhere is not hers to spend either.
    tim = await studio.person(contract="ended")
    there = await studio.person(organisation_id=network, person_id=tim.person_id)
    assert there.state.person_id == tim.person_id
    assert await anna.refused(cycling, guards(studio, tim, anna)) == "WILL_EXPIRE"
    await tim.book(cycling)


async def test_over_rules_only_staff_book_for_a_child(studio: Studio) -> None:
    anna, tim = await studio.person(), await studio.person()
    body = guards(studio, tim, anna) | {"bypass": True}
    refused = await anna.book(await studio.class_(), body, expect=403)
    assert refused["code"] == "staff_only"


async def test_who_waits_is_told_how_many_are_before_them(studio: Studio, town: Town) -> None:
    network = town.theirs.organisation_id
    full = await studio.class_(places=0, caps=Caps(networks={network: 1}))
    anna, bert = await studio.person(), await studio.person()
    guest = await studio.person(organisation_id=network)
    rows = [await each.book(full) for each in (anna, bert, guest)]
    readers = (anna, bert, guest)
    for nth, (reader, row) in enumerate(zip(readers, rows, strict=True), start=1):
        assert (await reader.get(f"/bookings/{row['id']}"))["position"] == nth
        [listed] = (await reader.get("/bookings"))["items"]
        assert listed["position"] == nth
    assert (await town.theirs.get(f"/bookings/{rows[2]['id']}"))["position"] == 3
    studio.gym.clock.advance(timedelta(minutes=1))
    await anna.post(f"/bookings/{rows[0]['id']}/cancel")
    assert (await guest.get(f"/bookings/{rows[2]['id']}"))["position"] == 2
    assert (await anna.get(f"/bookings/{rows[0]['id']}"))["position"] is None
