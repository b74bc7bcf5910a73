"""Members freeze by themselves, within what their plan leaves to them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fixtures.callers import http_client
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.events import MembershipFreezeFeeDue
from gymhopper.kernel.ids import new_id

RULES = {
    "by_member": True,
    "notice_days": 7,
    "minimum_days": 14,
    "days_a_year": 60,
    "freezes_a_year": 2,
    "extends_term": True,
    "fee": {"amount": 500, "currency": "EUR"},
    "fee_every": {"interval": "week", "count": 2},
    "free_days": 7,
}
FEES = {"amount": 1500, "currency": "EUR"}
MONTH = {"start": "2026-03-10", "until": "2026-04-09"}
TERM = {"initial_term": {"interval": "month", "count": 3}, "after_initial_term": "end"}


class Own:
    """A member with a session, and a membership."""

    def __init__(self, gym: Any, bought: Any) -> None:
        known: Any = gym.runtime.api(IdentityApi)
        known._tokens[bought["person_id"]] = Caller(
            kind="member",
            id=new_id(),
            organisation_id=None,
            person_id=UUID(bought["person_id"]),
            within=(gym.organisation_id,),
            scopes=("memberships:read", "freezes:write"),
        )
        self.gym = gym
        self.bought = bought
        self.http = http_client(gym.runtime, token=bought["person_id"])
        self.path = f"/api/v1/memberships/{bought['id']}"

    async def freeze(self, *, expect: int = 201, dry: bool = False, **body: Any) -> Any:
        headers = {"Dry-Run": "true"} if dry else {}
        answer = await self.http.post(f"{self.path}/freezes", json=body, headers=headers)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def take_back(self, freeze: Any, *, expect: int = 200) -> Any:
        answer = await self.http.delete(f"{self.path}/freezes/{freeze['id']}")
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest.fixture
async def own(gym: Any) -> Own:
    return Own(gym, await gym.active(freeze_rules=RULES, conditions=TERM))


async def test_a_member_sees_fee_and_new_end_before_anything_happens(own: Own) -> None:
    assert own.bought["end"] == "2026-06-01T22:00:00Z"
    preview = await own.freeze(dry=True, **MONTH)
    assert preview["fee"] == {"amount": 500, "currency": "EUR"}
    assert [each[:10] for each in preview["fees_at"]] == ["2026-03-16", "2026-03-30"]
    assert preview["membership"]["end"] == "2026-07-01T22:00:00Z"
    assert (await own.gym.get(f"/memberships/{own.bought['id']}"))["overlays"] == []

    stale = await own.freeze(expect=409, **MONTH)
    assert (stale["code"], stale["field"]) == ("stale_price", "fees")
    stale = await own.freeze(expect=409, fees=FEES, **MONTH)
    assert stale["detail"] == "This freeze costs 10.00 EUR in all."
    done = await own.freeze(fees=FEES | {"amount": 1000}, **MONTH)
    assert {**done, "id": ""}["fees_at"] == preview["fees_at"]
    assert done["membership"]["end"] == preview["membership"]["end"]
    [frozen] = done["membership"]["overlays"]
    assert (frozen["stops_access"], frozen["stops_billing"], frozen["reason"]) == (True, True, None)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"until": "2026-04-09"}, 422, "date_out_of_range"),
        ({"start": "2026-03-08", "until": "2026-04-09"}, 422, "date_out_of_range"),
        ({"start": "2026-02-20", "until": "2026-04-09"}, 422, "date_out_of_range"),
        ({"start": "2026-03-10"}, 422, "date_out_of_range"),
        ({"start": "2026-03-10", "until": "2026-03-23"}, 422, "freeze_too_short"),
        ({"start": "2026-03-10", "until": "2026-05-10"}, 409, "freeze_days_exceeded"),
        (MONTH | {"beyond_limits": True, "reason": "please"}, 409, "freeze_at_desk"),
        (MONTH | {"free_of_charge": True, "reason": "please"}, 409, "freeze_at_desk"),
        (MONTH | {"stops_access": False}, 409, "freeze_at_desk"),
        (MONTH | {"stops_billing": False}, 409, "freeze_at_desk"),
        (MONTH | {"extends_term": True}, 409, "freeze_at_desk"),
    ],
)
async def test_what_the_plan_does_not_leave_to_members_is_refused(
    own: Own, body: Any, status: int, code: str
) -> None:
    refused = await own.freeze(expect=status, dry=True, **body)
    assert refused["code"] == code


async def test_without_a_word_in_the_plan_freezes_are_the_desks(gym: Any) -> None:
    own = Own(gym, await gym.active())
    assert (await own.freeze(expect=409, **MONTH))["code"] == "freeze_at_desk"


async def test_a_member_takes_back_what_has_not_begun_and_pays_nothing(own: Own) -> None:
    set_ = await own.freeze(fees=FEES | {"amount": 1000}, **MONTH)
    back = await own.take_back(set_)
    assert (back["overlays"], back["end"]) == ([], own.bought["end"])
    await own.gym.pass_time(timedelta(days=40))
    told = [each.data for each in await own.gym.told(own.bought["id"])]
    assert not any(isinstance(each, MembershipFreezeFeeDue) for each in told)


async def test_what_began_or_what_the_desk_set_is_ended_at_the_desk(own: Own) -> None:
    theirs = await own.gym.post(
        f"/memberships/{own.bought['id']}/freezes",
        {"start": "2026-05-01", "until": "2026-05-20", "free_of_charge": True, "reason": "ours"},
    )
    assert (await own.take_back(theirs, expect=409))["code"] == "freeze_at_desk"
    mine = await own.freeze(fees=FEES, **MONTH)
    await own.gym.pass_time(timedelta(days=9))
    assert (await own.take_back(mine, expect=409))["code"] == "freeze_at_desk"
    await own.gym.delete(f"/memberships/{own.bought['id']}/freezes/{mine['id']}")


async def test_a_stranger_freezes_nothing(own: Own, gym: Any) -> None:
    other = Own(gym, await gym.active(freeze_rules=RULES))
    path = f"{own.path}/freezes"
    assert (await other.http.post(path, json=MONTH)).status_code == 404
