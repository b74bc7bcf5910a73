"""The demonstration's network comes to the platform whole, once, and as if doors had written it."""

import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from gymhopper.app.process import Process
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.access.gate.ports import USAGE
from gymhopper.contexts.access.jobs import open_cell
from gymhopper.contexts.access.queries import usages, verify_chain
from gymhopper.contexts.access.storage import tables as access
from gymhopper.contexts.billing.storage.document_tables import tax_rate
from gymhopper.contexts.identity.domain.roles import GRANTED
from gymhopper.contexts.membership.storage import tables as membership
from gymhopper.contexts.venues.storage import tables as venues
from gymhopper.sandbox.demo.client import until
from gymhopper.sandbox.demo.keeping import FILE
from gymhopper.sandbox.demo.loading import Loaded, load
from sandbox.demo.small_network import MEMBERS, SMALL

DOORS = sum(len(each.doors) for each in SMALL.venues)
LATE_PARTITION = sa.text(
    "SELECT 1 FROM access.visit WHERE tableoid = 'access.visit_default'::regclass"
)
TABLES = {
    "organisations": venues.organisation,
    "locations": venues.location,
    "doors": access.door,
    "devices": access.device,
    "plans": membership.plan,
    "members": membership.member,
    "memberships": membership.membership,
    "passes": access.credential,
    "visits": access.visit,
    "journal": access.journal,
}


async def counts(process: Process) -> dict[str, int]:
    async with process.runtime.read(SERVICE) as connection:
        return {
            name: (
                await connection.execute(sa.select(sa.func.count()).select_from(table))
            ).scalar_one()
            for name, table in TABLES.items()
        }


async def rows(process: Process, question: sa.Select[Any] | sa.TextClause) -> list[Any]:
    async with process.runtime.read(SERVICE) as connection:
        return list((await connection.execute(question)).all())


async def test_a_network_is_loaded_whole_and_found_again(
    platform: Process, loaded: Loaded, tmp_path: Path
) -> None:
    first = await counts(platform)
    strangers = len(loaded.founded.strangers)
    assert first == {
        "organisations": 2,
        "locations": len(SMALL.venues),
        "doors": DOORS,
        "devices": DOORS,
        "plans": len(SMALL.offers),
        "members": MEMBERS + strangers,
        "memberships": MEMBERS,
        "passes": MEMBERS + strangers,
        "visits": first["visits"],
        "journal": first["journal"],
    }
    again = await load(platform.runtime, tmp_path, SMALL, 7, lambda *_: None)
    assert await counts(platform) == first
    assert again.people == loaded.people
    assert again.founded == loaded.founded
    assert again.administrator == loaded.administrator
    assert await rows(platform, sa.select(tax_rate.c.percent)) == [("19",)]


async def test_the_past_is_chained_and_its_visits_match(platform: Process, loaded: Loaded) -> None:
    async with platform.runtime.read(SERVICE) as connection:
        report = await verify_chain(connection, "main")
    found = await counts(platform)
    assert report.broken_at is None
    assert report.entries == found["journal"] > found["visits"] > MEMBERS
    entry = access.journal.c
    allowed = await rows(
        platform, sa.select(entry.visit_id, entry.at).where(entry.outcome == "allow")
    )
    visits = await rows(platform, sa.select(access.visit.c.id, access.visit.c.at))
    assert set(visits) == set(allowed)
    told = sa.text(
        "SELECT count(DISTINCT aggregate_id) FROM bus.event WHERE type = 'access.visit.recorded.v1'"
    )
    assert (await rows(platform, told))[0][0] == found["visits"]
    # Partitions were there before the rows.
    assert await rows(platform, LATE_PARTITION) == []


async def test_the_cell_counts_what_the_present_month_has_used(
    platform: Process, loaded: Loaded
) -> None:
    runtime = platform.runtime
    async with runtime.read(SERVICE) as connection:
        people = [
            person_id
            async for batch in usages(connection, runtime.clock.now())
            for person_id, _ in batch
        ]
    cell = open_cell(runtime)
    await cell.open()
    held = await cell.fetch(*(USAGE + each for each in people))
    await cell.close()
    assert people
    assert None not in held


@pytest.mark.parametrize("stage", ["Brands, places and doors", "Members", "Visits"])
async def test_loading_that_was_broken_off_goes_on(
    platform: Process, tmp_path: Path, stage: str
) -> None:
    class Broken(Exception):
        pass

    def break_off(what: str, done: int, total: int) -> None:
        if what.startswith(stage) and done == total:
            raise Broken

    with pytest.raises(Broken):
        await load(platform.runtime, tmp_path, SMALL, MEMBERS, break_off)
    await load(platform.runtime, tmp_path, SMALL, MEMBERS, lambda *_: None)
    found = await counts(platform)
    assert (found["doors"], found["memberships"]) == (DOORS, MEMBERS)
    assert found["visits"] == len(set(await rows(platform, sa.select(access.visit.c.at))))
    async with platform.runtime.read(SERVICE) as connection:
        assert (await verify_chain(connection, "main")).broken_at is None


async def test_what_is_remembered_is_for_nobody_else_to_read(
    loaded: Loaded, tmp_path: Path
) -> None:
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert loaded.administrator in (tmp_path / FILE).read_text()
    assert not any(
        loaded.keyring.pass_value(each.person.ref) in (tmp_path / FILE).read_text()
        for each in loaded.people
    )


async def test_members_go_on_paying_at_a_later_start(
    platform: Process, loaded: Loaded, tmp_path: Path
) -> None:
    runtime = platform.runtime
    await runtime.stored_clock.advance(timedelta(days=70))
    await runtime.stored_clock.refresh()
    await load(runtime, tmp_path, SMALL, MEMBERS, lambda *_: None)
    now = runtime.clock.now()
    good = {each.membership_id for each in loaded.people if each.person.standing.value == "good"}
    table = membership.membership.c
    paid = await rows(
        platform, sa.select(table.id).where(table.paid_until > now, table.id.in_(good))
    )
    assert {each.id for each in paid} == good
    await until(
        lambda: rows(
            platform,
            sa.text(
                "SELECT 1 FROM access.entitlement WHERE (state->>'paid_until')::timestamptz > :now"
            ).bindparams(now=now),
        ),
        lambda found: len(found) >= len(good),
        what="doors know of the payments",
    )


async def test_somebody_can_sign_in_for_every_role(platform: Process, loaded: Loaded) -> None:
    by_role = {each.role: each for each in loaded.sign_ins}
    assert set(by_role) == {*GRANTED, "member"}
    async with httpx.AsyncClient(base_url=f"{platform.url}/api/v1") as client:
        for role in ("owner", "network_operator", "member"):
            entered = {"email": by_role[role].email, "password": by_role[role].password}
            signed_in = await client.post("/tokens", json=entered)
            assert signed_in.status_code == 201, signed_in.text
            token = signed_in.json()["tokens"]["access_token"]
            me = await client.get("/me", headers={"Authorization": f"Bearer {token}"})
            acting = me.json()["acting"]
            assert (acting["assignment"] or {"role": acting["kind"]})["role"] == {
                "member": "person"
            }.get(role, role)
