"""From what other contexts say, through the feed and the cell, to a door's answer and back."""

from datetime import timedelta

import msgspec
import pytest

from fixtures.access_world import LOCATION, MEMBER, Happening, World, say, scan, state
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events import log as event_log
from gymhopper.contexts.access import queries
from gymhopper.contexts.access.usecases.drain_journal import JournalDrain
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.membership.coverage import Clause, Coverage, VisitQuota
from gymhopper.contracts.membership.events import (
    MembershipActivated,
    MembershipCreditsChanged,
    MembershipEnded,
    MembershipFellOverdue,
    MembershipOverlayChanged,
    Overlay,
)
from gymhopper.contracts.venues.events import LocationChanged
from gymhopper.kernel.ids import new_id

HOUR = timedelta(hours=1)


async def activate(world: World) -> Happening:
    membership = Happening(new_id())
    active = state(world.runtime, membership.id)
    await say(world.runtime, membership, MembershipActivated(membership=active))
    await world.settle()
    return membership


async def test_the_door_follows_the_membership_and_the_visit_is_published(
    furnished_world: World,
) -> None:
    world = furnished_world
    assert await scan(world) == ("deny", "NO_ENTITLEMENT")

    membership = await activate(world)
    assert await scan(world) == ("allow", "ALLOWED")

    over = state(
        world.runtime,
        membership.id,
        contract="ended",
        end=world.runtime.clock.now(),
        end_reason="cancelled",
    )
    await say(world.runtime, membership, MembershipEnded(membership=over))
    await world.settle()
    assert await scan(world) == ("deny", "MEMBERSHIP_CANCELLED")

    await world.settle()
    async with world.runtime.read(SERVICE) as connection:
        visits = await queries.list_visits(
            connection, queries.Wanted(person_id=MEMBER.person_id), limit=10
        )
        chain = await queries.verify_chain(connection, "main")
    assert [each.membership_id for each in visits] == [membership.id]
    assert chain == queries.ChainReport(entries=3, broken_at=None)
    assert [each.visit_id for each in await published(world)] == [visits[0].id]


async def published(world: World) -> list[VisitRecorded]:
    async with world.runtime.database.transaction(SERVICE) as connection:
        await event_log.number(connection)
        envelopes = await event_log.read(
            connection, after=0, last=10**9, limit=1000, types=[VisitRecorded.type]
        )
    return [each.data for each in envelopes if isinstance(each.data, VisitRecorded)]


async def test_a_late_older_state_never_overwrites_a_newer_one(furnished_world: World) -> None:
    world = furnished_world
    membership = Happening(new_id())
    active = MembershipActivated(membership=state(world.runtime, membership.id))
    over = MembershipEnded(
        membership=state(
            world.runtime, membership.id, contract="ended", end=world.runtime.clock.now()
        )
    )
    membership.version = 1
    await say(world.runtime, membership, over)
    await world.settle()
    # As a replay or another transport might bring it: the first version after the second.
    membership.version = 0
    await say(world.runtime, membership, active)
    await world.settle()

    assert (await scan(world))[0] == "deny"


async def test_a_young_debt_is_a_notice_and_an_old_one_closes_the_door(
    furnished_world: World,
) -> None:
    world = furnished_world
    membership = await activate(world)
    now = world.runtime.clock.now()
    owing = state(
        world.runtime, membership.id, overdue_since=now, no_entry_from=now + timedelta(days=7)
    )
    await say(world.runtime, membership, MembershipFellOverdue(membership=owing))
    await world.settle()

    assert await scan(world) == ("allow", "ALLOWED")
    world.runtime.clock.advance(timedelta(days=7))
    world.session = await world.sign_in()
    assert await scan(world) == ("deny", "PAYMENT_PAST_DUE")


async def test_a_freeze_shuts_the_door_from_its_start_to_its_end_without_any_timer(
    furnished_world: World,
) -> None:
    world = furnished_world
    membership = await activate(world)
    now = world.runtime.clock.now()
    freeze = Overlay(overlay_id=new_id(), kind="freeze", start=now + HOUR / 4, until=now + HOUR / 2)
    frozen = state(world.runtime, membership.id, overlays=(freeze,))
    await say(
        world.runtime,
        membership,
        MembershipOverlayChanged(membership=frozen, overlay_id=freeze.overlay_id),
    )
    await world.settle()

    answers = []
    for _ in range(4):
        answers.append(await scan(world))
        world.runtime.clock.advance(HOUR / 5)
    assert answers == [
        ("allow", "ALLOWED"),
        ("allow", "ALLOWED"),
        ("deny", "MEMBERSHIP_FROZEN"),
        ("allow", "ALLOWED"),
    ]


async def test_a_location_that_moves_up_a_tier_asks_for_more(furnished_world: World) -> None:
    world = furnished_world
    await activate(world)
    place = Happening(LOCATION.location_id, version=1)
    dearer = LocationChanged(location=msgspec.structs.replace(LOCATION, tier=3))
    await say(world.runtime, place, dearer)
    await world.settle()

    assert await scan(world) == ("deny", "TIER_TOO_LOW")


