"""Two gyms do not see each other, whatever a query forgets."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import ProgrammingError

from contexts.membership.test_credits import pack
from contexts.membership.test_guests import hosting, invite
from contexts.membership.test_households import buy, household, household_of
from contexts.membership.test_plan_changes import other, wish
from contexts.membership.test_plan_changes import path as plan_changes_of
from contexts.membership.test_price_changes import announced, new
from contexts.membership.test_promo_codes import code as promo_code
from contexts.membership.test_promo_codes import redeem
from contexts.membership.test_sponsors import push, row, sponsor_of
from gymhopper.chassis.auth import ANONYMOUS, SERVICE, AuthSubject
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.tables import metadata
from gymhopper.kernel.ids import new_id

PUBLIC = {"plan", "price"}
AGREED = {"terms": "1", "privacy": "1", "language": "en", "channel": "desk"}


def acting_for(organisation_id: UUID) -> AuthSubject:
    return AuthSubject(kind="staff", organisation_id=organisation_id, scopes=frozenset("*"))


async def populate(gym: Any) -> dict[str, str]:
    """A row in every table; returns the ids of what was made."""
    active = await gym.active()
    await gym.visited(new_id())
    await gym.member(email="grace@example.org")
    member = f"/members/{active['member_id']}"
    note = await gym.post(f"{member}/notes", {"text": "Likes the window."})
    called = await gym.http.put(
        f"/api/v1{member}/emergency-contact", json={"name": "Grace", "phone": "0660 1234567"}
    )
    assert called.status_code == 200, called.text
    duplicate = await gym.member()
    await gym.post(f"{member}/merge", {"duplicate_id": duplicate["id"]}, expect=200)
    born = {"birth_date": "2020-01-01"}
    child = await gym.post(
        f"{member}/dependents",
        {"first_name": "Tim", "last_name": "B", "agreement": AGREED, **born},
    )
    waiver = {"name": "Rules", "legal_entity_id": str(gym.seller.legal_entity_id)}
    waiver = await gym.post("/waivers", waiver)
    version = {"texts": {"en": "x"}, "enforce_from": "2099-01-01"}
    await gym.post(f"/waivers/{waiver['id']}/versions", version)
    signature = {"number": 1, "language": "en"}
    await gym.post(f"{member}/waivers/{waiver['id']}/signatures", signature)
    await pack(gym)
    await announced(gym, active)
    await gym.post(f"/plans/{active['plan_id']}/price-changes", new(6900), expect=202)
    asked = {"organisation_id": str(gym.organisation_id), "act": "cancellation"}
    asked |= {"email": "ada@example.org"}
    await gym.http.post("/api/v1/leaving-requests", json=asked)
    together = await household_of(gym, {"id": active["member_id"]})
    paid_for = await buy(gym, {"id": active["member_id"]}, household(together))
    await gym.post(f"/households/{together['id']}/invitations", {})
    await gym.owed(paid_for["id"], gym.clock.now())
    await push(gym, await sponsor_of(gym), row(gym, "1"))
    await promo_code(gym)
    await redeem(gym, await gym.plan())
    await invite(gym, await hosting(gym))
    another = await other(gym)
    await gym.post(plan_changes_of(active), wish(another, "period_end"))
    frozen = await gym.post(f"/memberships/{active['id']}/freezes", {})
    await gym.post(f"/memberships/{active['id']}/cancel", {"when": "period_end"}, expect=200)
    leaving = {"organisation_id": active["organisation_id"], "act": "cancellation"}
    await gym.post("/leaving-requests", leaving | {"member_number": "1"}, expect=202)
    return {
        "member": active["member_id"],
        "membership": active["id"],
        "freeze": frozen["id"],
        "note": note["id"],
        "child": child["id"],
        "waiver": waiver["id"],
        "guardianship": child["guardianship_id"],
        "plan": active["plan_id"],
        "price": active["price_id"],
    }


async def test_tables_without_any_filter_show_nobody_elses_rows(town: Any) -> None:
    for gym in (town.ours, town.theirs):
        await populate(gym)
    for name, table in metadata.tables.items():
        if table.name in PUBLIC:
            continue
        seen = {}
        for who, subject in {
            "all": SERVICE,
            "ours": acting_for(town.ours.organisation_id),
            "theirs": acting_for(town.theirs.organisation_id),
            "nobody": ANONYMOUS,
        }.items():
            async with town.ours.runtime.read(subject) as connection:
                seen[who] = {tuple(row) for row in await _keys(connection, table)}
        assert seen["ours"], name
        assert seen["theirs"], name
        assert not seen["ours"] & seen["theirs"], name
        assert seen["all"] == seen["ours"] | seen["theirs"], name
        assert not seen["nobody"], name


async def _keys(connection: Any, table: Any) -> Any:
    return await connection.execute(select(*table.primary_key.columns))


async def test_every_table_has_its_wall(town: Any) -> None:
    async with town.ours.runtime.read(SERVICE) as connection:
        rows = await connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'membership'::regnamespace"
                " AND relkind = 'r' AND relrowsecurity"
            )
        )
        walled = set(rows.scalars())
    assert walled == {table.name for table in metadata.tables.values()}


async def test_a_foreign_id_reads_as_if_there_were_none(town: Any) -> None:
    made = await populate(town.theirs)
    ours = await town.ours.member()
    plan = await town.ours.plan()
    foreign_plan = {"id": made["plan"], "prices": [{**plan["prices"][0], "id": made["price"]}]}
    http = town.ours.http
    member, membership = f"/members/{made['member']}", f"/memberships/{made['membership']}"
    price = {"price": {"amount": 1, "currency": "EUR"}}
    profile = {"first_name": "Eve", "last_name": "Mallory"}
    requests = [
        ("GET", member, None),
        ("PUT", f"{member}/profile", profile),
        ("GET", f"{member}/notes", None),
        ("POST", f"{member}/notes", {"text": "x"}),
        ("PATCH", f"{member}/notes/{made['note']}", {"pinned": True}),
        ("DELETE", f"{member}/notes/{made['note']}", None),
        ("PATCH", f"{member}/tags", {"set": ["x"]}),
        ("GET", f"{member}/emergency-contact", None),
        ("PUT", f"{member}/emergency-contact", {"name": "Eve", "phone": "0660 1234567"}),
        ("DELETE", f"{member}/emergency-contact", None),
        ("POST", f"{member}/dependents", {**profile, "agreement": AGREED}),
        ("GET", f"{member}/dependents", None),
        ("GET", f"{member}/guardians", None),
        ("POST", f"/members/{made['child']}/guardians", {"guardian_id": ours["id"]}),
        ("POST", f"/members/{ours['id']}/guardians", {"guardian_id": made["member"]}),
        ("DELETE", f"/members/{made['child']}/guardians/{made['guardianship']}", None),
        ("GET", f"/waivers/{made['waiver']}", None),
        (
            "POST",
            f"/waivers/{made['waiver']}/versions",
            {"texts": {"en": "x"}, "enforce_from": "2099-01-01"},
        ),
        ("POST", f"/waivers/{made['waiver']}/retire", None),
        ("GET", f"{member}/waivers", None),
        (
            "POST",
            f"/members/{ours['id']}/waivers/{made['waiver']}/signatures",
            {"number": 1, "language": "en"},
        ),
        ("POST", f"{member}/merge", {"duplicate_id": ours["id"]}),
        ("POST", f"/members/{ours['id']}/merge", {"duplicate_id": made["member"]}),
        ("POST", f"{member}/memberships", town.ours.order(plan)),
        ("POST", f"/members/{ours['id']}/memberships", town.ours.order(foreign_plan)),
        (
            "POST",
            f"/members/{ours['id']}/memberships",
            town.ours.order(plan, price_id=made["price"]),
        ),
        ("POST", f"/plans/{made['plan']}/prices", price),
        ("GET", membership, None),
        ("POST", f"{membership}/cancel", {"when": "now"}),
        ("POST", f"{membership}/cancellation/revoke", None),
        ("POST", f"{membership}/freezes", {}),
        ("DELETE", f"{membership}/freezes/{made['freeze']}", None),
        ("POST", f"{membership}/blocks", {"reason": "x"}),
        ("DELETE", f"{membership}/blocks/{made['freeze']}", None),
        (
            "POST",
            "/members/register",
            {**profile, "agreement": AGREED, "organisation_id": str(town.theirs.organisation_id)},
        ),
        (
            "POST",
            "/plans",
            {
                "legal_entity_id": str(town.theirs.seller.legal_entity_id),
                "name": "Theirs",
                "coverage": {"include": [{}]},
            },
        ),
    ]
    before = await town.ours.told()
    for method, path, body in requests:
        answer = await http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == 404, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        unknown = re.sub("|".join(made.values()), str(uuid4()), path)
        if unknown != path:
            same = await http.request(method, f"/api/v1{unknown}", json=body)
            assert (same.status_code, same.json()["detail"]) == (404, answer.json()["detail"])
    assert await town.ours.told() == before


async def test_search_shows_only_ones_own(town: Any) -> None:
    await town.theirs.member(first_name="Grace", last_name="Hopper")
    assert (await town.ours.get("/members", query="hopper"))["items"] == []
    assert len((await town.admin.get("/members", query="hopper"))["items"]) == 1


@pytest.mark.parametrize("table", [tables.price, tables.agreement], ids=lambda table: table.name)
async def test_prices_and_evidence_cannot_be_changed_by_the_application(
    town: Any, table: Any
) -> None:
    await town.ours.active()
    async with town.ours.runtime.begin(SERVICE) as uow:
        assert (await uow.connection.execute(select(table))).all()
        changed = await uow.connection.execute(update(table).values(organisation_id=uuid4()))
        deleted = await uow.connection.execute(delete(table))
        assert (changed.rowcount, deleted.rowcount) == (0, 0)


async def test_a_row_cannot_be_handed_to_another_gym(town: Any) -> None:
    await town.ours.active()
    subject = acting_for(town.ours.organisation_id)
    handed = update(tables.member).values(organisation_id=town.theirs.organisation_id)
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with town.ours.runtime.begin(subject) as uow:
            await uow.connection.execute(handed)


async def test_a_platform_administrator_says_for_whom(town: Any) -> None:
    answer = await town.admin.http.post(
        "/api/v1/members/register",
        json={"first_name": "Ada", "last_name": "Byron", "agreement": AGREED},
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "organisation_id")
    unknown = {"first_name": "Ada", "last_name": "Byron", "agreement": AGREED}
    unknown["organisation_id"] = str(uuid4())
    await town.admin.post("/members/register", unknown, expect=404)
    created = await town.admin.member(organisation_id=str(town.ours.organisation_id))
    assert (await town.ours.get(f"/members/{created['id']}"))["id"] == created["id"]
