"""Bookings that staff make for members, what they may book over, and what a class asks."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.scheduling.studio import Studio
from contexts.scheduling.town import Town
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.state import Overlay
from gymhopper.kernel.ids import new_id


async def test_staff_book_for_members_of_their_gym_only(studio: Studio, town: Town) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    foreign = await studio.person(organisation_id=town.theirs.organisation_id)
    path = f"/classes/{cycling}/book"
    made = await studio.gym.post(path, {"member_id": str(anna.member_id)})
    assert (made["channel"], made["person_id"]) == ("desk", str(anna.person_id))
    for nobody in (foreign.member_id, new_id()):
        problem = await studio.gym.post(path, {"member_id": str(nobody)}, expect=404)
        assert problem["field"] == "member_id"
    assert (await studio.gym.post(path, {}, expect=422))["field"] == "member_id"
    other = {"member_id": str(foreign.member_id)}
    assert (await town.theirs.post(path, other, expect=404))["code"] == "not_found"


async def test_staff_of_one_place_book_there(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    path, body = f"/api/v1/classes/{cycling}/book", {"member_id": str(anna.member_id)}
    elsewhere = studio.gym.in_role("front_desk", location_id=new_id())
    assert (await elsewhere.post(path, json=body)).status_code == 403
    here = studio.gym.in_role("front_desk", location_id=UUID(studio.location))
    assert (await here.post(path, json=body)).status_code == 201


async def test_staff_of_a_legal_entity_book_and_cancel_at_its_locations(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    path, body = f"/api/v1/classes/{cycling}/book", {"member_id": str(anna.member_id)}
    other = studio.gym.in_role("front_desk", legal_entity_id=UUID(int=8))
    own = studio.gym.in_role("front_desk", legal_entity_id=UUID(int=7))
    assert (await other.post(path, json=body)).json()["code"] == "not_your_place"
    made = (await own.post(path, json=body)).json()
    cancel = f"/api/v1/bookings/{made['id']}/cancel"
    assert (await other.post(cancel, json={})).json()["code"] == "not_your_place"
    assert (await own.post(cancel, json={})).json()["status"] == "cancelled"


async def test_what_was_booked_over_stays_recorded(studio: Studio) -> None:
    await studio.rules(most_open=0, opening={"days": 1})
    cycling = await studio.class_()
    anna = await studio.person(coverage=Coverage(include=(Clause(cities=("Graz",)),)))
    path, body = f"/classes/{cycling}/book", {"member_id": str(anna.member_id)}
    refused = await studio.gym.post(path, body, expect=409)
    assert refused["reason"] == "WINDOW_NOT_OPEN"
    made = await studio.gym.post(path, body | {"bypass": True})
    assert made["bypassed"] == ["WINDOW_NOT_OPEN", "TOO_MANY_BOOKINGS", "NOT_COVERED"]
    assert made["membership_id"] is None


async def test_staff_book_over_a_membership_that_rests_is_over_or_is_to_come(
    studio: Studio,
) -> None:
    now = studio.gym.clock.now()
    freeze = Overlay(overlay_id=new_id(), kind="freeze", start=now)
    held: dict[str, Any] = {
        "WILL_EXPIRE": {"contract": "ended"},
        "STARTS_LATER": {"start": now + timedelta(days=9)},
        "FROZEN": {"overlays": (freeze,)},
    }
    for reason, state in held.items():
        cycling, anna = await studio.class_(), await studio.person(**state)
        assert await anna.refused(cycling) == reason
        body = {"member_id": str(anna.member_id), "bypass": True}
        made = await studio.gym.post(f"/classes/{cycling}/book", body)
        assert (made["bypassed"], made["membership_id"]) == ([reason], None)
    debtor = await studio.person(no_entry_from=now)
    body = {"member_id": str(debtor.member_id), "bypass": True}
    refused = await studio.gym.post(f"/classes/{cycling}/book", body, expect=409)
    assert refused["reason"] == "PAST_DUE"


@pytest.mark.parametrize(
    ("what", "reason"),
    [("blocked", "EXCLUDED"), ("unsigned", "WAIVER_REQUIRED"), ("young", "AGE_RESTRICTED")],
)
async def test_what_nobody_books_over(studio: Studio, what: str, reason: str) -> None:
    kind = await studio.gym.class_type(requirements={"minimum_age": 16})
    cycling = await studio.class_(class_type_id=UUID(kind["id"]))
    blocked = Overlay(overlay_id=new_id(), kind="block", start=studio.gym.clock.now())
    anna = await studio.person(overlays=(blocked,) if what == "blocked" else ())
    studio.people.ages[anna.person_id] = 15 if what == "young" else 16
    studio.people.unsigned = {anna.person_id} if what == "unsigned" else set()
    body = {"member_id": str(anna.member_id), "bypass": True}
    problem = await studio.gym.post(f"/classes/{cycling}/book", body, expect=409)
    assert problem["reason"] == reason


async def test_what_a_plan_does_not_cover_hides_neither_a_block_nor_a_debt(studio: Studio) -> None:
    now = studio.gym.clock.now()
    elsewhere = Coverage(include=(Clause(),), class_types=(new_id(),))
    blocked = Overlay(overlay_id=new_id(), kind="block", start=now)
    cycling = await studio.class_()
    barred: dict[str, Any] = {
        "EXCLUDED": {"overlays": (blocked,)},
        "PAST_DUE": {"no_entry_from": now},
    }
    for reason, state in barred.items():
        anna = await studio.person(coverage=elsewhere, **state)
        assert await anna.refused(cycling) == "NOT_COVERED"
        body = {"member_id": str(anna.member_id), "bypass": True}
        problem = await studio.gym.post(f"/classes/{cycling}/book", body, expect=409)
        assert problem["reason"] == reason


async def test_members_book_over_nothing(studio: Studio) -> None:
    cycling = await studio.class_()
    anna = await studio.person()
    assert (await anna.book(cycling, {"bypass": True}, expect=403))["code"] == "staff_only"


async def test_ages_count_on_both_ends(studio: Studio) -> None:
    kind = await studio.gym.class_type(requirements={"minimum_age": 16, "maximum_age": 20})
    cycling = await studio.class_(places=9, class_type_id=UUID(kind["id"]))
    for age, fits in ((15, False), (16, True), (20, True), (21, False), (None, False)):
        person = await studio.person()
        if age is not None:
            studio.people.ages[person.person_id] = age
        if fits:
            await person.book(cycling)
        else:
            assert await person.refused(cycling) == "AGE_RESTRICTED"


async def test_a_class_may_ask_for_no_signature(studio: Studio) -> None:
    kind = await studio.gym.class_type(requirements={"waivers": False})
    anna = await studio.person()
    studio.people.unsigned = {anna.person_id}
    assert await anna.refused(await studio.class_()) == "WAIVER_REQUIRED"
    await anna.book(await studio.class_(class_type_id=UUID(kind["id"])))


async def test_a_level_is_the_gyms_own_and_of_its_discipline(studio: Studio, town: Town) -> None:
    level = {"discipline": "climbing", "at_least": 3}
    kind = await studio.gym.class_type(requirements={"level": level})
    cycling = await studio.class_(class_type_id=UUID(kind["id"]))
    anna = await studio.person()

    async def reached(discipline: str, number: int, organisation_id: UUID) -> None:
        await studio.gym.sql(
            "INSERT INTO scheduling.level (organisation_id, person_id, discipline, level)"
            " VALUES (:organisation, :person, :discipline, :level) ON CONFLICT (organisation_id,"
            " person_id, discipline) DO UPDATE SET level = excluded.level",
            organisation=organisation_id,
            person=anna.person_id,
            discipline=discipline,
            level=number,
        )

    assert await anna.refused(cycling) == "LEVEL_REQUIRED"
    for discipline, number, where in (
        ("yoga", 9, studio.gym.organisation_id),
        ("climbing", 9, town.theirs.organisation_id),
        ("climbing", 2, studio.gym.organisation_id),
    ):
        await reached(discipline, number, where)
        assert await anna.refused(cycling) == "LEVEL_REQUIRED"
    await reached("climbing", 3, studio.gym.organisation_id)
    assert (await anna.book(cycling))["status"] == "booked"


async def test_so_many_bookings_ahead_and_no_more(studio: Studio) -> None:
    await studio.rules(most_open=2)
    anna = await studio.person()
    first = await anna.book(await studio.class_(days=2))
    # A place in line counts, too.
    assert (await anna.book(await studio.class_(places=0, days=3)))["status"] == "waiting"
    third = await studio.class_(days=4)
    assert await anna.refused(third) == "TOO_MANY_BOOKINGS"
    await anna.post(f"/bookings/{first['id']}/cancel")
    assert (await anna.book(third))["status"] == "booked"