async def test_a_revoked_pass_opens_nothing_and_the_other_one_goes_on(
    furnished_world: World,
) -> None:
    world = furnished_world
    await activate(world)
    desk = {"Authorization": "Bearer desk"}
    other = await world.client.post(
        "/credentials", headers=desk, json={"member_id": str(MEMBER.member_id), "kind": "pass"}
    )
    await world.settle()
    revoked = await world.client.post(f"/credentials/{other.json()['id']}/revoke", headers=desk)
    assert revoked.json()["revoked_at"] is not None
    await world.settle()

    assert await scan(world, other.json()["value"]) == ("deny", "CREDENTIAL_REVOKED")
    assert await scan(world) == ("allow", "ALLOWED")


async def test_a_lost_cell_is_filled_anew_with_this_months_visits(furnished_world: World) -> None:
    world = furnished_world
    membership = Happening(new_id())
    twice = Coverage(include=(Clause(),), quotas=(VisitQuota(visits=2, per="month"),))
    limited = state(world.runtime, membership.id, coverage=twice)
    await say(world.runtime, membership, MembershipActivated(membership=limited))
    await world.settle()
    assert await scan(world) == ("allow", "ALLOWED")
    await world.settle()

    await world.cell.call("FLUSHALL")
    lost = await world.client.post(
        "/access/checkin",
        headers={"Authorization": "Bearer x"},
        json={
            "request_id": "1",
            "credential": {"type": "pass", "value": world.pass_value},
            "door_id": world.door_id,
        },
    )
    assert (lost.status_code, lost.json()["code"]) == (503, "SYSTEM_ERROR")
    await world.settle()

    world.session = await world.sign_in()
    assert await scan(world) == ("allow", "ALLOWED")
    assert await scan(world) == ("deny", "PERIOD_LIMIT_REACHED")


async def test_a_cell_of_another_generation_of_the_database_is_filled_anew(
    furnished_world: World,
) -> None:
    world = furnished_world
    before = await world.feeder.cursor()
    async with world.runtime.begin(SERVICE) as uow:
        await uow.connection.exec_driver_sql(
            "UPDATE access.cell SET generation = gen_random_uuid()"
        )
    await world.settle()
    after = await world.feeder.cursor()

    assert before is not None
    assert after is not None
    assert (after.epoch, after.number) == (before.epoch + 1, before.number)


async def test_a_drain_that_dies_after_its_commit_stores_nothing_twice(
    furnished_world: World,
) -> None:
    world = furnished_world
    await activate(world)
    for _ in range(3):
        await scan(world)

    async def die(_: bytes) -> int:
        raise ConnectionError("killed between the commit and the trim")

    world.drain._journal.trim_journal = die  # type: ignore[method-assign] # a kill, as it looks
    with pytest.raises(ConnectionError):
        await world.drain.step()
    fresh = JournalDrain(world.runtime, world.cell)
    await fresh.step()
    await scan(world)
    while await fresh.step():
        pass
    await fresh.step()

    async with world.runtime.read(SERVICE) as connection:
        chain = await queries.verify_chain(connection, "main")
    assert chain == queries.ChainReport(entries=4, broken_at=None)
    assert len(await published(world)) == 4


async def test_a_changed_journal_is_found_out(furnished_world: World) -> None:
    world = furnished_world
    await activate(world)
    for _ in range(3):
        await scan(world)
    await world.settle()
    async with world.runtime.begin(SERVICE) as uow:
        await uow.connection.exec_driver_sql(
            "UPDATE access.journal SET record = record || '\\x00' WHERE entry = 2"
        )
    async with world.runtime.read(SERVICE) as connection:
        assert (await queries.verify_chain(connection, "main")).broken_at == 2


async def test_a_pack_opens_the_door_counts_down_and_refuses_when_it_is_empty(
    furnished_world: World,
) -> None:
    world = furnished_world
    membership = Happening(new_id())
    await say(
        world.runtime,
        membership,
        MembershipActivated(membership=state(world.runtime, membership.id, credits=2)),
    )
    await world.settle()
    for expected in ("ALLOWED", "ALLOWED", "CREDITS_EXHAUSTED"):
        assert (await scan(world))[1] == expected
        await world.settle()
        world.runtime.clock.advance(HOUR / 60)
    assert [each.on_credit for each in await published(world)] == [True, True]

    # Months later a cell that lost everything still knows what was used.
    world.runtime.clock.advance(timedelta(days=70))
    await world.cell.call("FLUSHALL")
    await world.feeder.rebuild()
    world.session = await world.sign_in()
    assert await scan(world) == ("deny", "CREDITS_EXHAUSTED")

    more = MembershipCreditsChanged(membership=state(world.runtime, membership.id, credits=3))
    await say(world.runtime, membership, more)
    await world.settle()
    assert await scan(world) == ("allow", "ALLOWED")
