"""Sponsors push rosters: people come in by the sponsor's window, and pay nothing themselves."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from contexts.membership.test_merge import holds_together, merge
from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.access.domain.compiling import compile_grant
from gymhopper.contexts.membership.storage import tables
from gymhopper.contexts.membership.storage.sponsor_tables import roster_entry, sponsored
from gymhopper.contexts.membership.usecases import work_on_roster
from gymhopper.contracts.membership.api import MembershipApi
from gymhopper.contracts.membership.events import MembershipState

TEXTS = {"terms": "t-1", "privacy": "p-1", "language": "en"}


async def sponsor_of(gym: Any, **plan: Any) -> Any:
    sold = await gym.plan(**plan)
    body = {"name": "Engines Ltd", "plan_id": sold["id"], "price_id": sold["prices"][0]["id"]}
    return await gym.post("/sponsors", body)


def row(gym: Any, external_id: str, *, start: int = 0, days: int = 90, **more: Any) -> Any:
    """A row whose window begins so many days from today, and lasts so many."""
    today: date = gym.clock.now().date()
    first = today + timedelta(days=start)
    return {
        "external_id": external_id,
        "first_name": "Ada",
        "last_name": f"Of{external_id}",
        "email": f"{external_id}@engines.example",
        "starts_on": first.isoformat(),
        "ends_on": (first + timedelta(days=days)).isoformat(),
    } | more


async def draft(gym: Any, sponsor: Any, *rows: Any, kind: str = "full") -> Any:
    made = await gym.post(f"/sponsors/{sponsor['id']}/rosters", {"kind": kind, **TEXTS})
    if rows:
        await gym.post(f"/rosters/{made['id']}/entries", {"entries": list(rows)}, expect=200)
    return made


async def push(gym: Any, sponsor: Any, *rows: Any, kind: str = "full") -> Any:
    """Submit a roster, and wait for what comes of it."""
    made = await draft(gym, sponsor, *rows, kind=kind)
    submitted = await gym.post(f"/rosters/{made['id']}/submit", expect=202)
    assert submitted["status"] == "submitted"
    return await finished(gym, made)


async def finished(gym: Any, roster: Any) -> Any:
    for _ in range(20):
        found = await gym.get(f"/rosters/{roster['id']}")
        if found["status"] == "done":
            return found
        await gym.pass_time(timedelta(seconds=1))
    raise AssertionError(found)


def counts(roster: Any) -> tuple[int, ...]:
    return tuple(roster[each] for each in ("total", "done", "added", "changed", "refused", "ended"))


async def on_account(gym: Any, sponsor: Any) -> dict[str, Any]:
    """The memberships that the sponsor pays, by the sponsor's own ids."""
    async with gym.runtime.read(SERVICE) as connection:
        rows = await connection.execute(
            select(sponsored).where(sponsored.c.sponsor_id == UUID(sponsor["id"]))
        )
        known = {each.external_id: str(each.membership_id) for each in rows}
    return {name: await gym.get(f"/memberships/{each}") for name, each in known.items()}


async def people(gym: Any) -> int:
    async with gym.runtime.read(SERVICE) as connection:
        return int((await connection.execute(select(func.count(tables.person.c.id)))).scalar_one())


async def last_state(gym: Any, membership_id: str) -> MembershipState:
    state = (await gym.told(membership_id))[-1].data.membership
    assert isinstance(state, MembershipState)
    return state


async def test_a_roster_lets_its_people_in_without_a_payment(gym: Any) -> None:
    sponsor = await sponsor_of(gym)
    done = await push(gym, sponsor, row(gym, "1"), row(gym, "2", start=10))
    assert counts(done) == (2, 2, 2, 0, 0, 0)
    found = await on_account(gym, sponsor)
    first, second = found["1"], found["2"]
    assert (first["label"], first["contract"]) == ("active", "active")
    assert first["payer"] == {"kind": "sponsor", "id": sponsor["id"]}
    assert "checkout" not in first["links"]
    assert first["end"] == first["paid_until"]
    assert second["start"] > first["start"]
    member = await gym.get(f"/members/{first['member_id']}")
    assert (member["last_name"], member["email"]) == ("Of1", "1@engines.example")
    purchase = await gym.runtime.api(MembershipApi).purchase(membership_id=UUID(first["id"]))
    assert purchase is not None
    assert purchase.paid_by.person_id is None
    await holds_together(gym)


