"""The log over HTTP: searched, paged, exported, and shown to the person concerned."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.audit.conftest import House, acting
from fixtures.callers import ADMIN, callers_context, http_client
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.audit.acts import Act, entry_of
from gymhopper.chassis.auth import ANONYMOUS, SERVICE
from gymhopper.contexts.audit.usecases.export_entries import _cells
from gymhopper.contracts.identity.api import Caller
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id


@pytest.fixture
async def told(house: House, clock: ManualClock) -> House:
    """Six entries, a minute between them: the plan and a member of north's, and one of south's."""
    house.ada = await house.member()
    clock.advance(timedelta(minutes=1))
    house.everywhere = await house.plan()
    clock.advance(timedelta(minutes=1))
    house.grace = await house.member(first_name="Grace", last_name="Hopper")
    clock.advance(timedelta(minutes=1))
    await house.call(
        "PUT",
        f"/members/{house.ada['id']}/profile",
        by="north",
        json={"first_name": "Augusta", "last_name": "King"},
    )
    clock.advance(timedelta(minutes=1))
    await house.member(by=ADMIN, organisation_id=str(house.south))
    return house


async def read(house: House, query: str = "", *, by: str = "auditor") -> list[str]:
    found = await house.call("GET", f"/audit?{query}", by=by)
    return [each["operation"] for each in found["items"]]


async def test_the_newest_comes_first_and_only_the_organisations_own(told: House) -> None:
    own = ["put_profile", "register_member", "offer_plan", "register_member"]
    assert await read(told) == own
    assert await read(told, by="south") == ["register_member"]
    assert await read(told, by=ADMIN) == ["register_member", *own]
    assert await read(told, f"organisation_id={told.south}", by=ADMIN) == ["register_member"]


async def test_every_filter_narrows(told: House) -> None:
    north = told.callers["north"].id
    ada, person = told.ada["id"], told.ada["person_id"]
    assert len(await read(told, f"actor=staff:{north}")) == 4
    assert await read(told, f"actor=staff:{new_id()}") == []
    assert await read(told, "operation=offer_plan") == ["offer_plan"]
    assert await read(told, "text=PROFILE") == ["put_profile"]
    assert await read(told, "text=%25") == []
    assert await read(told, "action=looked") == []
    assert await read(told, "kind=membership.plan") == ["offer_plan"]
    assert await read(told, f"thing_id={told.everywhere['id']}") == ["offer_plan"]
    assert await read(told, f"kind=membership.member&thing_id={ada}") == ["register_member"]
    assert await read(told, f"kind=membership.plan&thing_id={ada}") == []
    assert await read(told, f"person_id={person}") == ["put_profile", "register_member"]
    assert await read(told, f"person_id={person}&kind=membership.member") == ["register_member"]
    assert await read(told, "text=e&kind=membership.plan") == ["offer_plan"]
    assert await read(told, f"actor=staff:{north}&kind=membership.plan") == ["offer_plan"]
    assert await read(told, f"person_id={person}&text=put") == ["put_profile"]
    assert await read(told, f"thing_id={ada}&person_id={new_id()}") == []
    assert len(await read(told, f"person_id={person}&kind=membership.person", by=ADMIN)) == 2


async def test_who_acts_for_all_says_for_whom_where_too_much_would_be_read(told: House) -> None:
    for query in ("text=register", "kind=membership.person"):
        answer = await told.call("GET", f"/audit?{query}", by=ADMIN, expect=422)
        assert answer["field"] == "organisation_id"
        assert len(await read(told, f"{query}&organisation_id={told.south}", by=ADMIN)) == 1


async def test_from_and_until_are_half_open(told: House) -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    first, second = (quote((start + timedelta(minutes=n)).isoformat()) for n in (0, 1))
    assert await read(told, f"from={first}&until={second}") == ["register_member"]
    assert await read(told, f"from={second}&until={second}") == []
    assert len(await read(told, f"from={second}")) == 3
    answer = await told.call("GET", f"/audit?from={second}&until={first}", by="auditor", expect=422)
    assert answer["field"] == "until"


async def test_pages_meet_and_miss_nothing(told: House) -> None:
    seen: list[str] = []
    query = "limit=1"
    while True:
        page = await told.call("GET", f"/audit?{query}", by="auditor")
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"limit=1&cursor={page['next_cursor']}"
    whole = await told.call("GET", "/audit", by="auditor")
    assert seen == [each["id"] for each in whole["items"]]
    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    "query",
    ["cursor=nonsense", "limit=0", "kind=%00", "actor=", "from=yesterday", "person_id=7"],
)
async def test_bad_queries_are_refused(house: House, query: str) -> None:
    await house.call("GET", f"/audit?{query}", by="auditor", expect=422)


async def test_whoever_lacks_the_scope_or_acts_for_a_part_sees_nothing(house: House) -> None:
    for path in ("/audit", "/audit/export"):
        await house.call("GET", path, by="reader", expect=403)
        answer = await house.call("GET", path, by="local", expect=403)
        assert answer["code"] == "not_your_place"
        await house.call("GET", f"{path}?organisation_id={house.south}", by="auditor", expect=404)


async def test_an_export_holds_every_entry_the_oldest_first_and_is_told_of(told: House) -> None:
    lines = (await told.call("GET", "/audit/export", by="auditor")).splitlines()
    found = [json.loads(each) for each in lines]
    # Its own entry is written before it is read.
    operations = [each["operation"] for each in found]
    assert operations == [
        "register_member", "offer_plan", "register_member", "put_profile", "export_audit_entries",
    ]  # fmt: skip
    assert found[-1]["action"] == "exported"
    narrowed = await told.call("GET", "/audit/export?text=plan", by="auditor")
    assert len(narrowed.splitlines()) == 1
    theirs = await told.call("GET", "/audit/export", by="south")
    assert len(theirs.splitlines()) == 2


async def test_an_export_of_many_pieces_is_whole(house: House) -> None:
    subject = acting(house.callers["north"])
    async with house.runtime.begin(SERVICE) as uow:
        for _ in range(2500):
            uow.note_act(Act(action="noted", organisation_id=subject.organisation_id))
    lines = (await house.call("GET", "/audit/export", by="auditor")).splitlines()
    assert len({json.loads(each)["id"] for each in lines}) == 2501


async def test_a_table_holds_the_same_with_names_above(told: House) -> None:
    text = await told.call("GET", "/audit/export?format=csv", by="auditor")
    header, *rows = csv.reader(io.StringIO(text))
    entries = [dict(zip(header, row, strict=True)) for row in rows]
    assert [each["operation"] for each in entries][:2] == ["register_member", "offer_plan"]
    assert json.loads(entries[1]["changes"])[0]["kind"] == "membership.plan"


@given(st.text())
def test_no_cell_of_a_table_is_a_formula(agent: str) -> None:
    entry = entry_of(Act(action="noted"), ANONYMOUS, datetime(2026, 3, 2, tzinfo=UTC))
    cells = list(_cells(msgspec.structs.replace(entry, user_agent=agent)))
    assert not any(each.startswith(("=", "+", "-", "@", "\t", "\r")) for each in cells)


@pytest.fixture
async def member(told: House, new_runtime: NewRuntime) -> Any:
    """A client of the first member's own session."""
    person = UUID(told.ada["person_id"])
    own = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        scopes=(),
        everywhere=False,
        session_id=new_id(),
        person_id=person,
        within=(told.north,),
    )
    other = msgspec.structs.replace(own, id=new_id(), person_id=new_id())
    nobody = msgspec.structs.replace(own, id=new_id(), person_id=None)
    watched = msgspec.structs.replace(own, impersonator=new_id(), scopes=("members:read",))
    callers = callers_context(own=own, other=other, nobody=nobody, watched=watched)
    runtime = await new_runtime([callers, *told.runtime.contexts[1:]])
    async with http_client(runtime) as client:
        yield client


