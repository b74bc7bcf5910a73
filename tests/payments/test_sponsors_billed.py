"""A sponsor's month is asked for once, whatever happens while that is done."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

from sqlalchemy import event

from contexts.billing.disturbed import Cut
from contexts.billing.samples import MONTHLY
from contexts.billing.sponsors import ALL, somebody
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.billing.storage import sponsor_tables
from gymhopper.contexts.billing.usecases import claim_month
from gymhopper.contracts.membership.sponsors.api import Sponsoring
from gymhopper.kernel.calendar import local_date
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


async def killed_at(studio: Studio, of: str, statement: int) -> bool:
    """Have the job done by a process that is killed before that statement; whether it came so far,
    and no further."""
    left = statement

    def kill(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Cut

    engine = studio.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", kill)
    try:
        await claim_month.claim_months(studio.runtime, UUID(of))
    except Cut:
        return True
    finally:
        event.remove(engine, "before_cursor_execute", kill)
    return False


async def test_killed_before_any_statement_it_goes_on_and_doubles_nothing(studio: Studio) -> None:
    of = await sponsor_of(studio)
    await agree(studio, of, share={"percent": 50})
    await push(studio, of, "E-1", "E-2")
    await over(studio, of)
    statement, states = 0, [await asked(studio, of)]
    while await killed_at(studio, of, statement):
        statement += 1
        if (found := await asked(studio, of)) != states[-1]:
            # From here on it does something else.
            states, statement = [*states, found], 0
    found = await asked(studio, of)
    # Nothing, the month, and the first of the two members; then it came through.
    assert [len(each) for each in states] == [0, 2, 2]
    assert len(await claims(studio, of)) == 1
    assert len({row[2] for row in found}) == 1
    assert len({row[3] for row in found}) == 2
    for each in (await people(studio, of)).values():
        assert len(await studio.claims(each)) == 1


async def test_whoever_comes_second_to_a_month_asks_for_nothing_whomever_it_saw(
    studio: Studio,
) -> None:
    of = await sponsor_of(studio)
    await push(studio, of, "E-1")
    (before,) = await studio.rows("SELECT dues_id, billed_until FROM billing.sponsor_account")
    one_more = somebody(local_date(studio.clock.now(), MONTHLY.zone))
    await over(studio, of)
    await claim_month.claim_months(studio.runtime, UUID(of))
    seen = Sponsoring(sponsor_id=UUID(of), name="Engines Ltd", shares=(ALL,), covered=(one_more,))
    async with studio.runtime.begin(SERVICE) as uow:
        await claim_month.claim_month(uow, before["dues_id"], before["billed_until"], seen)
    assert len(await claims(studio, of)) == 1
    assert len(await asked(studio, of)) == 1


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
