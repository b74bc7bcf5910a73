"""Codes into households: given away by whoever pays, accepted by members, guessed by nobody."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contexts.membership.test_households import household_of
from fixtures.callers import http_client
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.limits.limiter import MINUTE
from gymhopper.chassis.limits.rate import Rate
from gymhopper.contexts.membership.domain.household_invitation import new_code, normal
from gymhopper.contexts.membership.storage.household_tables import household_invitation
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.kernel.ids import new_id

ACCEPT = "/api/v1/household-invitations/accept"


def session(gym: Any, member: Any) -> httpx.AsyncClient:
    known: Any = gym.runtime.api(IdentityApi)
    known._tokens[member["person_id"]] = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=UUID(member["person_id"]),
        within=(gym.organisation_id,),
        scopes=("members:read", "households:write"),
    )
    return http_client(gym.runtime, token=member["person_id"])


async def invited(gym: Any, together: Any, **body: Any) -> Any:
    return await gym.post(f"/households/{together['id']}/invitations", body)


async def inside(gym: Any, together: Any) -> set[str]:
    found = await gym.get(f"/households/{together['id']}")
    return {each["member_id"] for each in found["members"]}


async def test_whoever_pays_gives_a_code_away_and_a_member_comes_in_by_it(gym: Any) -> None:
    ada, bob = await gym.member(), await gym.member(first_name="Bob")
    together = await household_of(gym, ada)
    path = f"/api/v1/households/{together['id']}/invitations"
    async with session(gym, ada) as payer, session(gym, bob) as other:
        made = await payer.post(path, json={})
        assert made.status_code == 201, made.text
        code = made.json()["code"]
        # However it is typed.
        accepted = await other.post(ACCEPT, json={"code": code.lower().replace("-", " ")})
        assert accepted.status_code == 201, accepted.text
        assert accepted.json()["member_id"] == bob["id"]
        assert await inside(gym, together) == {ada["id"], bob["id"]}
        (listed,) = (await payer.get(path)).json()["items"]
        assert (listed["status"], listed["used"]) == ("used", 1)
        assert "code" not in listed
        # Who is only in it invites nobody, and does not see the codes.
        for answer in (await other.post(path, json={}), await other.get(path)):
            assert (answer.status_code, answer.json()["code"]) == (403, "not_the_payer")
    eve = await gym.member(first_name="Eve")
    async with session(gym, eve) as stranger:
        assert (await stranger.post(path, json={})).status_code == 404
        again = await stranger.post(ACCEPT, json={"code": code})
        assert (again.status_code, again.json()["code"]) == (422, "invitation_code_invalid")


async def test_a_code_is_over_when_it_is_used_up_revoked_or_old(gym: Any) -> None:
    ada, bob = await gym.member(), await gym.member(first_name="Bob")
    together = await household_of(gym, ada)
    old, revoked = await invited(gym, together, days=1), await invited(gym, together)
    path = f"/households/{together['id']}/invitations"
    answer = await gym.http.delete(f"/api/v1{path}/{revoked['id']}")
    assert answer.status_code == 204
    await gym.pass_time(timedelta(days=1))
    for code in (old["code"], revoked["code"], new_code()):
        refused = await gym.http.post(ACCEPT, json={"code": code, "member_id": bob["id"]})
        assert (refused.status_code, refused.json()["code"]) == (422, "invitation_code_invalid")
    statuses = {each["id"]: each["status"] for each in (await gym.get(path))["items"]}
    assert statuses == {old["id"]: "expired", revoked["id"]: "revoked"}
    assert await inside(gym, together) == {ada["id"]}


async def test_a_code_lets_in_as_many_as_it_says_also_at_once(gym: Any) -> None:
    together = await household_of(gym, await gym.member())
    people = [await gym.member(first_name=each) for each in ("Bob", "Eve", "Kim", "Lea")]
    code = (await invited(gym, together, uses=2))["code"]
    answers = await asyncio.gather(
        *(gym.http.post(ACCEPT, json={"code": code, "member_id": each["id"]}) for each in people)
    )
    assert sorted(each.status_code for each in answers) == [201, 201, 422, 422]
    assert len(await inside(gym, together)) == 3


async def test_who_is_in_a_household_is_told_so_and_the_code_stays_good(gym: Any) -> None:
    ada, bob, eve = [await gym.member(first_name=each) for each in ("Ada", "Bob", "Eve")]
    together = await household_of(gym, ada)
    await household_of(gym, bob)
    code = (await invited(gym, together))["code"]
    refused = await gym.http.post(ACCEPT, json={"code": code, "member_id": bob["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "in_a_household")
    answer = await gym.http.post(ACCEPT, json={"code": code, "member_id": eve["id"]})
    assert answer.status_code == 201


async def test_another_gyms_code_is_an_unknown_one(town: Any) -> None:
    ours, theirs = town.ours, town.theirs
    together = await household_of(ours, await ours.member())
    code = (await invited(ours, together))["code"]
    stranger, bob = await theirs.member(), await ours.member(first_name="Bob")
    async with session(theirs, stranger) as own:
        refused = await own.post(ACCEPT, json={"code": code})
        assert (refused.status_code, refused.json()["code"]) == (422, "invitation_code_invalid")
    refused = await theirs.http.post(ACCEPT, json={"code": code, "member_id": stranger["id"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "invitation_code_invalid")
    # Nobody brings in whom they are not.
    async with session(ours, bob) as own:
        other = await ours.member(first_name="Eve")
        refused = await own.post(ACCEPT, json={"code": code, "member_id": other["id"]})
        assert refused.status_code == 404
    named = await ours.http.post(ACCEPT, json={"code": code, "member_id": stranger["id"]})
    assert named.status_code == 404
    assert (await ours.http.post(ACCEPT, json={"code": code})).status_code == 404


async def test_guesses_are_slowed_down(gym: Any) -> None:
    gym.runtime.limiter._rates["sign_in"] = Rate(5, MINUTE)
    async with session(gym, await gym.member()) as guessing:
        answers = [await guessing.post(ACCEPT, json={"code": new_code()}) for _ in range(9)]
    assert {each.status_code for each in answers} == {422, 429}
    assert answers[-1].json()["code"] == "rate_limited"


async def test_a_code_is_nowhere_at_rest(gym: Any) -> None:
    together = await household_of(gym, await gym.member())
    code = (await invited(gym, together))["code"]
    async with gym.runtime.read(SERVICE) as connection:
        (row,) = (await connection.execute(household_invitation.select())).all()
    assert normal(code) not in str(row)
    assert code not in str(row)
    assert len(normal(code)) == 12


async def test_a_household_has_ten_open_codes_at_most(gym: Any) -> None:
    together = await household_of(gym, await gym.member())
    for _ in range(10):
        await invited(gym, together)
    refused = await gym.post(f"/households/{together['id']}/invitations", {}, expect=409)
    assert refused["code"] == "enough_invitations"


@pytest.mark.parametrize("code", ["short", "A" * 41, "ABCD\x00EFGHJKLM", "ÄÄÄÄ-ÄÄÄÄ-ÄÄÄÄ"])
async def test_what_cannot_be_a_code_is_refused(gym: Any, code: str) -> None:
    answer = await gym.http.post(ACCEPT, json={"code": code})
    assert answer.status_code == 422
