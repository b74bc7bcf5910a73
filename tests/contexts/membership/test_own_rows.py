"""A member sees what is theirs, at every gym that vouched for the account, and nothing else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from msgspec import structs
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import ProgrammingError

from contexts.membership.samples import AGREEMENT
from fixtures.callers import http_client
from fixtures.engines import TestDatabase
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.membership.storage import tables
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.kernel.ids import new_id

SCOPES = (
    "members:read",
    "profiles:write",
    "memberships:read",
    "purchases:write",
    "cancellations:write",
)
PUBLIC = {"plan", "price"}


@dataclass
class Ada:
    """A person who is a member of two gyms, and what they have there."""

    person_id: UUID
    http: httpx.AsyncClient
    here: dict[str, Any]
    there: dict[str, Any]

    @property
    def gyms(self) -> tuple[UUID, UUID]:
        return UUID(self.here["organisation_id"]), UUID(self.there["organisation_id"])

    @property
    def subject(self) -> AuthSubject:
        return self.within(*self.gyms)

    def within(self, *gyms: UUID) -> AuthSubject:
        """As those see it for whom these gyms vouched."""
        scopes = frozenset(SCOPES)
        return AuthSubject(kind="member", person_id=self.person_id, within=gyms, scopes=scopes)


@pytest.fixture
async def ada(town: Any, database: TestDatabase) -> AsyncIterator[Ada]:
    """Two registrations of one human being, made one person; and a stranger at each gym."""
    bought = {}
    for gym in (town.ours, town.theirs):
        stranger = await gym.active()
        await gym.post(f"/memberships/{stranger['id']}/freezes", {})
        mine = await gym.active(name=f"Plan of {gym.seller.zone}")
        await gym.post(f"/memberships/{mine['id']}/freezes", {"reason": "knee, says the doctor"})
        for each in (stranger, mine):
            path = f"/memberships/{each['id']}"
            await gym.post(f"{path}/cancel", {"when": "period_end"}, expect=200)
            await gym.post(f"{path}/cancellation/revoke", expect=200)
        bought[gym] = mine
    here, there = bought[town.ours], bought[town.theirs]
    with psycopg.connect(database.superuser_url) as connection:
        for table in ("member", "membership", "overlay", "agreement", "receipt"):
            connection.execute(
                f"UPDATE membership.{table} SET person_id = %s WHERE person_id = %s",  # noqa: S608 - our own tables
                [here["person_id"], there["person_id"]],
            )
    person_id = UUID(here["person_id"])
    known = town.ours.runtime.api(IdentityApi)
    known._tokens["ada"] = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=person_id,
        within=(town.ours.organisation_id, town.theirs.organisation_id),
        scopes=SCOPES,
    )
    known._tokens["half"] = structs.replace(
        known._tokens["ada"], within=(town.ours.organisation_id,)
    )
    async with http_client(town.ours.runtime, token="ada") as http:
        yield Ada(person_id, http, here, there)


async def test_without_any_filter_a_member_reads_own_rows_of_all_gyms(town: Any, ada: Ada) -> None:
    expected = {
        "person": 1,
        "member": 2,
        "membership": 2,
        "overlay": 2,
        "agreement": 4,
        "receipt": 2,
    }
    async with town.ours.runtime.read(ada.subject) as connection:
        for table in tables.metadata.sorted_tables:
            if table.name in PUBLIC:
                continue
            count = await connection.scalar(select(func.count()).select_from(table))
            assert count == expected.get(table.name, 0), table.name
            column = table.c.get("person_id", table.c.get("id"))
            if count:
                people = (await connection.execute(select(column).distinct())).scalars().all()
                assert people == [ada.person_id], table.name


@pytest.mark.parametrize("index", [0, 1])
async def test_without_any_filter_only_what_the_gym_that_vouched_has_is_read(
    town: Any, ada: Ada, index: int
) -> None:
    gym = ada.gyms[index]
    expected = {
        "person": 1,
        "person_key": 1,
        "member": 1,
        "membership": 1,
        "overlay": 1,
        "receipt": 1,
    }
    async with town.ours.runtime.read(ada.within(gym)) as connection:
        for table in tables.metadata.sorted_tables:
            if table.name in PUBLIC:
                continue
            count = await connection.scalar(select(func.count()).select_from(table))
            assert count <= expected.get(table.name, 2 * (table.name == "agreement")), table.name
            column = table.c.get("organisation_id")
            if column is not None:
                found = (await connection.execute(select(column).distinct())).scalars().all()
                assert set(found) == ({gym} if count else set()), table.name
        assert await connection.scalar(select(func.count()).select_from(tables.membership)) == 1


async def test_a_person_for_whom_no_gym_vouched_sees_and_changes_nothing(
    town: Any, ada: Ada
) -> None:
    async with town.ours.runtime.begin(ada.within()) as uow:
        for table in tables.metadata.sorted_tables:
            if table.name in PUBLIC:
                continue
            count = await uow.connection.scalar(select(func.count()).select_from(table))
            assert count == 0, table.name
        renamed = await uow.connection.execute(update(tables.person).values(first_name="Eve"))
        assert renamed.rowcount == 0


async def test_what_the_other_gym_has_is_as_if_there_were_none(ada: Ada) -> None:
    half = {"Authorization": "Bearer half"}
    listed = (await ada.http.get("/api/v1/members", headers=half)).json()["items"]
    assert [each["id"] for each in listed] == [ada.here["member_id"]]
    here = await ada.http.get(f"/api/v1/memberships/{ada.here['id']}", headers=half)
    assert here.status_code == 200
    profile = {"first_name": "Eve", "last_name": "Mallory"}
    for method, path, body in [
        ("GET", f"/members/{ada.there['member_id']}", None),
        ("PUT", f"/members/{ada.there['member_id']}/profile", profile),
        ("GET", f"/memberships/{ada.there['id']}", None),
        ("POST", f"/memberships/{ada.there['id']}/cancel", {"when": "now"}),
    ]:
        answer = await ada.http.request(method, f"/api/v1{path}", json=body, headers=half)
        assert answer.status_code == 404, (method, path, answer.text)


async def test_even_a_forgotten_check_lets_nobody_write_where_no_gym_vouched(
    town: Any, ada: Ada
) -> None:
    here, there = ada.gyms
    change = update(tables.membership).where(tables.membership.c.organisation_id == there)
    async with town.ours.runtime.read(SERVICE) as connection:
        rows = {}
        for table in (tables.membership, tables.agreement):
            found = select(table).where(
                table.c.person_id == ada.person_id, table.c.organisation_id == there
            )
            rows[table] = dict((await connection.execute(found.limit(1))).mappings().one())
    async with town.ours.runtime.begin(ada.within(here)) as uow:
        assert (await uow.connection.execute(change.values(version=99))).rowcount == 0
    for table, row in rows.items():
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with town.ours.runtime.begin(ada.within(here)) as uow:
                await uow.connection.execute(insert(table).values(**row | {"id": new_id()}))


async def test_a_member_reads_both_memberships_and_no_notes_of_staff(ada: Ada) -> None:
    listed = (await ada.http.get("/api/v1/members")).json()["items"]
    assert {each["id"] for each in listed} == {ada.here["member_id"], ada.there["member_id"]}
    for bought in (ada.here, ada.there):
        membership = await ada.http.get(f"/api/v1/memberships/{bought['id']}")
        assert membership.status_code == 200, membership.text
        (overlay,) = membership.json()["overlays"]
        assert overlay["reason"] is None
        member = (await ada.http.get(f"/api/v1/members/{bought['member_id']}")).json()
        assert member["membership_ids"] == [bought["id"]]
        assert (member["notes"], member["tags"], member["external_ref"]) == (None, None, None)
        assert "doctor" not in membership.text


async def test_a_member_changes_the_profile_for_both_gyms(town: Any, ada: Ada) -> None:
    path = f"/api/v1/members/{ada.here['member_id']}/profile"
    body = {"first_name": "Augusta", "last_name": "King", "email": "augusta@example.org"}
    answer = await ada.http.put(path, json=body)
    assert answer.status_code == 200, answer.text
    seen = await town.theirs.get(f"/members/{ada.there['member_id']}")
    assert (seen["first_name"], seen["email"]) == ("Augusta", "augusta@example.org")


async def test_a_member_buys_and_cancels_as_themselves(town: Any, ada: Ada) -> None:
    order = town.theirs.order(await town.theirs.plan())
    path = f"/api/v1/members/{ada.there['member_id']}/memberships"
    bought = await ada.http.post(path, json=order)
    assert bought.status_code == 201, bought.text
    cancel = f"/api/v1/memberships/{ada.here['id']}/cancel"
    cancelled = await ada.http.post(cancel, json={"when": "period_end", "reason": "moving"})
    assert (cancelled.status_code, cancelled.json()["contract"]) == (200, "under_notice")
    revoked = await ada.http.post(f"/api/v1/memberships/{ada.here['id']}/cancellation/revoke")
    assert (revoked.status_code, revoked.json()["contract"]) == (200, "active")
    told = await town.theirs.told(bought.json()["id"])
    assert {each.actor.partition(":")[0] for each in told} == {"member"}


async def test_what_is_anothers_reads_as_if_there_were_none(town: Any, ada: Ada) -> None:
    other = await town.ours.active()
    plan = town.ours.order(await town.ours.plan())
    profile = {"first_name": "Eve", "last_name": "Mallory"}
    for method, path, body in [
        ("GET", f"/members/{other['member_id']}", None),
        ("PUT", f"/members/{other['member_id']}/profile", profile),
        ("POST", f"/members/{other['member_id']}/memberships", plan),
        ("GET", f"/memberships/{other['id']}", None),
        ("POST", f"/memberships/{other['id']}/cancel", {"when": "now"}),
        ("POST", f"/memberships/{other['id']}/cancellation/revoke", None),
    ]:
        answer = await ada.http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == 404, (method, path, answer.text)


async def test_staffs_part_is_refused(town: Any, ada: Ada) -> None:
    registration = {"first_name": "A", "last_name": "B", "agreement": AGREEMENT}
    for path, body in [
        (f"/memberships/{ada.here['id']}/freezes", {}),
        (f"/memberships/{ada.here['id']}/blocks", {"reason": "x"}),
        ("/members/register", registration),
    ]:
        answer = await ada.http.post(f"/api/v1{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


async def test_even_a_forgotten_check_lets_no_member_write_what_is_staffs(
    town: Any, ada: Ada
) -> None:
    member = UUID(ada.here["member_id"])
    change = update(tables.member).where(tables.member.c.id == member).values(tags=["vip"])
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with town.ours.runtime.begin(ada.subject) as uow:
            await uow.connection.execute(change)
    elsewhere = update(tables.membership).values(person_id=new_id())
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with town.ours.runtime.begin(ada.subject) as uow:
            await uow.connection.execute(elsewhere)
    async with town.ours.runtime.begin(ada.subject) as uow:
        for table in (tables.overlay, tables.agreement, tables.person):
            gone = await uow.connection.execute(delete(table))
            assert gone.rowcount == 0


async def test_a_member_cannot_buy_in_the_name_of_a_gym_where_they_are_none(
    town: Any, ada: Ada
) -> None:
    stranger = await town.theirs.active()
    async with town.ours.runtime.read(SERVICE) as connection:
        row = await connection.execute(
            select(tables.membership).where(tables.membership.c.id == UUID(stranger["id"]))
        )
        foreign = dict(row.mappings().one())
    forged = foreign | {"id": new_id(), "person_id": ada.person_id}
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with town.ours.runtime.begin(ada.subject) as uow:
            await uow.connection.execute(insert(tables.membership).values(**forged))