async def mine(client: httpx.AsyncClient, who: str = "own") -> list[Any]:
    answer = await client.get("/api/v1/me/audit", headers={"Authorization": f"Bearer {who}"})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_member_sees_by_which_role_of_which_gym_and_not_by_whom(
    told: House, member: httpx.AsyncClient
) -> None:
    changed, registered = await mine(member)
    assert (changed["by"], changed["role"]) == ("staff", "manager")
    assert changed["organisation_id"] == str(told.north)
    assert (changed["operation"], registered["operation"]) == ("put_profile", "register_member")
    assert changed["kinds"] == ["membership.person"]
    told_of = json.dumps([changed, registered])
    assert str(told.callers["north"].id) not in told_of
    assert "127.0.0.1" not in told_of


async def test_nobody_else_sees_it(told: House, member: httpx.AsyncClient) -> None:
    assert await mine(member, "other") == []
    assert await mine(member, "nobody") == []
    answer = await member.get("/api/v1/me/audit")
    assert answer.status_code == 401


async def test_a_supporter_who_looks_through_a_members_eyes_is_seen_by_both(
    told: House, member: httpx.AsyncClient
) -> None:
    answer = await member.get("/api/v1/members", headers={"Authorization": "Bearer watched"})
    assert answer.status_code == 200
    newest, *_ = await mine(member)
    assert (newest["by"], newest["in_your_name"]) == ("support", True)
    assert (newest["action"], newest["operation"]) == ("looked", "search_members")
    (entry,) = await told.entries(action="looked")
    assert entry.actor.startswith("support:")
    assert entry.on_behalf_of is not None
    assert entry.on_behalf_of.startswith("member:")


async def test_a_supporter_who_writes_is_told_with_both(told: House) -> None:
    caller = told.callers["north"]
    supporter = new_id()
    async with told.runtime.begin(acting(caller, impersonator=supporter)) as uow:
        uow.note("venues.location", new_id(), after={"tier": 1})
    *_, entry = await told.entries(organisation_id=told.north)
    assert (entry.actor, entry.on_behalf_of) == (f"support:{supporter}", f"staff:{caller.id}")
