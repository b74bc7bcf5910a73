"""A sponsor's month is asked for once, whatever happens while that is done."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import pytest

from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.billing.storage import sponsor_tables
from gymhopper.contexts.billing.usecases import claim_month
from gymhopper.kernel.ids import new_id
from payments.studio import Studio
from payments.test_sponsors import agree, claims, coming, month_ends, people, push, sponsor_of


async def asked(studio: Studio, of: str) -> list[tuple[object, ...]]:
    """Which period of whom is in which claim."""
    rows = await studio.rows(
        "SELECT membership_id, start, claim_id, own_claim_id, part, own"
        " FROM billing.covered_period WHERE sponsor_id = :id ORDER BY start, membership_id",
        id=UUID(of),
    )
    return [tuple(row.values()) for row in rows]


async def over(studio: Studio, of: str) -> None:
    """Let the month be over, with nothing done about it yet."""
    until = (await coming(studio, of))["until"]
    await studio.advance(seconds=1)
    studio.clock.advance(
        (type(studio.clock.now()).fromisoformat(until) - studio.clock.now()) + timedelta(seconds=1)
    )


async def test_the_job_that_runs_twice_or_at_once_asks_once(studio: Studio) -> None:
    of = await sponsor_of(studio)
    await agree(studio, of, share={"percent": 50})
    await push(studio, of, "E-1", "E-2")
    await over(studio, of)
    await asyncio.gather(*(claim_month.claim_months(studio.runtime, UUID(of)) for _ in range(4)))
    await claim_month.claim_months(studio.runtime, UUID(of))
    await month_ends(studio, of)
    assert len(await claims(studio, of)) == 2
    found = await asked(studio, of)
    assert len(found) == 4
    assert all(row[2] is not None and row[3] is not None for row in found)


STEPS = ("gather_periods", "invoice_claim", "settle_claim", "charge_fee", "ask_member")
"""Where the process is killed: before, within and after the sponsor's claim, and the members'."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_any_step_it_goes_on_and_doubles_nothing(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool
) -> None:
    of = await sponsor_of(studio)
    await agree(studio, of, share={"percent": 50})
    await push(studio, of, "E-1", "E-2")
    await over(studio, of)
    real = getattr(claim_month, step)

    async def killed(*args: object, **more: object) -> None:
        if after:
            await real(*args, **more)
        raise RuntimeError("the worker is gone")

    monkeypatch.setattr(claim_month, step, killed)
    with pytest.raises(RuntimeError):
        await claim_month.claim_months(studio.runtime, UUID(of))
    monkeypatch.setattr(claim_month, step, real)
    await claim_month.claim_months(studio.runtime, UUID(of))
    found = await asked(studio, of)
    assert len(found) == 2
    assert len({row[2] for row in found}) == 1
    assert len({row[3] for row in found}) == 2
    for each in (await people(studio, of)).values():
        assert len(await studio.claims(each)) == 1


async def test_months_that_were_slept_through_are_asked_for_one_by_one(studio: Studio) -> None:
    of = await sponsor_of(studio)
    await push(studio, of, "E-1")
    studio.clock.advance(timedelta(days=100))
    await claim_month.claim_months(studio.runtime, UUID(of))
    found = await claims(studio, of)
    assert len(found) >= 3
    assert {each["amount"]["amount"] for each in found} == {2990}
    assert len({each["start"] for each in found}) == len(found)


async def test_five_hundred_people_are_one_claim_and_one_invoice(studio: Studio) -> None:
    of = await sponsor_of(studio)
    names = [f"E-{number:03}" for number in range(500)]
    await push(studio, of, *names)
    await over(studio, of)
    began = time.perf_counter()
    await claim_month.claim_months(studio.runtime, UUID(of))
    took = f"{time.perf_counter() - began:.2f} s for 500 people"
    (claim,) = await claims(studio, of)
    assert claim["amount"]["amount"] == 500 * 2990, took
    document = await studio.call("GET", f"/payments/documents/{claim['document_id']}", expect=200)
    assert len(document["lines"]) == 500, took
    assert (await studio.numbers()) == {"invoice": 1}, took


async def test_nobody_sees_what_another_organisations_sponsor_owes(studio: Studio) -> None:
    of = await sponsor_of(studio)
    await push(studio, of, "E-1")
    await month_ends(studio, of)
    (membership,) = (await people(studio, of)).values()
    member = AuthSubject(
        kind="member",
        id=new_id(),
        person_id=UUID((await studio.membership(membership))["person_id"]),
        within=(studio.organisation,),
    )
    stranger = AuthSubject(kind="staff", id=new_id(), organisation_id=new_id())
    tables = (sponsor_tables.sponsor_account, sponsor_tables.covered_period)
    for caller, sees in ((SERVICE, True), (stranger, False), (member, False)):
        async with studio.runtime.read(caller) as connection:
            for table in tables:
                found = (await connection.execute(table.select())).all()
                assert bool(found) is sees, table.name
    # A sponsor's books are no membership's.
    await studio.call("GET", f"/payments/memberships/{of}", expect=404)
    for path in ("", "/claims", "/periods", "/next-claim"):
        await studio.call("GET", f"/payments/sponsors/{new_id()}{path}", expect=404)
