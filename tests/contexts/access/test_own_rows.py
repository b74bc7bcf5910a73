"""What people see of their own visits, answers and passes; and what a host sees of guests."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from fixtures.access_world import LOCATION, MEMBER, Happening, World, say, scan, state
from fixtures.callers import staff_of
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.access.storage import tables
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.events import MembershipActivated, MembershipFellOverdue
from gymhopper.kernel.ids import new_id

SCOPES = ("visits:read", "credentials:read", "passes:write")
DESK, ADA, EVE, HOST, HALF = "desk", "ada", "eve", "host", "half"


@dataclass
class Club:
    """A world whose member Ada and stranger Eve can sign in."""

    world: World

    async def get(self, path: str, token: str, **query: str) -> httpx.Response:
        return await self.world.client.get(path, params=query, headers=bearer(token))

    async def post(self, path: str, token: str, body: object = None) -> httpx.Response:
        return await self.world.client.post(path, json=body, headers=bearer(token))

    async def owes(self) -> None:
        """Ada came once and owes since."""
        world, membership = self.world, Happening(new_id())
        now = world.runtime.clock.now()
        active = state(world.runtime, membership.id)
        await say(world.runtime, membership, MembershipActivated(membership=active))
        await world.settle()
        assert await scan(world) == ("allow", "ALLOWED")
        owing = state(world.runtime, membership.id, overdue_since=now, no_entry_from=now)
        await say(world.runtime, membership, MembershipFellOverdue(membership=owing))
        await world.settle()
        assert await scan(world) == ("deny", "PAYMENT_PAST_DUE")
        await world.settle()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def member(person_id: UUID, gym: UUID = MEMBER.organisation_id) -> Caller:
    """A person within one gym that vouched."""
    return Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=person_id,
        within=(gym,),
        scopes=SCOPES,
    )


def as_person(person_id: UUID, *gyms: UUID) -> AuthSubject:
    return AuthSubject(kind="member", person_id=person_id, within=gyms)


async def visited_at(club: "Club", host: UUID) -> None:
    """What happened so far happened at this gym's doors."""
    async with club.world.runtime.database.engine.connect() as connection:
        await connection.execute(sa.text("SELECT set_config('gymhopper.organisation', '*', false)"))
        for table in (tables.visit, tables.journal):
            await connection.execute(sa.update(table).values(host_organisation_id=host))
        await connection.commit()
        await connection.execute(sa.text("RESET ALL"))


@pytest.fixture
def club(furnished_world: World) -> Club:
    known = furnished_world.runtime.api(IdentityApi)._tokens
    known[ADA], known[EVE] = member(MEMBER.person_id), member(new_id())
    known[HALF] = member(MEMBER.person_id, new_id())
    known[HOST] = staff_of(new_id())
    return Club(furnished_world)


async def test_a_member_sees_own_visits_and_is_asked_to_the_desk_about_the_delicate(
    club: Club,
) -> None:
    await club.owes()
    (visit,) = (await club.get("/visits", ADA)).json()["items"]
    assert visit["person_id"] == str(MEMBER.person_id)
    seen = (await club.get("/decisions", ADA)).json()["items"]
    assert [(each["code"], each["sentence"]) for each in seen] == [
        ("SEE_RECEPTION", "Please see reception."),
        ("ALLOWED", "Welcome."),
    ]
    told = (await club.get("/decisions", DESK)).json()["items"]
    assert [each["code"] for each in told] == ["PAYMENT_PAST_DUE", "ALLOWED"]
    for path in ("/visits", "/decisions"):
        assert (await club.get(path, EVE)).json()["items"] == []


async def test_without_any_filter_a_member_reads_own_rows_only(club: Club) -> None:
    await club.owes()
    counts = {}
    for who in (MEMBER.person_id, new_id()):
        subject = as_person(who, MEMBER.organisation_id)
        async with club.world.runtime.read(subject) as connection:
            for table in tables.metadata.sorted_tables:
                if table.name not in {"cell", "drain"}:
                    count = sa.select(sa.func.count()).select_from(table)
                    counts[who, table.name] = await connection.scalar(count)
    assert {name: count for (who, name), count in counts.items() if count} == {
        "credential": 1,
        "visit": 1,
        "journal": 2,
    }
    assert not any(count for (who, _), count in counts.items() if who != MEMBER.person_id)


async def test_a_visit_is_seen_through_the_gym_at_home_and_through_the_one_that_was_visited(
    club: Club,
) -> None:
    await club.owes()
    home, host, other = MEMBER.organisation_id, new_id(), new_id()
    await visited_at(club, host)
    for gyms, wanted in [
        # Whoever refused cannot tell of whose membership they did.
        ((home,), (1, 1, 1)),
        ((host,), (0, 1, 2)),
        ((home, host), (1, 1, 2)),
        ((other,), (0, 0, 0)),
        ((), (0, 0, 0)),
    ]:
        subject = as_person(MEMBER.person_id, *gyms)
        async with club.world.runtime.read(subject) as connection:
            counted = [
                await connection.scalar(sa.select(sa.func.count()).select_from(table))
                for table in (tables.credential, tables.visit, tables.journal)
            ]
        assert tuple(counted) == wanted, gyms


