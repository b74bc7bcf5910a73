"""Taking over people whose membership runs already."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.membership.domain.person import Contact
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.usecases.import_member import (
    ImportedMember,
    ImportOutcome,
    import_members,
)
from gymhopper.contracts.membership.events import MembershipActivated
from gymhopper.kernel.errors import GymhopperError, InvalidInput, NotFound
from gymhopper.kernel.ids import new_id


async def row(gym: Any, **changes: Any) -> ImportedMember:
    plan = await gym.plan()
    known = ImportedMember(
        external_ref="user_1",
        first_name="Chris",
        last_name="Wilson",
        plan_id=UUID(plan["id"]),
        price_id=UUID(plan["prices"][0]["id"]),
        since=date(2023, 2, 6),
        paid_until=datetime(2026, 4, 6, tzinfo=UTC),
        contact=Contact(birth_date=date(2000, 2, 29)),
    )
    return replace(known, **changes)


async def take_over(gym: Any, *rows: ImportedMember) -> list[ImportOutcome]:
    async with gym.runtime.begin(SERVICE) as uow:
        return await import_members(uow, gym.organisation_id, rows)


async def test_an_imported_membership_has_been_running_since_its_day(gym: Any) -> None:
    [outcome] = await take_over(gym, await row(gym))
    assert not outcome.already_there
    found = await gym.get(f"/memberships/{outcome.membership_id}")
    assert (found["contract"], found["label"], found["starts_on"]) == (
        "active",
        "active",
        "2023-02-06",
    )
    assert (found["start"], found["paid_until"]) == ("2023-02-05T23:00:00Z", "2026-04-06T00:00:00Z")
    member = await gym.get(f"/members/{outcome.member_id}")
    assert (member["external_ref"], member["birth_date"]) == ("user_1", "2000-02-29")
    assert member["registered_at"] == "2023-02-05T23:00:00Z"
    async with gym.runtime.read(SERVICE) as connection:
        kept = (await connection.execute(select(tables.agreement))).one()
    assert (kept.channel, kept.membership_id) == ("import", outcome.membership_id)


async def test_each_import_tells_of_member_and_membership(gym: Any) -> None:
    [outcome] = await take_over(gym, await row(gym))
    [registered] = await gym.told(str(outcome.member_id))
    [activated] = await gym.told(str(outcome.membership_id))
    assert (registered.aggregate_version, activated.aggregate_version) == (1, 1)
    assert isinstance(activated.data, MembershipActivated)
    assert activated.data.membership.paid_until == datetime(2026, 4, 6, tzinfo=UTC)
    # The next change finds the version that was told.
    await gym.paid(str(outcome.membership_id), days=60)
    assert [each.aggregate_version for each in await gym.told(str(outcome.membership_id))] == [1, 2]


async def test_an_import_can_be_repeated_and_goes_on_where_it_stopped(gym: Any) -> None:
    first = await row(gym)
    second = replace(first, external_ref="user_2", first_name="Michael")
    [before] = await take_over(gym, first)
    told = len(await gym.told())
    again, new = await take_over(gym, first, second)
    assert again == replace(before, already_there=True)
    assert (new.external_ref, new.already_there) == ("user_2", False)
    assert len(await gym.told()) == told + 2


async def test_a_reference_is_unique_at_one_organisation_only(town: Any) -> None:
    [ours] = await take_over(town.ours, await row(town.ours))
    [theirs] = await take_over(town.theirs, await row(town.theirs))
    assert not theirs.already_there
    assert ours.person_id != theirs.person_id


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"plan_id": new_id()}, NotFound, "plan_id"),
        ({"price_id": new_id()}, NotFound, "price_id"),
        ({"paid_until": datetime(2023, 2, 5, tzinfo=UTC)}, InvalidInput, "paid_until"),
        ({"external_ref": "user_1"}, InvalidInput, "external_ref"),
    ],
)
async def test_one_bad_row_leaves_nothing_behind(
    gym: Any, change: Any, error: type[GymhopperError], field: str
) -> None:
    good = await row(gym)
    bad = replace(good, **({"external_ref": "user_2"} | change))
    with pytest.raises(error) as caught:
        await take_over(gym, good, bad)
    assert caught.value.field == field
    assert await gym.told() == []
    async with gym.runtime.read(SERVICE) as connection:
        assert (
            await connection.execute(select(func.count()).select_from(tables.person))
        ).scalar() == 0


async def test_another_organisations_plan_is_not_found(town: Any) -> None:
    foreign = await row(town.theirs)
    with pytest.raises(NotFound):
        await take_over(town.ours, foreign)


async def test_a_batch_of_hundreds_is_a_handful_of_statements(gym: Any) -> None:
    one = await row(gym)
    rows = [
        replace(one, external_ref=f"user_{number}", since=date(2020, 1, 31) + timedelta(number))
        for number in range(300)
    ]
    statements: list[str] = []

    def note(_1: Any, _2: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    engine = gym.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        outcomes = await take_over(gym, *rows)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(statements) < 15
    assert len({each.member_id for each in outcomes}) == 300
    assert [each.external_ref for each in outcomes] == [each.external_ref for each in rows]
    async with gym.runtime.read(SERVICE) as connection:
        numbers = (await connection.execute(select(tables.member.c.number))).scalars()
        assert sorted(int(each) for each in numbers) == list(range(1, 301))


async def test_an_imported_contract_for_a_time_ends_by_itself(gym: Any) -> None:
    term = {"initial_term": {"interval": "month", "count": 1}, "after_initial_term": "end"}
    plan = await gym.plan(conditions=term)
    ids = {"plan_id": UUID(plan["id"]), "price_id": UUID(plan["prices"][0]["id"])}
    [outcome] = await take_over(gym, await row(gym, since=date(2026, 2, 20), **ids))
    await gym.pass_time(timedelta(days=20))
    over = await gym.get(f"/memberships/{outcome.membership_id}")
    assert (over["contract"], over["end_reason"]) == ("ended", "expired")