async def test_what_a_roster_says_of_people_is_gone_once_it_was_worked_on(gym: Any) -> None:
    sponsor = await sponsor_of(gym)
    await draft(gym, sponsor, row(gym, "1"))
    await push(gym, sponsor, row(gym, "2"), row(gym, "3", days=0))
    async with gym.runtime.read(SERVICE) as connection:
        sealed = await connection.execute(select(roster_entry.c.external_id, roster_entry.c.sealed))
        kept = {each.external_id: each.sealed for each in sealed}
    assert (kept["2"], kept["3"]) == (None, None)
    assert b"Of1" not in kept["1"]


async def test_the_window_is_the_sponsors_to_move_and_who_is_missing_ends(gym: Any) -> None:
    sponsor = await sponsor_of(gym)
    await push(gym, sponsor, *(row(gym, each) for each in "123"))
    before = await on_account(gym, sponsor)
    again = await push(gym, sponsor, row(gym, "1"), row(gym, "2", days=200))
    assert counts(again) == (2, 2, 0, 1, 0, 1)
    found = await on_account(gym, sponsor)
    assert found["1"] == before["1"]
    assert found["2"]["end"] > before["2"]["end"]
    assert (found["3"]["contract"], found["3"]["end_reason"]) == ("ended", "expired")
    assert await people(gym) == 3
    # Changes end nobody, and who comes back has a new membership as the same member.
    back = await push(gym, sponsor, row(gym, "3"), kind="changes")
    assert counts(back) == (1, 1, 1, 0, 0, 0)
    now = (await on_account(gym, sponsor))["3"]
    assert (now["contract"], now["member_id"]) == ("active", before["3"]["member_id"])
    assert now["id"] != before["3"]["id"]
    assert (await on_account(gym, sponsor))["1"]["contract"] == "active"
    await holds_together(gym)


async def test_a_window_that_runs_out_ends_the_membership_by_itself(gym: Any) -> None:
    sponsor = await sponsor_of(gym)
    await push(gym, sponsor, row(gym, "1", days=5))
    for _ in range(6):
        await gym.pass_time(timedelta(days=1))
    (ended,) = (await on_account(gym, sponsor)).values()
    assert (ended["contract"], ended["end_reason"]) == ("ended", "expired")


async def test_each_row_that_is_refused_says_why_and_the_others_come_in(gym: Any) -> None:
    sponsor = await sponsor_of(gym)
    done = await push(
        gym,
        sponsor,
        row(gym, "1"),
        row(gym, "2", days=0),
        row(gym, "3", start=-9, days=3),
        row(gym, "4", days=1000),
        row(gym, "5"),
    )
    assert counts(done) == (5, 5, 2, 0, 3, 0)
    errors = await gym.get(f"/rosters/{done['id']}/errors")
    assert [(x["number"], x["external_id"], x["code"]) for x in errors["items"]] == [
        (2, "2", "window_backwards"),
        (3, "3", "window_over"),
        (4, "4", "window_too_long"),
    ]
    rest = await gym.get(f"/rosters/{done['id']}/errors", after=3)
    assert [each["number"] for each in rest["items"]] == [4]
    assert set(await on_account(gym, sponsor)) == {"1", "5"}


