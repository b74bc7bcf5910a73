"""A guest at a door: once, on the day, and after the host where the plan says so."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from fixtures.access_world import MEMBER, Happening, World, say, scan, state
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.api import MemberRef, MembershipApi
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.contracts.membership.events import (
    GuestPassIssued,
    GuestPassWithdrawn,
    Hosted,
    MembershipActivated,
    MembersMerged,
    WaiverPublished,
    WaiverSigned,
)
from gymhopper.kernel.ids import new_id

DAY = timedelta(days=1)
DESK = {"Authorization": "Bearer desk"}


class Visit:
    """A host with a membership and a card, and a guest with a pass and a credential."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.guest = MemberRef(
            member_id=new_id(),
            person_id=new_id(),
            organisation_id=MEMBER.organisation_id,
            hosts=(MEMBER.person_id,),
        )
        members: Any = world.runtime.api(MembershipApi)
        members._known[self.guest.member_id] = self.guest
        self.held = Happening(new_id())
        self.host = Happening(new_id())
        self.value = ""

    async def arrange(self, *, host_inside: bool = True) -> None:
        world = self.world
        running = state(world.runtime, self.host.id)
        await say(world.runtime, self.host, MembershipActivated(membership=running))
        await say(world.runtime, self.held, GuestPassIssued(right=self.right(host_inside)))
        card = await world.client.post(
            "/credentials",
            headers=DESK,
            json={"member_id": str(self.guest.member_id), "kind": "pass"},
        )
        assert card.status_code == 201, card.text
        self.value = card.json()["value"]
        await world.settle()

    def right(self, host_inside: bool = True, **fields: Any) -> Any:
        now = self.world.runtime.clock.now()
        return state(
            self.world.runtime,
            self.held.id,
            **{
                "member_id": self.guest.member_id,
                "person_id": self.guest.person_id,
                "coverage": Coverage(include=(Clause(),)),
                "start": now - timedelta(minutes=1),
                "end": now + DAY,
                "end_reason": "expired",
                "paid_until": None,
                "credits": 1,
                "hosted": Hosted(
                    membership_id=self.host.id,
                    person_id=MEMBER.person_id,
                    host_inside=host_inside,
                ),
                **fields,
            },
        )

    async def scan_guest(self) -> str:
        return (await scan(self.world, self.value))[1]

    async def scan_host(self) -> str:
        return (await scan(self.world))[1]


@pytest.fixture
async def visit(furnished_world: World) -> Visit:
    return Visit(furnished_world)


async def test_a_guest_waits_for_the_host_and_comes_once(visit: Visit) -> None:
    await visit.arrange()
    assert await visit.scan_guest() == "GUEST_HOST_REQUIRED"
    assert await visit.scan_host() == "ALLOWED"
    assert await visit.scan_guest() == "ALLOWED"
    assert await visit.scan_guest() == "GUEST_PASS_USED"


async def test_yesterdays_host_is_not_todays(visit: Visit) -> None:
    await visit.arrange()
    assert await visit.scan_host() == "ALLOWED"
    visit.world.runtime.clock.advance(timedelta(hours=20))
    visit.world.session = await visit.world.sign_in()
    assert await visit.scan_guest() == "GUEST_HOST_REQUIRED"


async def test_a_refusal_for_want_of_a_host_is_not_repeated_when_the_host_came(
    visit: Visit,
) -> None:
    world = visit.world
    await visit.arrange()
    patient = await world.client.patch(
        f"/doors/{world.door_id}", headers=DESK, json={"debounce_seconds": 30}
    )
    assert patient.status_code == 200, patient.text
    await world.settle()
    assert await visit.scan_guest() == "GUEST_HOST_REQUIRED"
    assert await visit.scan_host() == "ALLOWED"
    assert await visit.scan_guest() == "ALLOWED"


async def test_without_that_rule_the_guest_comes_alone(visit: Visit) -> None:
    await visit.arrange(host_inside=False)
    assert await visit.scan_guest() == "ALLOWED"
    assert await visit.scan_guest() == "GUEST_PASS_USED"


async def test_a_pass_that_was_not_used_is_over_with_its_time(visit: Visit) -> None:
    await visit.arrange(host_inside=False)
    visit.world.runtime.clock.advance(DAY)
    visit.world.session = await visit.world.sign_in()
    assert await visit.scan_guest() == "GUEST_PASS_EXPIRED"


async def test_a_pass_that_was_withdrawn_opens_nothing(visit: Visit) -> None:
    await visit.arrange(host_inside=False)
    now = visit.world.runtime.clock.now()
    over = visit.right(contract="ended", end=now, end_reason="cancelled")
    await say(visit.world.runtime, visit.held, GuestPassWithdrawn(right=over))
    await visit.world.settle()
    assert await visit.scan_guest() == "GUEST_PASS_EXPIRED"


async def test_a_guest_signs_what_everybody_signs(visit: Visit) -> None:
    runtime = visit.world.runtime
    waiver = Happening(new_id())
    published = WaiverPublished(
        waiver_id=waiver.id,
        organisation_id=MEMBER.organisation_id,
        number=1,
        enforced_at=runtime.clock.now() - DAY,
    )
    await say(runtime, waiver, published)
    await visit.world.settle()
    await visit.arrange(host_inside=False)
    assert await visit.scan_guest() == "WAIVER_REQUIRED"
    signed = WaiverSigned(
        signature_id=new_id(),
        waiver_id=waiver.id,
        organisation_id=MEMBER.organisation_id,
        number=1,
        member_id=visit.guest.member_id,
        person_id=visit.guest.person_id,
        signed_at=runtime.clock.now(),
    )
    await say(runtime, Happening(new_id()), signed)
    await visit.world.settle()
    assert await visit.scan_guest() == "ALLOWED"


async def test_a_host_who_is_merged_stays_the_host(visit: Visit) -> None:
    runtime = visit.world.runtime
    await visit.arrange()
    merged = MembersMerged(
        member_id=new_id(),
        person_id=new_id(),
        merged_member_id=MEMBER.member_id,
        merged_person_id=MEMBER.person_id,
        organisation_id=MEMBER.organisation_id,
    )
    await say(runtime, Happening(merged.member_id), merged)
    await visit.world.settle()
    assert await visit.scan_guest() == "GUEST_HOST_REQUIRED"
    assert await visit.scan_host() == "ALLOWED"
    assert await visit.scan_guest() == "ALLOWED"


async def test_a_host_makes_the_guests_pass_for_a_phone_and_nobody_elses(visit: Visit) -> None:
    world = visit.world
    known: Any = world.runtime.api(IdentityApi)
    known._tokens["host"] = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=MEMBER.person_id,
        within=(MEMBER.organisation_id,),
        scopes=("passes:write",),
    )
    stranger = MemberRef(
        member_id=new_id(), person_id=new_id(), organisation_id=MEMBER.organisation_id
    )
    known_members: Any = world.runtime.api(MembershipApi)
    known_members._known[stranger.member_id] = stranger

    async def make(member_id: UUID) -> httpx.Response:
        return await world.client.post(
            "/passes",
            headers={"Authorization": "Bearer host"},
            json={"member_id": str(member_id)},
        )

    await visit.arrange(host_inside=False)
    made = await make(visit.guest.member_id)
    assert made.status_code == 201, made.text
    assert made.json()["person_id"] == str(visit.guest.person_id)
    assert (await make(stranger.member_id)).status_code == 404
    await world.settle()
    assert (await scan(world, made.json()["value"]))[1] == "ALLOWED"
