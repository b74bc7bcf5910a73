"""Members bring guests, within what their plan allows."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from fixtures.callers import http_client
from gymhopper.contracts.access.events import VisitRecorded
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.membership.events import (
    GuestPassIssued,
    GuestPassUsed,
    GuestPassWithdrawn,
)
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money

DAY = timedelta(days=1)
GRACE = {"first_name": "Grace", "last_name": "Hopper"}
TWO = {"offer": {"guests": {"passes": 2}}}


async def hosting(gym: Any, **guests: Any) -> Any:
    return await gym.active(offer={"guests": {"passes": 2} | guests})


async def invite(gym: Any, host: Any, *, expect: int = 201, **body: Any) -> Any:
    named = {} if "member_id" in body else GRACE
    return await gym.post(f"/memberships/{host['id']}/guest-passes", named | body, expect=expect)


async def came(gym: Any, invited: Any) -> None:
    """A door let the guest in."""
    await gym.deliver(
        VisitRecorded(
            visit_id=new_id(),
            person_id=UUID(invited["person_id"]),
            membership_id=UUID(invited["id"]),
            host_organisation_id=gym.organisation_id,
            home_organisation_id=gym.organisation_id,
            location_id=new_id(),
            door_id=new_id(),
            at=gym.clock.now(),
            entry=1,
            on_credit=True,
        )
    )


def session_of(gym: Any, membership: Any) -> Any:
    known: Any = gym.runtime.api(IdentityApi)
    known._tokens[membership["person_id"]] = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=UUID(membership["person_id"]),
        within=(gym.organisation_id,),
        scopes=("memberships:read", "guests:write", "members:read"),
    )
    return http_client(gym.runtime, token=membership["person_id"])


async def test_doors_are_told_what_the_guest_may(gym: Any) -> None:
    host = await hosting(gym, valid_days=3)
    invited = await invite(gym, host, day="2026-03-05")
    assert (invited["status"], invited["first_name"]) == ("open", "Grace")
    assert (invited["start"], invited["until"]) == ("2026-03-04T23:00:00Z", "2026-03-07T23:00:00Z")
    [event] = [x.data for x in await gym.told(invited["id"]) if isinstance(x.data, GuestPassIssued)]
    right = event.right
    assert (str(right.membership_id), str(right.person_id)) == (invited["id"], invited["person_id"])
    assert (right.credits, right.coverage.limits) == (1, ())
    assert right.hosted is not None
    assert (str(right.hosted.person_id), right.hosted.host_inside) == (host["person_id"], True)


async def test_a_member_invites_and_sees_the_guest_and_nothing_else_of_the_guest(gym: Any) -> None:
    host = await hosting(gym)
    async with session_of(gym, host) as own:
        path = f"/api/v1/memberships/{host['id']}/guest-passes"
        made = await own.post(path, json=GRACE | {"email": "grace@example.org"})
        assert made.status_code == 201, made.text
        [listed] = (await own.get(path)).json()["items"]
        assert listed == made.json()
        # The guest is the gym's member, whose contact data the host need not see.
        assert (await own.get(f"/api/v1/members/{listed['member_id']}")).status_code == 404
        gone = await own.delete(f"{path}/{listed['id']}")
        assert gone.json()["status"] == "withdrawn"
    assert (await gym.get(f"/members/{listed['member_id']}"))["email"] == "grace@example.org"


async def test_nobody_invites_on_a_membership_of_somebody_else(gym: Any, town: Any) -> None:
    host, stranger = await hosting(gym), await hosting(gym)
    invited = await invite(gym, host)
    path = f"/api/v1/memberships/{host['id']}/guest-passes"
    async with session_of(gym, stranger) as other:
        assert (await other.post(path, json=GRACE)).status_code == 404
        assert (await other.get(path)).status_code == 404
        assert (await other.delete(f"{path}/{invited['id']}")).status_code == 404
        theirs = f"/api/v1/memberships/{stranger['id']}/guest-passes"
        assert (await other.delete(f"{theirs}/{invited['id']}")).status_code == 404
        wrong = await other.post(theirs, json={"member_id": invited["member_id"]})
        assert (wrong.status_code, wrong.json()["field"]) == (404, "member_id")


async def test_a_month_has_as_many_guests_as_the_plan_says(gym: Any) -> None:
    host = await hosting(gym)
    first = await invite(gym, host)
    await invite(gym, host, day="2026-03-31")
    assert (await invite(gym, host, expect=409))["code"] == "guests_used_up"
    await invite(gym, host, day="2026-04-01")
    path = f"/memberships/{host['id']}/guest-passes/{first['id']}"
    assert (await gym.delete(path))["status"] == "withdrawn"
    told = [each.data for each in await gym.told(first["id"])]
    assert isinstance(told[-1], GuestPassWithdrawn)
    assert (told[-1].right.contract, told[-1].right.end) == ("ended", gym.clock.now())
    await invite(gym, host)
    assert (await gym.delete(path, expect=409))["code"] == "illegal_transition"


async def test_a_period_of_the_contract_is_counted_from_its_first_day(gym: Any) -> None:
    host = await hosting(gym, passes=1, per="period")
    await invite(gym, host, day="2026-04-01")
    assert (await invite(gym, host, expect=409, day="2026-03-02"))["code"] == "guests_used_up"
    await invite(gym, host, day="2026-04-02")


async def test_of_invitations_at_once_no_more_are_kept_than_are_allowed(gym: Any) -> None:
    host = await hosting(gym)
    path = f"/api/v1/memberships/{host['id']}/guest-passes"
    answers = await asyncio.gather(*[gym.http.post(path, json=GRACE) for _ in range(6)])
    assert sorted(each.status_code for each in answers) == [201, 201, 409, 409, 409, 409]
    assert len((await gym.get(f"/memberships/{host['id']}/guest-passes"))["items"]) == 2


async def test_the_guest_who_came_costs_the_host_once(gym: Any) -> None:
    fee = {"amount": 900, "currency": "EUR"}
    host = await hosting(gym, fee=fee)
    invited = await invite(gym, host)
    await came(gym, invited)
    await came(gym, invited)
    used = [x.data for x in await gym.told(invited["id"]) if isinstance(x.data, GuestPassUsed)]
    assert [(str(each.membership_id), each.fee) for each in used] == [
        (host["id"], Money(900, "EUR"))
    ]
    path = f"/memberships/{host['id']}/guest-passes"
    assert [each["status"] for each in (await gym.get(path))["items"]] == ["used"]
    await gym.delete(f"{path}/{invited['id']}", expect=409)


async def test_a_guest_who_was_cancelled_costs_nothing_whoever_comes(gym: Any) -> None:
    host = await hosting(gym, fee={"amount": 900, "currency": "EUR"})
    invited = await invite(gym, host)
    await gym.delete(f"/memberships/{host['id']}/guest-passes/{invited['id']}")
    # Two doors may have heard of it late.
    await came(gym, invited)
    (used,) = [x.data for x in await gym.told(invited["id"]) if isinstance(x.data, GuestPassUsed)]
    assert used.fee is None


async def test_a_guest_comes_again_as_the_same_person(gym: Any) -> None:
    host = await hosting(gym)
    first = await invite(gym, host)
    again = await invite(gym, host, expect=409, member_id=first["member_id"])
    assert again["code"] == "illegal_transition"
    await came(gym, first)
    second = await invite(gym, host, member_id=first["member_id"])
    assert second["person_id"] == first["person_id"]


async def test_where_guests_have_to_be_new_others_are_refused(gym: Any) -> None:
    host = await hosting(gym, new_here=True, passes=9)
    missing = await invite(gym, host, expect=422)
    assert missing["field"] == "email"
    first = await invite(gym, host, email="Grace@example.org")
    # A pass that nobody used makes nobody known.
    await invite(gym, host, email="grace@example.org")
    await came(gym, first)
    assert (await invite(gym, host, expect=409, email="grace@EXAMPLE.org"))[
        "code"
    ] == "guest_not_new"
    again = await invite(gym, host, expect=409, member_id=first["member_id"])
    assert again["code"] == "guest_not_new"


@pytest.mark.parametrize("state", ["pending", "frozen", "without guests", "ended by then"])
async def test_a_membership_that_is_not_good_brings_nobody(gym: Any, state: str) -> None:
    if state == "pending":
        host = await gym.pending(**TWO)
    elif state == "without guests":
        host = await gym.active()
    else:
        host = await hosting(gym)
    if state == "frozen":
        await gym.post(f"/memberships/{host['id']}/freezes", {})
    if state == "ended by then":
        day = {"when": "date", "at": "2026-03-20"}
        await gym.post(f"/memberships/{host['id']}/cancel", day, expect=200)
        answer = await invite(gym, host, expect=422, day="2026-03-20")
        assert answer["code"] == "date_out_of_range"
        last = await invite(gym, host, day="2026-03-19")
        assert last["until"] == "2026-03-19T23:00:00Z"
        return
    assert (await invite(gym, host, expect=409))["code"] == "no_guests"


async def test_a_day_lies_ahead_and_not_far(gym: Any) -> None:
    host = await hosting(gym)
    for day in ("2026-03-01", "2026-06-03"):
        answer = await invite(gym, host, expect=422, day=day)
        assert (answer["code"], answer["field"]) == ("date_out_of_range", "day")


async def test_only_whoever_invited_is_a_host_and_until_the_guest_came(gym: Any) -> None:
    host = await hosting(gym)
    invited = await invite(gym, host)
    api = gym.runtime.api(MembershipApi)
    guest = UUID(invited["member_id"])
    assert (await api.member(member_id=guest)).hosts == (UUID(host["person_id"]),)
    await came(gym, invited)
    assert (await api.member(member_id=guest)).hosts == ()
    assert (await api.member(member_id=UUID(host["member_id"]))).hosts == ()


async def test_a_trial_of_an_invitation_keeps_nothing(gym: Any) -> None:
    host = await hosting(gym)
    path = f"/api/v1/memberships/{host['id']}/guest-passes"
    seen = await gym.http.post(path, json=GRACE, headers={"Dry-Run": "true"})
    assert seen.status_code == 201
    assert (await gym.get(f"/memberships/{host['id']}/guest-passes"))["items"] == []
