"""Members of networks in a gym's classes: their allotments, and who sees what of them."""

from uuid import UUID

import pytest

from contexts.scheduling.studio import Studio
from contexts.scheduling.town import Gym, Town
from fixtures.callers import staff_of
from gymhopper.contexts.scheduling.domain.caps import Caps
from gymhopper.contracts.membership.coverage import Clause, Coverage
from gymhopper.kernel.ids import new_id


@pytest.fixture
def network(town: Town) -> Gym:
    """The operator: its staff act for it as a gym's do."""
    return town.theirs


def allotted(network: Gym, places: int, **caps: int) -> Caps:
    return Caps(networks={network.organisation_id: places}, **caps)


async def test_a_network_has_its_allotment_and_no_more(studio: Studio, network: Gym) -> None:
    cycling = await studio.class_(places=5, caps=allotted(network, 2))
    people = [await studio.person(organisation_id=network.organisation_id) for _ in range(3)]
    found = [await each.book(cycling) for each in people]
    assert [each["status"] for each in found] == ["booked", "booked", "waiting"]
    assert {each["channel"] for each in found} == {"network"}
    assert {each["home_organisation_id"] for each in found} == {str(network.organisation_id)}
    assert {each["host_organisation_id"] for each in found} == {str(studio.gym.organisation_id)}
    await people[0].post(f"/bookings/{found[0]['id']}/cancel")
    await studio.work()
    assert (await people[2].get(f"/bookings/{found[2]['id']}"))["status"] == "booked"
    assert await studio.counts(cycling) == (2, 0)


async def test_the_line_of_a_network_does_not_keep_the_gyms_members_out(
    studio: Studio, network: Gym
) -> None:
    cycling = await studio.class_(places=2, caps=allotted(network, 0))
    visitor = await studio.person(organisation_id=network.organisation_id)
    anna = await studio.person()
    assert (await visitor.book(cycling))["status"] == "waiting"
    assert (await anna.book(cycling, {"waitlist": False}))["status"] == "booked"
    assert await studio.counts(cycling) == (1, 1)


async def test_a_network_without_an_allotment_is_nobody(studio: Studio, network: Gym) -> None:
    cycling = await studio.class_()
    visitor = await studio.person(organisation_id=network.organisation_id)
    problem = await visitor.book(cycling, expect=409)
    assert problem["reason"] == "NO_MEMBERSHIP"
    # Other networks' members are nobody's business either.
    assert problem["memberships"] == []


async def test_networks_have_allotments_of_their_own(studio: Studio, network: Gym) -> None:
    other = new_id()
    caps = Caps(networks={network.organisation_id: 1, other: 1})
    cycling = await studio.class_(places=5, caps=caps)
    homes = (network.organisation_id, network.organisation_id, other, other)
    found = [await (await studio.person(organisation_id=home)).book(cycling) for home in homes]
    assert [each["status"] for each in found] == ["booked", "waiting", "booked", "waiting"]


async def test_coverage_of_a_network_is_asked_for_the_gym(studio: Studio, network: Gym) -> None:
    cycling = await studio.class_(places=5, caps=allotted(network, 5))
    here, location = studio.gym.organisation_id, UUID(studio.location)
    for clause, reason in (
        (Clause(organisations=(here,)), None),
        (Clause(locations=(location,)), None),
        (Clause(organisations=(network.organisation_id,)), "NOT_COVERED"),
        (Clause(locations=(new_id(),)), "NOT_COVERED"),
        (Clause(tier_up_to=0), "TIER_TOO_LOW"),
    ):
        visitor = await studio.person(
            organisation_id=network.organisation_id, coverage=Coverage(include=(clause,))
        )
        if reason is None:
            assert (await visitor.book(cycling))["status"] == "booked"
        else:
            assert await visitor.refused(cycling) == reason


async def test_who_sees_and_who_cancels(studio: Studio, network: Gym) -> None:
    cycling = await studio.class_(places=5, caps=allotted(network, 5))
    visitor = await studio.person(organisation_id=network.organisation_id)
    anna = await studio.person()
    own, visit = await anna.book(cycling), await visitor.book(cycling)
    path = f"/bookings/{visit['id']}"
    other = studio.gym._known("another network", staff_of(new_id()))
    assert (await other.get(f"/api/v1{path}")).status_code == 404
    assert (await other.post(f"/api/v1{path}/cancel", json={})).status_code == 404
    assert (await other.get("/api/v1/bookings")).json()["items"] == []
    assert [x["id"] for x in (await network.get("/bookings"))["items"]] == [visit["id"]]
    await network.get(f"/bookings/{own['id']}", expect=404)
    await network.post(f"/bookings/{own['id']}/cancel", {}, expect=404)
    both = (await studio.gym.get("/bookings"))["items"]
    assert {each["id"] for each in both} == {own["id"], visit["id"]}
    assert (await visitor.get(path))["id"] == visit["id"]
    # What only the gym's staff say is not the operator's to say.
    await network.post(f"{path}/attendance", {"status": "attended"}, expect=403)
    assert (await network.post(f"{path}/cancel", {}, expect=200))["ending"] == "early"
    again = await visitor.book(cycling)
    ended = await studio.gym.post(f"/bookings/{again['id']}/cancel", {}, expect=200)
    assert ended["status"] == "cancelled"
    assert await studio.counts(cycling) == (1, 0)


async def test_the_desk_books_a_networks_member_on_the_allotment(
    studio: Studio, network: Gym
) -> None:
    cycling = await studio.class_(places=5, caps=allotted(network, 1))
    people = [await studio.person(organisation_id=network.organisation_id) for _ in range(2)]
    path = f"/classes/{cycling}/book"
    found = [await studio.gym.post(path, {"member_id": str(x.member_id)}) for x in people]
    assert [(x["channel"], x["status"]) for x in found] == [
        ("network", "booked"),
        ("network", "waiting"),
    ]


async def test_a_networks_member_without_a_membership_stays_the_networks(
    studio: Studio, network: Gym
) -> None:
    cycling = await studio.class_(places=5, caps=allotted(network, 2))
    visitor = await studio.person(organisation_id=network.organisation_id)
    await visitor.has(end=studio.gym.clock.now())
    stranger = studio.stranger(new_id(), new_id(), network.organisation_id, visitor.state)
    for each, reason in ((visitor, "WILL_EXPIRE"), (stranger, "NO_MEMBERSHIP")):
        body = {"member_id": str(each.member_id)}
        problem = await studio.gym.post(f"/classes/{cycling}/book", body, expect=409)
        assert problem["reason"] == reason
        booking = await studio.gym.post(f"/classes/{cycling}/book", body | {"bypass": True})
        assert (booking["channel"], booking["membership_id"]) == ("network", None)
        assert booking["home_organisation_id"] == str(network.organisation_id)
        assert booking["bypassed"] == [reason]
