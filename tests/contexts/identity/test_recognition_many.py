"""Many callers at the same moment: looked up together, each recognised as themselves."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, text

from fixtures.gyms import Gyms
from fixtures.people import ADMINISTRATOR, MEMBER, NOBODY, person_as
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.database import Database
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.identity.domain.opaque_token import ACCESS, SESSION, OpaqueToken
from gymhopper.contexts.identity.domain.session import Device
from gymhopper.contexts.identity.memory import REMEMBERED
from gymhopper.contexts.identity.usecases.finish_sign_in import finish_sign_in
from gymhopper.contexts.identity.usecases.open_session import SignedIn
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


@contextmanager
def transactions(database: Database) -> Iterator[list[object]]:
    """Those of the block: each has a connection for itself."""
    found: list[object] = []

    def begun(connection: object, *_: object) -> None:
        found.append(connection)

    event.listen(database.engine.sync_engine, "checkout", begun)
    try:
        yield found
    finally:
        event.remove(database.engine.sync_engine, "checkout", begun)


async def at_once(runtime: Runtime, tokens: Sequence[str]) -> list[Caller | None]:
    identity = runtime.api(IdentityApi)
    return list(await asyncio.gather(*(identity.authenticate(token=each) for each in tokens)))


async def program(runtime: Runtime, account_id: UUID) -> str:
    """The access token of a program that signed in."""
    async with runtime.begin(SERVICE) as uow:
        signed_in = await finish_sign_in(
            uow, account_id, method="passkey", device=Device(client="program", name="Test")
        )
    assert isinstance(signed_in, SignedIn)
    assert signed_in.tokens is not None
    return signed_in.tokens.access


def forged(token: str) -> str:
    """The same row's token with another secret."""
    kind, number, secret = token.split("_")
    return f"{kind}_{number}_{secret[::-1]}"


async def test_each_of_many_is_recognised_as_itself_and_a_bad_one_as_nobody(
    gyms: Gyms, clock: ManualClock
) -> None:
    people = [
        await person_as(gyms.runtime, role, gyms.north.id)
        for role in (MEMBER, "manager", NOBODY, MEMBER, "front_desk", ADMINISTRATOR, MEMBER)
    ]
    programs = [await program(gyms.runtime, each.account_id) for each in people[:3]]
    good = [each.token for each in people] + programs
    alone = [await gyms.runtime.api(IdentityApi).authenticate(token=each) for each in good]
    clock.advance(REMEMBERED)

    bad = [forged(each) for each in good]
    bad += [OpaqueToken.new(kind, new_id()).reveal() for kind in (SESSION, ACCESS)]
    bad += ["ghs_", "gha_short", ""]
    mixed = [each for pair in zip(bad, good, strict=False) for each in pair] + bad[len(good) :]
    with transactions(gyms.runtime.database) as begun:
        found = dict(zip(mixed, await at_once(gyms.runtime, mixed), strict=True))

    assert [found[each] for each in good] == alone
    assert [each.id for each in alone if each] == [
        each.account_id for each in (*people, *people[:3])
    ]
    assert [alone[n].person_id for n in (0, 3, 6)] == [people[n].person_id for n in (0, 3, 6)]
    assert [alone[n].role for n in (1, 4)] == ["manager", "front_desk"]
    assert {found[each] for each in bad} == {None}
    # Two kinds of tokens, of each the first alone and then the others, and two questions of each.
    assert len(begun) <= 8


async def test_who_may_not_any_more_spoils_nothing_for_the_others(gyms: Gyms) -> None:
    ended, closed, idle, unlinked, stays = [
        await person_as(gyms.runtime, MEMBER, gyms.north.id) for _ in range(5)
    ]
    async with gyms.runtime.begin(SERVICE) as uow:
        for statement, who in (
            ("UPDATE identity.session SET ended_at = now() WHERE id = :id", ended.session_id),
            ("UPDATE identity.account SET status = 'closed' WHERE id = :id", closed.account_id),
            ("UPDATE identity.session SET last_seen_at = 'epoch' WHERE id = :id", idle.session_id),
            ("DELETE FROM identity.person_link WHERE account_id = :id", unlinked.account_id),
        ):
            await uow.connection.execute(text(statement), {"id": who})
    tokens = [each.token for each in (ended, closed, idle, unlinked, stays)]
    found = await at_once(gyms.runtime, tokens)
    assert found[:3] == [None] * 3
    assert [each and (each.id, each.person_id) for each in found[3:]] == [
        (unlinked.account_id, None),
        (stays.account_id, stays.person_id),
    ]


async def test_the_last_use_of_all_is_noted_at_once_and_nobody_waits_for_a_locked_one(
    gyms: Gyms, clock: ManualClock
) -> None:
    people = [await person_as(gyms.runtime, MEMBER, gyms.north.id) for _ in range(5)]
    fresh = await person_as(gyms.runtime, MEMBER, gyms.north.id)
    clock.advance(timedelta(hours=2))
    async with gyms.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(
            text("UPDATE identity.session SET last_seen_at = :now WHERE id = :id"),
            {"now": uow.now - timedelta(minutes=59), "id": fresh.session_id},
        )
    everybody = [*people, fresh]
    async with gyms.runtime.begin(SERVICE) as other:
        await other.connection.execute(
            text("SELECT 1 FROM identity.session WHERE id = :id FOR UPDATE"),
            {"id": people[0].session_id},
        )
        with transactions(gyms.runtime.database) as begun:
            async with asyncio.timeout(20):
                found = await at_once(gyms.runtime, [each.token for each in everybody])
    assert [each and each.id for each in found] == [each.account_id for each in everybody]
    assert len(begun) <= 6  # of the first alone and of the others: two questions and what is noted
    async with gyms.runtime.read(SERVICE) as connection:
        rows = await connection.execute(text("SELECT id, last_seen_at FROM identity.session"))
        seen = {row.id: clock.now() - row.last_seen_at for row in rows}
    assert [seen[each.session_id] for each in everybody] == [
        timedelta(hours=2),
        *[timedelta()] * 4,
        timedelta(minutes=59),
    ]


async def test_when_the_look_up_fails_all_hear_of_it_and_the_next_ones_are_recognised(
    gyms: Gyms, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await person_as(gyms.runtime, MEMBER, gyms.north.id) for _ in range(3)]
    tokens = [each.token for each in people]
    with monkeypatch.context() as broken:
        broken.setattr(gyms.runtime, "asking", lambda _: 1 / 0)
        identity = gyms.runtime.api(IdentityApi)
        found = await asyncio.gather(
            *(identity.authenticate(token=each) for each in tokens), return_exceptions=True
        )
        assert [type(each) for each in found] == [ZeroDivisionError] * 3
    again = await at_once(gyms.runtime, tokens)
    assert [each and each.id for each in again] == [each.account_id for each in people]