async def test_a_roster_is_submitted_once_and_closed_by_that(gym: Any) -> None:
    sponsor = await sponsor_of(gym)
    made = await draft(gym, sponsor, row(gym, "1"))
    path = f"/api/v1/rosters/{made['id']}"
    answers = await asyncio.gather(*(gym.http.post(f"{path}/submit") for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [202, 409, 409, 409]
    late = await gym.http.post(f"{path}/entries", json={"entries": [row(gym, "2")]})
    assert (late.status_code, late.json()["code"]) == (409, "roster_submitted")
    assert counts(await finished(gym, made)) == (1, 1, 1, 0, 0, 0)


async def test_rows_that_are_sent_again_are_in_the_roster_once(gym: Any) -> None:
    sponsor = await sponsor_of(gym)
    made = await draft(gym, sponsor, row(gym, "1"), row(gym, "2"))
    body = {"entries": [row(gym, "2", days=10), row(gym, "3")]}
    again = await gym.post(f"/rosters/{made['id']}/entries", body, expect=200)
    assert again["total"] == 3
    twice = {"entries": [row(gym, "4"), row(gym, "4")]}
    refused = await gym.post(f"/rosters/{made['id']}/entries", twice, expect=422)
    assert refused["code"] == "external_id_twice"
    many = {"entries": [row(gym, str(each)) for each in range(501)]}
    await gym.post(f"/rosters/{made['id']}/entries", many, expect=422)


async def test_a_roster_that_is_broken_off_goes_on_and_doubles_nobody(
    gym: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_on_roster, "AT_ONCE", 3)
    sponsor = await sponsor_of(gym)
    made = await draft(gym, sponsor, *(row(gym, str(each)) for each in range(12)))
    await gym.post(f"/rosters/{made['id']}/submit", expect=202)
    await gym.pass_time(timedelta(seconds=1))
    assert 0 < (await gym.get(f"/rosters/{made['id']}"))["done"] < 12

    real, seen = work_on_roster._sell, 0

    async def killed(*args: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == 2:
            raise RuntimeError("the worker is gone")
        return await real(*args)

    monkeypatch.setattr(work_on_roster, "_sell", killed)
    with pytest.raises(RuntimeError):
        async with gym.runtime.begin(SERVICE) as uow:
            await work_on_roster.work_on_roster(uow, UUID(made["id"]))
    monkeypatch.setattr(work_on_roster, "_sell", real)
    assert counts(await finished(gym, made)) == (12, 12, 12, 0, 0, 0)
    assert await people(gym) == 12
    assert len(await on_account(gym, sponsor)) == 12
    await holds_together(gym)


async def test_nobody_learns_by_a_roster_who_is_known_elsewhere(town: Any) -> None:
    gym = town.ours
    address = "1@engines.example"
    await town.theirs.member(first_name="Ada", last_name="Of1", email=address)
    ours = await gym.member(first_name="Ada", last_name="Of1", email=address)
    sponsor = await sponsor_of(gym)
    done = await push(gym, sponsor, row(gym, "1"))
    assert counts(done) == (1, 1, 1, 0, 0, 0)
    (found,) = (await on_account(gym, sponsor)).values()
    assert found["member_id"] != ours["id"]
    assert await people(gym) == 3
    for path in (f"/sponsors/{sponsor['id']}", f"/rosters/{done['id']}"):
        assert (await town.theirs.http.get(f"/api/v1{path}")).status_code == httpx.codes.NOT_FOUND
    assert (await town.theirs.get("/sponsors"))["items"] == []
    # The desk may find that they are one, and the next roster is about the survivor.
    await merge(gym, ours, {"id": found["member_id"]})
    await push(gym, sponsor, row(gym, "1", days=120))
    (moved,) = (await on_account(gym, sponsor)).values()
    assert (moved["id"], moved["member_id"]) == (found["id"], ours["id"])
    assert moved["end"] > found["end"]
    await holds_together(gym)


async def test_a_suspended_sponsors_people_stay_outside_until_it_is_resumed(gym: Any) -> None:
    sponsor = await sponsor_of(gym)
    await push(gym, sponsor, row(gym, "1"))
    (bought,) = (await on_account(gym, sponsor)).values()

    async def stops() -> list[str]:
        grant = compile_grant(await last_state(gym, bought["id"]), gym.clock.now())
        assert grant is not None
        return [each.code for each in grant.stops]

    assert await stops() == []
    suspended = await gym.post(f"/sponsors/{sponsor['id']}/suspend", expect=200)
    await gym.pass_time(timedelta(seconds=1))
    assert suspended["suspended_at"] is not None
    assert await stops() == ["SPONSOR_SUSPENDED"]
    # Who comes on the account meanwhile stays outside, too.
    await push(gym, sponsor, row(gym, "1"), row(gym, "2"))
    second = (await on_account(gym, sponsor))["2"]
    assert (await last_state(gym, second["id"])).sponsor_suspended_at is not None
    await gym.post(f"/sponsors/{sponsor['id']}/resume", expect=200)
    await gym.pass_time(timedelta(seconds=1))
    assert await stops() == []
    assert (await last_state(gym, second["id"])).sponsor_suspended_at is None


async def test_a_sponsor_pays_for_what_recurs(town: Any) -> None:
    gym = town.ours
    pack = await gym.plan(offer={"kind": "pack", "pack": {"units": 10}})
    body = {"name": "X", "plan_id": pack["id"], "price_id": pack["prices"][0]["id"]}
    assert (await gym.post("/sponsors", body, expect=422))["code"] == "unfit_offer"
    other = await town.theirs.plan()
    body = {"name": "X", "plan_id": other["id"], "price_id": other["prices"][0]["id"]}
    await gym.post("/sponsors", body, expect=404)
    sold = await gym.plan()
    body = {"name": "X", "plan_id": sold["id"], "price_id": pack["prices"][0]["id"]}
    await gym.post("/sponsors", body, expect=404)
