"""Withdrawals from contracts that were concluded at a distance, and receipts."""

from datetime import timedelta
from typing import Any

from contexts.membership.samples import AGREEMENT
from gymhopper.contracts.membership.events import MembershipWithdrawn

DAY = timedelta(days=1)


async def bought(gym: Any, *, paid: bool = True, **agreement: Any) -> Any:
    member = await gym.member()
    order = gym.order(await gym.plan(), agreement=AGREEMENT | agreement)
    membership = await gym.post(f"/members/{member['id']}/memberships", order)
    if paid:
        await gym.paid(membership["id"])
    return membership


async def withdraw(gym: Any, membership: Any, *, expect: int = 201) -> Any:
    return await gym.post(f"/memberships/{membership['id']}/withdraw", expect=expect)


async def test_a_member_withdraws_within_fourteen_days_and_gets_everything_back(gym: Any) -> None:
    membership = await bought(gym)
    await gym.pass_time(14 * DAY)
    async with gym.through(membership["person_id"]) as ada:
        answer = await ada.post(f"/api/v1/memberships/{membership['id']}/withdraw")
        assert answer.status_code == 201, answer.text
        kept = (await ada.get(f"/api/v1/memberships/{membership['id']}/receipts")).json()
    receipt = answer.json()
    assert kept == {"items": [receipt]}
    assert (receipt["act"], receipt["given_back_days"], receipt["of_days"]) == ("withdrawal", 1, 1)
    assert receipt["declared_at"] == receipt["ends_at"] == "2026-03-16T09:00:00Z"
    over = await gym.get(f"/memberships/{membership['id']}")
    assert (over["contract"], over["end_reason"], over["label"]) == (
        "ended",
        "withdrawn",
        "cancelled",
    )
    told = (await gym.told(membership["id"]))[-1].data
    assert isinstance(told, MembershipWithdrawn)
    assert (await gym.told_types(membership["id"]))[-2:] == ["ended", "withdrawn"]


async def test_an_early_start_that_was_asked_for_is_paid_by_the_day(gym: Any) -> None:
    membership = await bought(gym, early_start=True)
    await gym.pass_time(4 * DAY)
    receipt = await withdraw(gym, membership)
    assert (receipt["given_back_days"], receipt["of_days"]) == (26, 31)


async def test_after_the_last_day_there_is_no_withdrawal(gym: Any) -> None:
    membership = await bought(gym)
    await gym.pass_time(15 * DAY)
    answer = await withdraw(gym, membership, expect=409)
    assert (answer["code"], "2026-03-16" in answer["detail"]) == ("withdrawal_over", True)
    assert (await gym.get(f"/memberships/{membership['id']}"))["contract"] == "active"
    assert (await gym.get(f"/memberships/{membership['id']}/receipts"))["items"] == []


async def test_what_was_bought_at_the_desk_is_not_withdrawn(gym: Any) -> None:
    membership = await bought(gym, channel="desk")
    assert (await withdraw(gym, membership, expect=409))["code"] == "nothing_to_withdraw"


async def test_a_contract_that_was_never_paid_can_be_withdrawn_once(gym: Any) -> None:
    membership = await bought(gym, paid=False)
    await withdraw(gym, membership)
    assert (await withdraw(gym, membership, expect=409))["code"] == "illegal_transition"
    # A payment that was under way opens nothing.
    await gym.paid(membership["id"])
    assert (await gym.get(f"/memberships/{membership['id']}"))["end_reason"] == "withdrawn"


async def test_every_cancellation_leaves_a_receipt(gym: Any) -> None:
    membership = await bought(gym)
    for when in ("period_end", "now"):
        await gym.post(f"/memberships/{membership['id']}/cancel", {"when": when}, expect=200)
    first, second = (await gym.get(f"/memberships/{membership['id']}/receipts"))["items"]
    assert (first["wish"], first["ends_at"]) == ("period_end", "2026-04-02T09:00:00Z")
    assert (second["wish"], second["ends_at"]) == ("now", "2026-03-02T09:00:00Z")
    assert first["plan_name"] == "Everywhere"


async def test_receipts_of_another_gym_are_not_there(town: Any) -> None:
    membership = await bought(town.ours)
    await withdraw(town.ours, membership)
    await town.theirs.get(f"/memberships/{membership['id']}/receipts", expect=404)
    await withdraw(town.theirs, membership, expect=404)


async def test_a_receipt_follows_a_member_who_turns_out_to_be_another(gym: Any) -> None:
    membership = await bought(gym)
    await withdraw(gym, membership)
    survivor = await gym.member()
    await gym.post(
        f"/members/{survivor['id']}/merge", {"duplicate_id": membership["member_id"]}, expect=200
    )
    async with gym.through(survivor["person_id"]) as ada:
        kept = await ada.get(f"/api/v1/memberships/{membership['id']}/receipts")
        assert [each["act"] for each in kept.json()["items"]] == ["withdrawal"]
