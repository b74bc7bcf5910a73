"""Who pays apart from whose it is: guardians, households, and whose doors a debt closes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexts.membership.test_families import child_of, of_age_in
from contexts.membership.test_merge import holds_together, merge
from gymhopper.contexts.membership.domain.household import Debt, debts_at
from gymhopper.contracts.billing.events import PayerChanged
from gymhopper.contracts.membership.api import MembershipApi, Payer
from gymhopper.kernel.ids import new_id


async def household_of(gym: Any, payer: Any, *others: Any, **changes: Any) -> Any:
    body = {"name": "Byron", "payer_member_id": payer["id"]} | changes
    made = await gym.post("/households", body)
    for each in others:
        await gym.post(f"/households/{made['id']}/members", {"member_id": each["id"]})
    return made


async def buy(gym: Any, member: Any, payer: Any = None, *, expect: int = 201, **plan: Any) -> Any:
    order = gym.order(await gym.plan(**plan), payer=payer)
    bought = await gym.post(f"/members/{member['id']}/memberships", order, expect=expect)
    if expect == httpx.codes.CREATED:
        await gym.paid(bought["id"])
    return bought


def household(found: Any) -> dict[str, str]:
    return {"kind": "household", "id": found["id"]}


async def closed(gym: Any, *memberships: Any) -> list[bool]:
    """Whether a debt closes the door, of each."""
    found = [await gym.get(f"/memberships/{each['id']}") for each in memberships]
    return [each["no_entry_from"] is not None for each in found]


async def paid_by(gym: Any, bought: Any) -> Payer:
    found = await gym.runtime.api(MembershipApi).purchase(membership_id=UUID(bought["id"]))
    assert found is not None
    return Payer(
        kind=found.paid_by.kind,
        id=found.paid_by.id,
        member_id=found.paid_by.member_id,
        person_id=found.paid_by.person_id,
    )


async def test_who_is_not_named_pays_for_themselves(gym: Any) -> None:
    ada = await gym.member()
    bought = await buy(gym, ada)
    assert bought["payer"] == {"kind": "person", "id": ada["id"]}
    found = await paid_by(gym, bought)
    assert (found.member_id, found.person_id) == (UUID(ada["id"]), UUID(ada["person_id"]))


async def test_a_guardian_pays_for_a_child_and_the_household_goes_on_after_it_is_of_age(
    gym: Any,
) -> None:
    ada = await gym.member()
    child = await child_of(gym, ada, birth_date=of_age_in(gym, 40))
    by_ada = await buy(gym, child, {"kind": "person", "id": ada["id"]})
    assert (await paid_by(gym, by_ada)).person_id == UUID(ada["person_id"])
    together = await household_of(gym, ada, child)
    by_all = await buy(gym, child, household(together))
    for _ in range(45):
        await gym.pass_time(timedelta(days=1))
    assert (await gym.get(f"/members/{child['id']}/guardians"))["items"] == []
    for bought in (by_ada, by_all):
        assert (await paid_by(gym, bought)).person_id == UUID(ada["person_id"])
    await holds_together(gym)


async def test_nobody_but_grown_ups_of_the_same_gym_and_ones_own_household_pays(town: Any) -> None:
    gym = town.ours
    ada, bob = await gym.member(), await gym.member(first_name="Bob")
    child = await child_of(gym, ada)
    elsewhere = await town.theirs.member()
    together = await household_of(gym, ada)
    for payer in (
        {"kind": "person", "id": str(new_id())},
        {"kind": "person", "id": elsewhere["id"]},
        {"kind": "household", "id": together["id"]},
        {"kind": "household", "id": str(new_id())},
    ):
        await buy(gym, bob, payer, expect=404)
    refused = await buy(gym, bob, {"kind": "person", "id": child["id"]}, expect=422)
    assert refused["code"] == "cannot_pay"
    by_ada = await buy(gym, bob, {"kind": "person", "id": ada["id"]})
    assert by_ada["payer"]["id"] == ada["id"]


async def test_a_member_names_a_guardian_or_the_household_and_no_stranger(gym: Any) -> None:
    ada, bob = await gym.member(), await gym.member(first_name="Bob")
    together = await household_of(gym, ada, bob)
    plan = await gym.plan()
    async with gym.through(bob["person_id"]) as own:
        for payer, status in (
            ({"kind": "person", "id": ada["id"]}, 404),
            (household(together), 201),
        ):
            answer = await own.post(
                f"/api/v1/members/{bob['id']}/memberships", json=gym.order(plan, payer=payer)
            )
            assert answer.status_code == status, answer.text
        seen = await own.get(f"/api/v1/households/{together['id']}")
        assert [each["member_id"] for each in seen.json()["members"]] == [bob["id"]]
        child = await child_of(gym, bob)
        async with gym.through(child["person_id"]) as acting:
            answer = await acting.post(
                f"/api/v1/members/{child['id']}/memberships",
                json=gym.order(plan, payer={"kind": "person", "id": bob["id"]}),
            )
            assert answer.status_code == 201, answer.text
    async with gym.through(str(new_id())) as stranger:
        assert (await stranger.get(f"/api/v1/households/{together['id']}")).status_code == 404


async def test_a_member_is_in_one_household_at_a_time(town: Any) -> None:
    gym = town.ours
    ada, bob, eve = [await gym.member(first_name=each) for each in ("Ada", "Bob", "Eve")]
    one, two = await household_of(gym, ada), await household_of(gym, bob)
    paths = [f"/api/v1/households/{each['id']}/members" for each in (one, two)]
    answers = await asyncio.gather(
        *(gym.http.post(path, json={"member_id": eve["id"]}) for path in paths * 3)
    )
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409, 409]
    found = await gym.get(f"/members/{eve['id']}/household")
    assert found["id"] in {one["id"], two["id"]}
    await gym.post("/households", {"name": "X", "payer_member_id": eve["id"]}, expect=409)
    theirs = await town.theirs.member()
    await gym.post(f"/households/{one['id']}/members", {"member_id": theirs["id"]}, expect=404)
    assert (await town.theirs.http.get(f"/api/v1/households/{one['id']}")).status_code == 404


async def test_nobody_leaves_who_pays_or_is_paid_for(gym: Any) -> None:
    ada, bob = await gym.member(), await gym.member(first_name="Bob")
    together = await household_of(gym, ada, bob)
    bought = await buy(gym, bob, household(together))
    path = f"/api/v1/households/{together['id']}/members"
    for member in (ada, bob):
        refused = await gym.http.delete(f"{path}/{member['id']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "still_paid_for")
    changed = PayerChanged(
        membership_id=UUID(bought["id"]), kind="person", payer_id=UUID(bob["id"])
    )
    await gym.deliver(changed)
    assert (await gym.get(f"/memberships/{bought['id']}"))["payer"]["kind"] == "person"
    assert (await gym.http.delete(f"{path}/{bob['id']}")).status_code == 204
    assert (await gym.http.delete(f"{path}/{bob['id']}")).status_code == 404
    await gym.get(f"/members/{bob['id']}/household", expect=404)


@pytest.mark.parametrize(
    ("blocks", "shut"),
    [
        ("user", [False, True, False]),
        ("payer", [True, False, False]),
        ("all", [True, True, True]),
    ],
)
async def test_whose_doors_a_debt_closes_is_the_households_setting(
    gym: Any, blocks: str, shut: list[bool]
) -> None:
    ada, bob, eve = [await gym.member(first_name=each) for each in ("Ada", "Bob", "Eve")]
    together = await household_of(gym, ada, bob, eve, debt_blocks=blocks)
    bought = [await buy(gym, each, household(together)) for each in (ada, bob, eve)]
    alone = await buy(gym, eve)
    await gym.owed(bought[1]["id"], gym.clock.now())
    assert await closed(gym, *bought) == shut
    assert await closed(gym, alone) == [False]
    # Told again it is the same, and a new setting counts at once.
    await gym.owed(bought[1]["id"], gym.clock.now())
    assert await closed(gym, *bought) == shut
    path = f"/api/v1/households/{together['id']}"
    changed = await gym.http.put(path, json={"name": "Byron", "debt_blocks": "all"})
    assert changed.status_code == 200, changed.text
    assert await closed(gym, *bought) == [True, True, True]
    await gym.owed(bought[1]["id"], None)
    assert await closed(gym, *bought) == [False, False, False]
    await holds_together(gym)


async def test_a_membership_that_leaves_the_account_leaves_its_debts(gym: Any) -> None:
    ada, bob = await gym.member(), await gym.member(first_name="Bob")
    together = await household_of(gym, ada, bob, debt_blocks="all")
    hers, his = [await buy(gym, each, household(together)) for each in (ada, bob)]
    await gym.owed(hers["id"], gym.clock.now())
    assert await closed(gym, hers, his) == [True, True]
    to_him = PayerChanged(membership_id=UUID(his["id"]), kind="person", payer_id=UUID(bob["id"]))
    await gym.deliver(to_him)
    assert await closed(gym, hers, his) == [True, False]
    back = PayerChanged(
        membership_id=UUID(his["id"]), kind="household", payer_id=UUID(together["id"])
    )
    await gym.deliver(back)
    assert await closed(gym, hers, his) == [True, True]


async def test_a_merge_keeps_who_pays_and_who_is_in_the_household(gym: Any) -> None:
    ada, again, bob = [await gym.member(first_name=each) for each in ("Ada", "Ada", "Bob")]
    together = await household_of(gym, again, bob)
    his = await buy(gym, bob, household(together))
    other = await buy(gym, bob, {"kind": "person", "id": again["id"]})
    hers = await buy(gym, ada, {"kind": "person", "id": again["id"]})
    await merge(gym, ada, again)
    found = await gym.get(f"/households/{together['id']}")
    assert found["payer_member_id"] == ada["id"]
    assert {each["member_id"] for each in found["members"]} == {ada["id"], bob["id"]}
    for bought in (his, other, hers):
        assert (await paid_by(gym, bought)).person_id == UUID(ada["person_id"])
    assert (await gym.get(f"/memberships/{hers['id']}"))["payer"]["id"] == ada["id"]
    await holds_together(gym)


async def test_a_merge_of_two_households_members_leaves_one_of_them(gym: Any) -> None:
    ada, again, bob, eve = [
        await gym.member(first_name=each) for each in ("Ada", "Ada", "Bob", "Eve")
    ]
    one, two = await household_of(gym, bob, ada), await household_of(gym, eve, again)
    hers = await buy(gym, again, household(two))
    await merge(gym, ada, again)
    assert (await gym.get(f"/members/{ada['id']}/household"))["id"] == one["id"]
    assert (await paid_by(gym, hers)).id == UUID(two["id"])
    await holds_together(gym)


DAY = st.integers(1, 28).map(lambda day: datetime(2026, 3, day, tzinfo=UTC))


@given(
    debts=st.dictionaries(st.integers(0, 4), st.tuples(DAY, st.integers(1, 9999))),
    blocks=st.sampled_from(["user", "payer", "all"]),
)
def test_a_debt_is_never_lost_and_never_counted_against_the_wrong_door(
    debts: Any, blocks: Any
) -> None:
    ids = [UUID(int=each + 1) for each in range(5)]
    owing = {
        ids[each]: Debt(since=since, owed=owed, currency="EUR")
        for each, (since, owed) in debts.items()
    }
    paid_for = {each: (UUID(int=each.int % 2 + 100), "EUR") for each in ids}
    counted = debts_at(blocks, paid_for, owing, UUID(int=100))
    assert counted.keys() == paid_for.keys()
    blocked = {each for each, debt in counted.items() if debt is not None}
    if not owing:
        assert not blocked
    elif blocks == "user":
        assert counted == {each: owing.get(each) for each in ids}
    else:
        wanted = set(ids) if blocks == "all" else {x for x in ids if x.int % 2 == 0}
        assert blocked == wanted
        total = sum(each.owed for each in owing.values())
        oldest = min(each.since for each in owing.values())
        assert {(counted[x].since, counted[x].owed) for x in blocked} == {(oldest, total)}  # type: ignore[union-attr]  # those that are blocked have one
