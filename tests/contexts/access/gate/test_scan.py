"""Scans: answers, repeats, what moves in between, and what is written down."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contexts.access.gate.world import EVERYWHERE, NOON, SECRET, World
from gymhopper.contexts.access.domain.records import Stop
from gymhopper.contexts.access.gate.app import GateApp
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota


def limited(visits: int) -> Coverage:
    return Coverage(include=(Clause(),), quotas=(VisitQuota(visits=visits, per="day"),))


async def test_a_member_with_a_grant_is_let_in_and_the_visit_is_journalled(world: World) -> None:
    door = await world.door()
    reader = await world.reader(door)
    grant = await world.grant()
    member = await world.member(grant)

    answer = await world.scan(reader, member, request_id="one")

    assert (answer["decision"], answer["code"], answer["open"]) == ("allow", "ALLOWED", True)
    assert answer["door_id"] == str(door)
    assert answer["person_id"] == str(member.person_id)
    assert datetime.fromisoformat(answer["decided_at"]) == NOON
    (entry,) = await world.store.journal()
    assert entry.kind == "decision"
    assert entry.decision_id == UUID(answer["decision_id"]).bytes
    assert entry.visit_id == UUID(answer["visit_id"]).bytes
    assert entry.person_id == member.person_id.bytes
    assert entry.membership_id == grant.membership_id
    assert entry.policy == grant.policy
    assert (entry.host_organisation_id, entry.home_organisation_id) == (b"o" * 16, b"h" * 16)
    assert (entry.device_id, entry.request_id) == (reader.device_id.bytes, "one")
    assert entry.counted
    assert entry.held_until is None


async def test_a_card_number_is_in_no_answer_and_in_no_journal(world: World) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    answers = [
        await world.post_scan(reader, member),
        await world.post_scan(reader, "0badcafe0badcafe"),
    ]
    written = repr(await world.store.journal()).lower()
    for number in (member.card, "0badcafe0badcafe"):
        assert number not in written
        assert all(number not in answer.text.lower() for answer in answers)


async def test_an_unknown_card_is_refused_and_journalled_without_a_person(world: World) -> None:
    reader = await world.reader(await world.door())
    answer = await world.scan(reader, "123456")
    assert (answer["decision"], answer["code"]) == ("deny", "CREDENTIAL_UNKNOWN")
    assert "person_id" not in answer
    (entry,) = await world.store.journal()
    assert (entry.person_id, entry.code) == (None, "CREDENTIAL_UNKNOWN")


async def test_a_card_that_cannot_be_one_is_malformed(world: World) -> None:
    reader = await world.reader(await world.door())
    assert (await world.scan(reader, "no/card"))["code"] == "CREDENTIAL_MALFORMED"


async def test_a_card_number_is_read_in_any_spelling(world: World) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    plain = member.card
    spelled = ":".join(plain[i : i + 2].upper() for i in range(0, len(plain), 2))
    answer = await world.scan(reader, spelled)
    assert answer["person_id"] == str(member.person_id)


async def test_the_same_request_id_gets_the_stored_answer_whatever_changed(world: World) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    first = await world.scan(reader, member, request_id="again")
    await world.put("person", member.person_id.bytes, None)
    world.later(minutes=59)
    assert await world.scan(reader, member, request_id="again") == first
    assert len(await world.store.journal()) == 1


async def test_a_stored_answer_is_forgotten_after_an_hour(world: World) -> None:
    reader = await world.reader(await world.door())
    reader.token = await world.sign_in(reader)
    member = await world.member(await world.grant())
    first = await world.scan(reader, member, request_id="again")
    world.later(minutes=30)
    reader.token = await world.sign_in(reader)
    world.later(minutes=31)
    assert (await world.scan(reader, member, request_id="again")) != first


async def test_request_ids_of_two_devices_are_apart(world: World) -> None:
    door = await world.door()
    one, other = await world.reader(door), await world.reader(door)
    known = await world.member(await world.grant())
    assert (await world.scan(one, known, request_id="same"))["decision"] == "allow"
    assert (await world.scan(other, "77", request_id="same"))["decision"] == "deny"


@pytest.mark.parametrize("known", [True, False])
async def test_one_request_id_sent_many_times_at_once_is_one_decision(
    world: World, known: bool
) -> None:
    reader = await world.reader(await world.door())
    card = await world.member(await world.grant()) if known else "0815"
    await world.scan(reader, "4711")  # the gate knows the device's door now: none waits for it
    answers = await asyncio.gather(
        *(world.scan(reader, card, request_id="flood") for _ in range(50))
    )
    assert all(answer == answers[0] for answer in answers)
    assert len(await world.store.journal()) == 2


async def test_a_double_scan_repeats_the_answer_without_a_second_visit_or_pulse(
    world: World,
) -> None:
    reader = await world.reader(await world.door(debounce=5))
    member = await world.member(await world.grant(limited(1)))
    first = await world.scan(reader, member)
    world.later(seconds=4)
    second = await world.scan(reader, member)
    assert second["decision"] == "allow"
    assert second["notices"] == ["DUPLICATE_SCAN"]
    assert not second["open"]
    for same in ("decision_id", "visit_id", "decided_at"):
        assert second[same] == first[same]
    entries = await world.store.journal()
    assert [entry.repeats for entry in entries] == [None, entries[0].decision_id]
    assert [entry.counted for entry in entries] == [True, False]
    world.later(seconds=1)
    assert (await world.scan(reader, member))["code"] == "DAILY_LIMIT_REACHED"


async def test_paid_on_the_phone_and_scanned_again_is_let_in(world: World) -> None:
    reader = await world.reader(await world.door(debounce=60))
    grant = await world.grant(stops=(Stop("PAYMENT_PAST_DUE", 0),))
    member = await world.member(grant)
    assert (await world.scan(reader, member))["code"] == "PAYMENT_PAST_DUE"
    assert (await world.scan(reader, member))["notices"] == ["DUPLICATE_SCAN"]
    await world.put_person(member, await world.grant())
    assert (await world.scan(reader, member))["decision"] == "allow"


@pytest.mark.parametrize("what", ["person", "card", "door"])
async def test_what_is_revoked_is_refused_within_the_debounce_window(
    world: World, what: str
) -> None:
    door = await world.door(debounce=60)
    reader = await world.reader(door)
    member = await world.member(await world.grant())
    assert (await world.scan(reader, member))["decision"] == "allow"
    if what == "person":
        await world.put("person", member.person_id.bytes, None)
    elif what == "card":
        await world.put_card(member, revoked=True)
    else:
        await world.put_door(door, debounce=60, mode="lockdown")
    refused = await world.scan(reader, member)
    expected = {"person": "NO_ENTITLEMENT", "card": "CREDENTIAL_REVOKED", "door": "DOOR_LOCKDOWN"}
    assert (refused["decision"], refused["code"]) == ("deny", expected[what])


async def test_an_end_within_the_debounce_window_is_an_end(world: World) -> None:
    reader = await world.reader(await world.door(debounce=60))
    grant = await world.grant(hard_until=world.at(seconds=10), soft_until=world.at(seconds=10))
    member = await world.member(grant)
    assert (await world.scan(reader, member))["decision"] == "allow"
    world.later(seconds=10)
    assert (await world.scan(reader, member))["code"] == "MEMBERSHIP_EXPIRED"


async def test_two_doors_and_one_remaining_visit_allow_exactly_one(world: World) -> None:
    doors = [await world.door() for _ in range(2)]
    readers = [await world.reader(door) for door in doors]
    member = await world.member(await world.grant(limited(1)))
    states = [await world.store.another() for _ in range(4)]  # of four workers
    gates = [world.client(GateApp(state, world.clock, SECRET)) for state in states]
    answers = await asyncio.gather(
        *(
            world.scan(readers[number % 2], member, http=gates[number % len(gates)])
            for number in range(200)
        )
    )
    fresh = [each for each in answers if "DUPLICATE_SCAN" not in each["notices"]]
    assert [each["decision"] for each in fresh].count("allow") == 1
    journal = await world.store.journal()
    assert len(journal) == 200
    assert sum(entry.counted for entry in journal) == 1


async def test_quota_of_a_day_comes_back_at_midnight_of_the_location(world: World) -> None:
    reader = await world.reader(await world.door(debounce=0))
    member = await world.member(await world.grant(limited(1)))
    assert (await world.scan(reader, member))["decision"] == "allow"
    world.clock.advance(datetime(2026, 3, 4, 22, 59, 59, tzinfo=UTC) - NOON)
    reader.token = await world.sign_in(reader)
    assert (await world.scan(reader, member))["code"] == "DAILY_LIMIT_REACHED"
    world.later(seconds=1)  # 00:00 in Berlin
    assert (await world.scan(reader, member))["decision"] == "allow"


async def test_a_person_removed_from_the_cell_has_no_entitlement(world: World) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant())
    await world.put("person", member.person_id.bytes, None)
    assert (await world.scan(reader, member))["code"] == "NO_ENTITLEMENT"


async def test_a_delicate_code_reads_please_see_reception(world: World) -> None:
    reader = await world.reader(await world.door())
    member = await world.member(await world.grant(), blocks=(Stop("PERSON_BLOCKED", 0),))
    answer = await world.scan(reader, member)
    assert answer["code"] == "PERSON_BLOCKED"
    assert answer["message"] == "Please see reception."


async def test_a_tier_that_is_too_low_names_the_tier_needed(world: World) -> None:
    reader = await world.reader(await world.door(tier=3))
    member = await world.member(await world.grant(Coverage(include=(Clause(tier_up_to=2),))))
    answer = await world.scan(reader, member)
    assert (answer["code"], answer["tier_needed"]) == ("TIER_TOO_LOW", 3)
    assert "tier 3" in answer["message"]


async def test_a_grant_whose_policy_is_missing_never_opens(world: World) -> None:
    reader = await world.reader(await world.door())
    lost = await world.grant(policy=b"?" * 16)
    member = await world.member(lost)
    assert (await world.scan(reader, member))["code"] == "SYSTEM_ERROR"
    await world.put_person(member, lost, await world.grant(EVERYWHERE))
    assert (await world.scan(reader, member))["decision"] == "allow"
