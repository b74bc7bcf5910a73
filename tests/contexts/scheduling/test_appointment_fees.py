"""Appointments that are cancelled late or missed: what that costs, and who forgives it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.scheduling.practice import Practice
from contexts.scheduling.studio import Person, Studio
from contexts.scheduling.test_appointment_credits import training, with_credits
from contexts.scheduling.town import Town
from gymhopper.contexts.identity.domain.roles import MEMBER
from gymhopper.contracts.identity.api import Caller
from gymhopper.contracts.scheduling.appointments.events import (
    AppointmentFeeDue,
    AppointmentFeeWaived,
)
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# From ten o'clock on Monday until it begins, at nine on Tuesday.
START = 23 * HOUR
LATE, MISSED = {"amount": 2000, "currency": "EUR"}, {"amount": 3000, "currency": "EUR"}


@pytest.fixture
async def practice(studio: Studio) -> Practice:
    opened = Practice(studio)
    await opened.open("Grace", free_minutes=120, late_fee=LATE, missed_fee=MISSED)
    return opened


async def booked(practice: Practice, hour: str = "09:00") -> tuple[Person, str]:
    """Somebody, and the path of their appointment."""
    person = await practice.studio.person()
    made = await person.post("/appointments", practice.wanted(hour), expect=201)
    return person, f"/appointments/{made['id']}"


async def told(practice: Practice, path: str) -> list[str]:
    """What was told of it, after the booking."""
    types = await practice.gym.told_types(path.removeprefix("/appointments/"))
    return [each.removeprefix("appointment.") for each in types[1:]]


async def fees(practice: Practice) -> list[Any]:
    found = await practice.gym.sql(
        "SELECT why, status, amount, reason FROM scheduling.fee ORDER BY id"
    )
    return [tuple(each) for each in found]


async def mark(practice: Practice, path: str, status: str) -> Any:
    return await practice.gym.post(f"{path}/attendance", {"status": status}, expect=200)


async def test_a_late_cancellation_costs_what_was_agreed_on_with_the_booking(
    practice: Practice,
) -> None:
    ada, path = await booked(practice)
    made = await ada.get(path)
    assert (made["late_fee"], made["missed_fee"]) == (LATE, MISSED)
    dearer = {"late_fee": {"amount": 9900, "currency": "EUR"}, "missed_fee": None}
    changed = await practice.gym.patch(f"/services/{practice.service['id']}", dearer)
    assert (changed["late_fee"]["amount"], changed["missed_fee"]) == (9900, None)
    shown = await ada.get(f"{path}/cancellation")
    assert (shown["late"], shown["fee"], shown["free_until"]) == (
        False,
        None,
        "2026-03-03T06:00:00Z",
    )
    practice.gym.clock.advance(START - 2 * HOUR)
    shown = await ada.get(f"{path}/cancellation")
    assert (shown["late"], shown["fee"]) == (True, LATE)
    assert shown["sentence"] == "Cancel now and it costs 20.00 EUR."
    stale = await ada.post(f"{path}/cancel", {"fee": 0}, expect=409)
    assert stale["code"] == "stale_cost"
    assert (await ada.get(path))["status"] == "booked"
    ended = await ada.post(f"{path}/cancel", {"fee": 2000})
    assert ended["ending"] == "late"
    assert await fees(practice) == [("late_cancel", "pending", 2000, "")]
    assert (await ada.get(f"{path}/cancellation"))["fee"] is None


async def test_a_fee_is_due_once_after_the_hours_that_the_gym_gives_its_staff(
    practice: Practice,
) -> None:
    await practice.studio.rules(fee_hours=48)
    ada, path = await booked(practice)
    # What is said later holds for what is booked later.
    await practice.studio.rules(fee_hours=1)
    practice.gym.clock.advance(START - HOUR)
    await ada.post(f"{path}/cancel")
    await practice.gym.pass_time(2 * DAY - timedelta(seconds=1))
    assert await told(practice, path) == ["cancelled"]
    await practice.gym.pass_time(timedelta(seconds=1))
    await practice.gym.pass_time(5 * DAY)
    assert await told(practice, path) == ["cancelled", "fee_due"]
    [due] = [x.data for x in await practice.gym.told() if isinstance(x.data, AppointmentFeeDue)]
    assert (due.amount, due.why) == (Money(2000, "EUR"), "late_cancel")
    assert due.appointment.person_id == ada.person_id
    assert await fees(practice) == [("late_cancel", "charged", 2000, "")]
    late = await practice.gym.post(f"{path}/waive-fee", {"reason": "was ill"}, expect=409)
    assert late["detail"] == "The fee is charged already."


async def test_what_the_gym_calls_off_and_what_is_in_time_costs_nothing(
    practice: Practice,
) -> None:
    ada, early = await booked(practice)
    _, off = await booked(practice, "10:00")
    await ada.post(f"{early}/cancel", {"fee": 0})
    practice.gym.clock.advance(START)
    await practice.gym.post(f"{off}/cancel", {"by_gym": True, "fee": 0}, expect=200)
    assert await fees(practice) == []
    none = await practice.gym.post(f"{early}/waive-fee", {"reason": "was ill"}, expect=409)
    assert none["detail"] == "There is no fee for this appointment."
    undone = await practice.gym.post(f"{off}/undo-late-cancel", {}, expect=409)
    assert undone["code"] == "illegal_transition"


async def test_staff_waive_a_fee_before_it_is_charged(practice: Practice) -> None:
    ada, path = await booked(practice)
    practice.gym.clock.advance(START - HOUR)
    await ada.post(f"{path}/cancel")
    await practice.gym.post(f"{path}/waive-fee", {"reason": "was ill"}, expect=200)
    assert await fees(practice) == [("late_cancel", "waived", 2000, "was ill")]
    await practice.gym.pass_time(3 * DAY)
    assert await told(practice, path) == ["cancelled", "fee_waived"]
    [event] = [
        x.data for x in await practice.gym.told() if isinstance(x.data, AppointmentFeeWaived)
    ]
    assert event.amount == Money(2000, "EUR")


@pytest.mark.parametrize("charged", [False, True])
async def test_staff_say_that_it_was_in_time_after_all(
    practice: Practice, *, charged: bool
) -> None:
    ada, path = await booked(practice)
    practice.gym.clock.advance(START - HOUR)
    await ada.post(f"{path}/cancel")
    if charged:
        await practice.gym.pass_time(DAY)
    undone = await practice.gym.post(f"{path}/undo-late-cancel", {}, expect=200)
    assert (undone["status"], undone["ending"]) == ("cancelled", "early")
    assert await told(practice, path) == [
        "cancelled",
        "fee_due" if charged else "fee_waived",
        "late_cancel_undone",
    ]
    await practice.gym.post(f"{path}/undo-late-cancel", {}, expect=409)
    await practice.gym.pass_time(2 * DAY)
    [(_, status, _, _)] = await fees(practice)
    assert status == ("charged" if charged else "waived")


async def test_attendance_that_is_taken_back_takes_its_fee_along(practice: Practice) -> None:
    _, path = await booked(practice)
    practice.gym.clock.advance(START)
    for status in ("missed", "booked", "missed", "attended"):
        assert (await mark(practice, path, status))["status"] == status
    assert await told(practice, path) == [
        *("missed", "fee_waived", "attendance_taken_back"),
        *("missed", "fee_waived", "attendance_taken_back", "attended"),
    ]
    await practice.gym.pass_time(3 * DAY)
    assert [each[:2] for each in await fees(practice)] == [("no_show", "waived")] * 2


async def test_what_was_charged_is_not_charged_again(practice: Practice) -> None:
    _, path = await booked(practice)
    practice.gym.clock.advance(START)
    await mark(practice, path, "missed")
    await practice.gym.pass_time(DAY)
    for status in ("attended", "missed"):
        await mark(practice, path, status)
    await practice.gym.pass_time(2 * DAY)
    assert await fees(practice) == [("no_show", "charged", 3000, "")]
    assert (await told(practice, path)).count("fee_due") == 1


@pytest.mark.parametrize("how", ["late", "missed"])
@pytest.mark.parametrize("back", [True, False])
async def test_credits_return_as_it_was_agreed_on(studio: Studio, how: str, *, back: bool) -> None:
    practice = await training(
        studio, credits=2, free_minutes=120, late_credits_back=back, missed_credits_back=back
    )
    ada, _ = await with_credits(studio, 2)
    made = await ada.post("/appointments", practice.wanted("09:00"), expect=201)
    path = f"/appointments/{made['id']}"
    practice.gym.clock.advance(START if how == "missed" else START - HOUR)
    if how == "missed":
        await mark(practice, path, "missed")
        await mark(practice, path, "attended")
    else:
        shown = await ada.get(f"{path}/cancellation")
        assert (shown["credits_back"], shown["credits_lost"]) == ((2, 0) if back else (0, 2))
        await ada.post(f"{path}/cancel")
        await practice.gym.post(f"{path}/undo-late-cancel", {}, expect=200)
    _, first, second, *_ = [each.data for each in await practice.gym.told(made["id"])]
    assert first.credits_back == (2 if back else 0)
    if how == "missed":
        assert second.credits_again == (2 if back else 0)
    else:
        assert second.credits_back == (0 if back else 2)


async def test_only_the_gyms_staff_forgive_and_mark(practice: Practice, town: Town) -> None:
    ada, path = await booked(practice)
    practice.gym.clock.advance(START - HOUR)
    await ada.post(f"{path}/cancel")
    deeds = {
        "waive-fee": {"reason": "was ill"},
        "undo-late-cancel": {},
        "attendance": {"status": "attended"},
    }
    # Scopes do not make her the gym's staff before her own appointment.
    caller = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=ada.person_id,
        within=(practice.gym.organisation_id,),
        scopes=(*MEMBER.scopes, "penalties:write", "attendance:write"),
    )
    with_scopes = practice.gym._known("with scopes", caller)
    for deed, body in deeds.items():
        await ada.post(f"{path}/{deed}", body, expect=403)
        answer = await with_scopes.post(f"/api/v1{path}/{deed}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "staff_only")
        await town.theirs.post(f"{path}/{deed}", body, expect=404)
    await town.theirs.get(f"{path}/cancellation", expect=404)
    elsewhere = UUID(await practice.gym.location())
    async with practice.gym.in_role("front_desk", location_id=elsewhere) as desk:
        for deed, body in deeds.items():
            answer = await desk.post(f"/api/v1{path}/{deed}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_your_place")
    assert await fees(practice) == [("late_cancel", "pending", 2000, "")]