async def test_a_booking_is_seen_by_both_gyms_and_through_either_by_its_person(club: Club) -> None:
    home, host, other = MEMBER.organisation_id, new_id(), new_id()
    now = club.world.runtime.clock.now()
    booking = {
        "booking_id": new_id(),
        "person_id": MEMBER.person_id,
        "host_organisation_id": host,
        "home_organisation_id": home,
        "location_id": LOCATION.location_id,
        "zone": LOCATION.zone,
        "enter_from": now,
        "enter_until": now,
        "version": 1,
        "live": True,
    }
    async with club.world.runtime.begin(SERVICE) as uow:
        await uow.connection.execute(sa.insert(tables.booking).values(**booking))
    for subject, seen in [
        (AuthSubject(kind="staff", organisation_id=home), 1),
        (AuthSubject(kind="staff", organisation_id=host), 1),
        (AuthSubject(kind="staff", organisation_id=other), 0),
        (as_person(MEMBER.person_id, home), 1),
        (as_person(MEMBER.person_id, host), 1),
        (as_person(MEMBER.person_id, other), 0),
        (as_person(new_id(), home, host), 0),
    ]:
        async with club.world.runtime.read(subject) as connection:
            count = sa.select(sa.func.count()).select_from(tables.booking)
            assert await connection.scalar(count) == seen, subject
    async with club.world.runtime.begin(as_person(MEMBER.person_id, home, host)) as uow:
        move = sa.update(tables.booking).values(enter_until=now + timedelta(days=1))
        assert (await uow.connection.execute(move)).rowcount == 0


async def test_a_gym_that_did_not_vouch_gives_no_passes(club: Club) -> None:
    mine = {"member_id": str(MEMBER.member_id)}
    made = (await club.post("/passes", ADA, mine)).json()
    assert (await club.post("/passes", HALF, mine)).status_code == 404
    held = await club.get("/credentials", HALF, person_id=str(MEMBER.person_id))
    assert held.json()["items"] == []
    assert (await club.post(f"/passes/{made['id']}/revoke", HALF)).status_code == 404
    forged = {
        "id": new_id(),
        "version": 1,
        "organisation_id": MEMBER.organisation_id,
        "person_id": MEMBER.person_id,
        "kind": "pass",
        "key": b"key",
        "ending": "1234",
    }
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with club.world.runtime.begin(as_person(MEMBER.person_id, new_id())) as uow:
            await uow.connection.execute(sa.insert(tables.credential).values(**forged))


async def test_a_member_makes_and_withdraws_passes_of_their_own(club: Club) -> None:
    mine = {"member_id": str(MEMBER.member_id)}
    made = await club.post("/passes", ADA, mine)
    assert made.status_code == 201, made.text
    held = (await club.get("/credentials", ADA, person_id=str(MEMBER.person_id))).json()["items"]
    assert held[0]["id"] == made.json()["id"]
    assert [each["value"] for each in held] == [None, None]

    assert (await club.post("/passes", EVE, mine)).status_code == 404
    path = f"/passes/{made.json()['id']}/revoke"
    assert (await club.post(path, EVE)).status_code == 404
    withdrawn = await club.post(path, ADA)
    assert (withdrawn.status_code, withdrawn.json()["revoked_at"] is None) == (200, False)
    await club.world.settle()
    assert (await scan(club.world, made.json()["value"]))[1] == "CREDENTIAL_REVOKED"


async def test_nobody_collects_passes(club: Club) -> None:
    mine = {"member_id": str(MEMBER.member_id)}
    answers = [(await club.post("/passes", ADA, mine)).status_code for _ in range(5)]
    assert answers == [201, 201, 201, 201, 409]


async def test_cards_are_the_desks(club: Club) -> None:
    card = {"member_id": str(MEMBER.member_id), "kind": "card", "value": "04A2197F"}
    assert (await club.post("/credentials", ADA, card)).status_code == 403
    given = await club.post("/credentials", DESK, card)
    path = f"/passes/{given.json()['id']}/revoke"
    for token in (ADA, DESK):
        assert (await club.post(path, token)).status_code == 404
    subject = as_person(MEMBER.person_id, MEMBER.organisation_id)
    async with club.world.runtime.begin(subject) as uow:
        change = sa.update(tables.credential).where(tables.credential.c.kind == "card")
        assert (await uow.connection.execute(change.values(ending="x"))).rowcount == 0


async def test_a_host_learns_neither_who_a_visitor_is_nor_where_at_home(club: Club) -> None:
    await club.owes()
    host = club.world.runtime.api(IdentityApi)._tokens[HOST].organisation_id
    await visited_at(club, host)
    visits = await club.get("/visits", HOST)
    answers = await club.get("/decisions", HOST)
    (visit,), decisions = visits.json()["items"], answers.json()["items"]
    hidden = ("person_id", "membership_id", "home_organisation_id")
    assert [visit[each] for each in hidden] == [None, None, None]
    assert {each["visitor_id"] for each in decisions} == {visit["visitor_id"]}
    assert decisions[0]["code"] == "SEE_RECEPTION", "what is owed at home is not for the host"
    for text in (visits.text, answers.text):
        assert str(MEMBER.person_id) not in text
        assert str(LOCATION.organisation_id) not in text
    (at_home,) = (await club.get("/visits", DESK)).json()["items"]
    assert at_home["person_id"] == str(MEMBER.person_id)
