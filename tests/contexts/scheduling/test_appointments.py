"""Appointments: free times, who gets one, and what an appointment keeps."""

import asyncio
from datetime import timedelta
from typing import Any

from contexts.scheduling.practice import TUESDAY, Practice
from contexts.scheduling.studio import Studio
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.state import Overlay
from gymhopper.kernel.ids import new_id


async def test_free_times_are_within_the_hours_and_beside_what_is_booked(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", step_minutes=30, buffer_before=5, buffer_after=10)
    ada = await studio.person()
    assert await practice.free(ada) == ["09:00", "09:30", "10:00", "10:30", "11:00"]
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    assert await practice.free(ada) == ["10:30", "11:00"]
    assert (made["status"], made["channel"]) == ("booked", "online")
    assert made["until_at"] == "2026-03-03T09:00:00Z"
    await ada.post(f"/appointments/{made['id']}/cancel")
    assert len(await practice.free(ada)) == 5
    await practice.hours(practice.instructors[0], {"on": TUESDAY})
    assert await practice.free(ada) == []
    await practice.gym.sound()


async def test_of_two_who_want_one_time_at_once_one_gets_it(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    people = [await studio.person() for _ in range(6)]
    answers = await asyncio.gather(
        *(each.http.post("/api/v1/appointments", json=practice.wanted("09:00")) for each in people)
    )
    assert sorted(each.status_code for each in answers) == [201] + [409] * 5
    assert {x.json()["code"] for x in answers if x.status_code == 409} == {"occupied"}
    await practice.gym.sound()


async def test_two_services_of_one_instructor_are_not_booked_for_one_time_at_once(
    studio: Studio,
) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    other = await practice.gym.post(
        "/services", {"name": "Check", "minutes": 30, "instructor_ids": practice.instructors}
    )
    ada, bob = await studio.person(), await studio.person()
    first, second = await asyncio.gather(
        ada.http.post("/api/v1/appointments", json=practice.wanted("09:00")),
        bob.http.post(
            "/api/v1/appointments", json=practice.wanted("09:30", service_id=other["id"])
        ),
    )
    assert sorted([first.status_code, second.status_code]) == [201, 409]
    await practice.gym.sound()


async def test_anybody_who_is_free_is_the_one_with_the_fewest_that_day(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", "Joe")
    given = []
    for hour in ("09:00", "10:00", "10:00"):
        who = await studio.person()
        made = await who.post("/appointments", practice.wanted(hour), expect=201)
        given.append(made["instructor_id"])
    assert given[0] != given[1]
    assert set(given[1:]) == set(practice.instructors)
    late = await studio.person()
    told = await late.post("/appointments", practice.wanted("10:00"), expect=409)
    assert told["code"] == "occupied"


async def test_a_class_and_an_appointment_are_in_each_others_way(studio: Studio) -> None:
    practice = Practice(studio)
    room = (await practice.gym.room(studio.location))["id"]
    await practice.open("Grace", room_ids=[room], buffer_after=15)
    a_class = {
        "location_id": studio.location,
        "class_type_id": studio.class_type["id"],
        "room_id": room,
        "local_start": f"{TUESDAY}T10:00:00",
        "capacity": 5,
    }
    ada = await studio.person()
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    assert made["room_id"] == room
    assert (await practice.gym.post("/classes", a_class, expect=409))["code"] == "occupied"
    await practice.gym.post("/classes", a_class | {"local_start": f"{TUESDAY}T10:15:00"})
    assert await practice.free(ada) == []


async def test_nobody_has_two_appointments_at_one_time(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", "Joe")
    ada = await studio.person()
    await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    told = await ada.post("/appointments", practice.wanted("09:30"), expect=409)
    assert told["reason"] == "OVERLAPPING_BOOKING"
    over = practice.wanted("09:30", member_id=str(ada.member_id), bypass=True)
    assert (await practice.gym.post("/appointments", over, expect=409))["code"] == "occupied"
    await ada.post("/appointments", practice.wanted("10:00"), expect=201)


async def test_nobody_has_an_appointment_and_a_class_at_one_time_but_by_staff(
    studio: Studio,
) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    ada = await studio.person()
    # At half past nine on Tuesday, and at eleven.
    booked = await studio.class_(days=23.5 / 24)
    other = await studio.class_(days=25 / 24)
    await ada.book(booked)
    told = await ada.post("/appointments", practice.wanted("10:00"), expect=409)
    assert told["reason"] == "OVERLAPPING_BOOKING"
    over = practice.wanted("10:00", member_id=str(ada.member_id), bypass=True)
    await practice.gym.post("/appointments", over)
    await ada.post("/appointments", practice.wanted("11:00"), expect=201)
    assert await ada.refused(other) == "OVERLAPPING_BOOKING"
    await practice.gym.sound()


async def test_appointments_are_none_of_the_bookings_that_a_member_may_have_open(
    studio: Studio,
) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    await studio.rules(most_open=1)
    ada = await studio.person()
    await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    await ada.book(await studio.class_())
    assert await ada.refused(await studio.class_(days=3)) == "TOO_MANY_BOOKINGS"


async def test_members_book_as_long_before_as_is_asked_and_staff_later(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", notice_minutes=24 * 60, days_ahead=7)
    ada = await studio.person()
    assert (await practice.free(ada))[0] == "10:00"
    await ada.post("/appointments", practice.wanted("09:45"), expect=422)
    far = practice.wanted("10:00") | {"start_at": "2026-03-10T10:00:00+01:00"}
    await ada.post("/appointments", far, expect=422)
    by_staff = practice.wanted("09:00", member_id=str(ada.member_id))
    made = await practice.gym.post("/appointments", by_staff)
    assert (made["channel"], made["member_id"]) == ("desk", str(ada.member_id))


async def test_a_time_that_begins_now_is_not_shown_since_nobody_can_book_it(
    studio: Studio,
) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    ada = await studio.person()
    practice.gym.clock.advance(timedelta(hours=23))
    assert (await practice.free(ada))[0] == "09:15"
    await ada.post("/appointments", practice.wanted("09:00"), expect=422)
    await ada.post("/appointments", practice.wanted("09:15"), expect=201)


async def test_a_service_with_a_class_type_asks_for_a_membership_that_covers_it(
    studio: Studio,
) -> None:
    practice = Practice(studio)
    await practice.open("Grace", class_type_id=studio.class_type["id"], credits=1)
    covered = await studio.person()
    elsewhere = Coverage(include=(Clause(),), class_types=frozenset({new_id()}))
    others = [await studio.person(coverage=elsewhere), await studio.person(credits=5)]
    for each in others:
        told = await each.post("/appointments", practice.wanted("09:00"), expect=409)
        assert told["code"] == "booking_refused"
    made = await covered.post("/appointments", practice.wanted("09:00"), expect=201)
    assert made["membership_id"] == str(covered.state.membership_id)
    over = practice.wanted("10:00", member_id=str(others[0].member_id), bypass=True)
    assert (await practice.gym.post("/appointments", over))["membership_id"] is None


async def test_what_needs_no_membership_is_refused_to_whom_the_gym_blocks(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    blocked = Overlay(overlay_id=new_id(), kind="block", start=studio.gym.clock.now())
    anna, bert = await studio.person(overlays=(blocked,)), await studio.person()
    told = await anna.post("/appointments", practice.wanted("09:00"), expect=409)
    assert told["reason"] == "EXCLUDED"
    over = practice.wanted("09:00", member_id=str(anna.member_id), bypass=True)
    told = await practice.gym.post("/appointments", over, expect=409)
    assert told["reason"] == "EXCLUDED"
    made = await bert.post("/appointments", practice.wanted("09:00"), expect=201)
    assert made["membership_id"] is None


async def test_what_somebody_holds_elsewhere_is_neither_used_nor_held_against_them(
    studio: Studio,
) -> None:
    training, introduction = Practice(studio), Practice(studio)
    await training.open("Grace", class_type_id=studio.class_type["id"])
    await introduction.open("Joe")
    anna = await studio.person(contract="ended")
    usable = {"membership_id": new_id(), "organisation_id": new_id(), "contract": "active"}
    await anna.has(**usable)
    told = await anna.post("/appointments", training.wanted("09:00"), expect=409)
    assert told["reason"] == "WILL_EXPIRE"
    blocked = Overlay(overlay_id=new_id(), kind="block", start=studio.gym.clock.now())
    await anna.has(overlays=(blocked,))
    await anna.post("/appointments", introduction.wanted("09:00"), expect=201)


async def test_a_late_cancellation_is_recorded_unless_the_gym_calls_it_off(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace", free_minutes=60)
    ada = await studio.person()
    early, late, off = [
        (await ada.post("/appointments", practice.wanted(hour), expect=201))["id"]
        for hour in ("09:00", "10:00", "11:00")
    ]
    practice.gym.clock.advance(timedelta(hours=22) - timedelta(seconds=1))
    assert (await ada.post(f"/appointments/{early}/cancel"))["ending"] == "early"
    practice.gym.clock.advance(timedelta(hours=2))
    assert (await ada.post(f"/appointments/{late}/cancel"))["ending"] == "late"
    await ada.post(f"/appointments/{late}/cancel", expect=409)
    await ada.post(f"/appointments/{off}/cancel", {"by_gym": True}, expect=403)
    told = await practice.gym.post(f"/appointments/{off}/cancel", {"by_gym": True}, expect=200)
    assert told["ending"] == "by_gym"
    assert await practice.gym.told_types(late) == ["appointment.booked", "appointment.cancelled"]


async def test_staff_say_who_came(studio: Studio) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    ada = await studio.person()
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    path = f"/appointments/{made['id']}/attendance"
    await practice.gym.post(path, {"status": "attended"}, expect=409)
    practice.gym.clock.advance(timedelta(hours=23))
    for status in ("missed", "attended", "attended", "booked"):
        told = await practice.gym.post(path, {"status": status}, expect=200)
        assert told["status"] == status
    assert await practice.gym.told_types(made["id"]) == [
        "appointment.booked",
        "appointment.missed",
        "appointment.attendance_taken_back",
        "appointment.attended",
        "appointment.attendance_taken_back",
    ]


async def test_appointments_are_seen_by_whom_they_are_of_and_by_the_gym(
    studio: Studio, town: Any
) -> None:
    practice = Practice(studio)
    await practice.open("Grace")
    ada, bob = await studio.person(), await studio.person()
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    path = f"/appointments/{made['id']}"
    for who in (ada, practice.gym):
        assert (await who.get(path))["id"] == made["id"]
        assert len((await who.get("/appointments"))["items"]) == 1
    for other in (bob, town.theirs):
        await other.get(path, expect=404)
        assert (await other.get("/appointments"))["items"] == []
        await other.post(f"{path}/cancel", {}, expect=404)
    theirs = town.theirs
    await theirs.get(f"/services/{practice.service['id']}", expect=404)
    await theirs.post("/appointments", practice.wanted("10:00"), expect=404)
    as_bob = practice.wanted("10:00", member_id=str(bob.member_id))
    await ada.post("/appointments", as_bob, expect=404)


async def test_of_a_class_and_an_appointment_that_want_one_room_at_once_one_gets_it(
    studio: Studio,
) -> None:
    practice = Practice(studio)
    room = (await practice.gym.room(studio.location))["id"]
    await practice.open("Grace", room_ids=[room])
    for hour in ("09:00", "10:00", "11:00"):
        ada = await studio.person()
        a_class = {
            "location_id": studio.location,
            "class_type_id": studio.class_type["id"],
            "room_id": room,
            "instructor_ids": practice.instructors,
            "local_start": f"{TUESDAY}T{hour}:00",
            "capacity": 5,
        }
        answers = await asyncio.gather(
            practice.gym.http.post("/api/v1/classes", json=a_class),
            ada.http.post("/api/v1/appointments", json=practice.wanted(hour)),
        )
        assert sorted(each.status_code for each in answers) == [201, 409]
    await practice.gym.sound()
