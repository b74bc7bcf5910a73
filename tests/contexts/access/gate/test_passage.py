"""Doors that report passages: holds, conversions and releases."""

from uuid import UUID, uuid4

import pytest

from contexts.access.gate.world import World
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota

ONE_A_DAY = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=1, per="day"),))


async def test_a_hold_keeps_the_last_visit_until_it_expires(world: World) -> None:
    here, there = await world.door(reports_passage=True, hold=20), await world.door()
    reader, other = await world.reader(here), await world.reader(there)
    member = await world.member(await world.grant(ONE_A_DAY))
    assert (await world.scan(reader, member))["decision"] == "allow"
    world.later(seconds=19)
    assert (await world.scan(other, member))["code"] == "DAILY_LIMIT_REACHED"
    world.later(seconds=6)
    assert (await world.scan(other, member))["decision"] == "allow"


async def test_a_passage_counts_the_visit_once_however_often_it_is_reported(world: World) -> None:
    here, there = await world.door(reports_passage=True), await world.door()
    reader, other = await world.reader(here), await world.reader(there)
    member = await world.member(await world.grant(ONE_A_DAY))
    allowed = await world.scan(reader, member)
    for _ in range(2):
        answer = await world.passage(reader, allowed["decision_id"], "passed")
        assert answer.status_code == 200
        assert answer.json()["visit_id"] == allowed["visit_id"]
    decision, passage = await world.store.journal()
    assert not decision.counted
    assert decision.held_until == world.at(seconds=15)
    assert (passage.kind, passage.code, passage.counted) == ("passage", "PASSED", True)
    assert passage.visit_id == UUID(allowed["visit_id"]).bytes
    world.later(minutes=30)
    assert (await world.scan(other, member))["code"] == "DAILY_LIMIT_REACHED"


async def test_a_visit_that_did_not_happen_is_given_back_at_once(world: World) -> None:
    here, there = await world.door(reports_passage=True), await world.door()
    reader, other = await world.reader(here), await world.reader(there)
    member = await world.member(await world.grant(ONE_A_DAY))
    allowed = await world.scan(reader, member)
    assert (await world.passage(reader, allowed["decision_id"], "not_passed")).status_code == 200
    assert (await world.scan(other, member))["decision"] == "allow"


async def test_a_late_passage_counts_although_its_hold_ran_out(world: World) -> None:
    here, there = await world.door(reports_passage=True), await world.door()
    reader, other = await world.reader(here), await world.reader(there)
    member = await world.member(await world.grant(ONE_A_DAY))
    allowed = await world.scan(reader, member)
    world.later(minutes=10)
    await world.passage(reader, allowed["decision_id"], "not_passed")
    await world.passage(reader, allowed["decision_id"], "passed")
    assert (await world.scan(other, member))["code"] == "DAILY_LIMIT_REACHED"


async def test_passed_is_not_taken_back(world: World) -> None:
    reader = await world.reader(await world.door(reports_passage=True))
    member = await world.member(await world.grant())
    allowed = await world.scan(reader, member)
    await world.passage(reader, allowed["decision_id"], "passed")
    answer = await world.passage(reader, allowed["decision_id"], "not_passed")
    assert answer.status_code == 409
    assert answer.json()["field"] == "outcome"


async def test_a_second_scan_opens_again_until_somebody_passed(world: World) -> None:
    reader = await world.reader(await world.door(reports_passage=True, debounce=5))
    member = await world.member(await world.grant(ONE_A_DAY))
    allowed = await world.scan(reader, member)
    again = await world.scan(reader, member)
    assert again["open"]
    assert again["decision_id"] == allowed["decision_id"]
    await world.passage(reader, allowed["decision_id"], "passed")
    third = await world.scan(reader, member)
    assert (third["decision"], third["open"]) == ("allow", False)


async def test_who_scans_again_while_the_door_waits_uses_one_visit(world: World) -> None:
    reader = await world.reader(await world.door(reports_passage=True, debounce=2, hold=30))
    member = await world.member(await world.grant(ONE_A_DAY))
    first = await world.scan(reader, member)
    world.later(seconds=10)
    second = await world.scan(reader, member)
    assert second["decision"] == "allow"
    assert second["decision_id"] != first["decision_id"]
    assert second["visit_id"] == first["visit_id"]
    for answer in (first, second):
        await world.passage(reader, answer["decision_id"], "passed")
    assert sum(entry.counted for entry in await world.store.journal()) == 1


async def test_coming_back_within_the_window_is_the_same_visit(world: World) -> None:
    reader = await world.reader(await world.door(reports_passage=True, same_visit=3600))
    member = await world.member(await world.grant(ONE_A_DAY))
    first = await world.scan(reader, member)
    await world.passage(reader, first["decision_id"], "passed")
    world.later(minutes=59)
    back = await world.scan(reader, member)
    assert (back["decision"], back["visit_id"]) == ("allow", first["visit_id"])
    assert back["notices"] == ["SAME_VISIT"]
    assert (await world.passage(reader, back["decision_id"], "passed")).status_code == 200
    assert sum(entry.counted for entry in await world.store.journal()) == 1


@pytest.mark.parametrize("whose", ["nobody", "another device"])
async def test_a_passage_of_an_unknown_or_foreign_decision_is_not_found(
    world: World, whose: str
) -> None:
    door = await world.door(reports_passage=True)
    reader, stranger = await world.reader(door), await world.reader(door)
    allowed = await world.scan(reader, await world.member(await world.grant()))
    decision_id = str(uuid4()) if whose == "nobody" else allowed["decision_id"]
    answer = await world.passage(stranger, decision_id, "passed")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_coming_back_to_the_same_visit_uses_no_visit_elsewhere(world: World) -> None:
    here = await world.door(reports_passage=True, same_visit=3600)
    reader, other = await world.reader(here), await world.reader(await world.door())
    twice = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=2, per="day"),))
    member = await world.member(await world.grant(twice))
    first = await world.scan(reader, member)
    await world.passage(reader, first["decision_id"], "passed")
    world.later(minutes=1)
    assert (await world.scan(reader, member))["notices"] == ["SAME_VISIT"]
    assert (await world.scan(other, member))["decision"] == "allow"
