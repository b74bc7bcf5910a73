"""A member sees what is owed and paid for their own memberships, and may pay for them."""

from uuid import UUID

import sqlalchemy as sa

from contexts.billing.till import Till
from gymhopper.chassis.auth import SERVICE, AuthSubject
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.follow_merge import follow_merge
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.kernel.ids import new_id

PERSON = UUID(int=7)
NOT_PERSONAL = dict.fromkeys("seller numbering tax_rate series".split(), 0)
"""What is about a seller is the organisation's alone."""

OF_AN_ACCOUNT = dict.fromkeys("credit credit_movement credit_placement".split(), 1)
"""These name the account of the person, who is seen to have one and no more."""


def sign_in(till: Till) -> None:
    for name, person_id, gym in [
        ("ada", PERSON, till.organisation),
        ("eve", new_id(), till.organisation),
        ("half", PERSON, new_id()),
    ]:
        till.runtime.api(IdentityApi)._tokens[name] = Caller(
            kind="member",
            id=new_id(),
            organisation_id=None,
            person_id=person_id,
            within=(gym,),
            scopes=("payments:read", "checkouts:write"),
        )


def ada(*gyms: UUID) -> AuthSubject:
    """The person within the gyms that vouched."""
    return AuthSubject(kind="member", person_id=PERSON, within=gyms)


async def test_a_member_reads_own_payments_and_no_others(till: Till) -> None:
    sign_in(till)
    mine = await till.subscribe(person_id=PERSON)
    other = await till.subscribe()
    seen = await till.get(f"/memberships/{mine.membership_id}", "ada")
    assert len(seen.json()["payments"]) == 1, seen.text
    assert (await till.get(f"/memberships/{other.membership_id}", "ada")).status_code == 404
    for name in ("eve", "half"):
        assert (await till.get(f"/memberships/{mine.membership_id}", name)).status_code == 404


async def test_without_any_filter_a_member_reads_own_rows_only(till: Till) -> None:
    await till.subscribe(person_id=PERSON)
    await till.subscribe(person_id=PERSON)
    await till.subscribe()
    for row in await till.rows("SELECT id FROM billing.billing_account"):
        amount = {"amount": 500, "currency": "EUR"}
        granted = await till.post(
            f"/billing-accounts/{row['id']}/credit", {"amount": amount, "reason": "Closed"}
        )
        assert granted.status_code == 201, granted.text
    await till.settle()
    async with till.runtime.read(ada(till.organisation)) as connection:
        for table in tables.metadata.sorted_tables:
            nobody = sa.literal(PERSON if table.name in OF_AN_ACCOUNT else None)
            people = table.c.get("person_id", nobody)
            found = (await connection.execute(sa.select(people).select_from(table))).scalars().all()
            assert set(found) <= {PERSON}, table.name
            wanted = {"refund": 0, "webhook_event": 0, "billing_account": 1, "bill_to": 1}
            wanted |= NOT_PERSONAL | OF_AN_ACCOUNT
            wanted |= {"card_page": 0, "removed_card": 0, "claim_page": 0}
            # What a sponsor is asked for is for the sponsor and the gym.
            wanted |= {"sponsor_account": 0, "covered_period": 0}
            books = table.name.startswith(("ledger_", "reconciliation"))
            assert len(found) == (0 if books else wanted.get(table.name, 2)), table.name
    for gyms in ((), (new_id(),)):
        async with till.runtime.read(ada(*gyms)) as connection:
            for table in tables.metadata.sorted_tables:
                assert not (await connection.execute(sa.select(table))).all(), table.name


async def test_a_member_opens_the_page_for_an_own_membership_only(till: Till) -> None:
    sign_in(till)
    mine = till.sell(person_id=PERSON)
    price = {"amount": mine.price.amount, "currency": mine.price.currency}
    body = {"membership_id": str(mine.membership_id), "price": price}
    for name in ("eve", "half"):
        assert (await till.post("/checkouts", body, name)).status_code == 404
    opened = await till.post("/checkouts", body, "ada")
    assert opened.status_code == 201, opened.text
    assert (await till.post("/checkouts", body, "ada")).json() == opened.json()
    refund = await till.post(f"/claims/{new_id()}/refunds", {}, "ada")
    assert refund.status_code == 403


async def test_the_books_are_not_a_members_to_write(till: Till) -> None:
    await till.subscribe(person_id=PERSON)
    async with till.runtime.begin(ada(till.organisation)) as uow:
        for table in (tables.claim, tables.dues, tables.payment):
            changed = await uow.connection.execute(sa.update(table).values(currency="XXX"))
            assert changed.rowcount == 0, table.name


async def test_what_a_merged_member_owes_and_paid_is_the_survivors(till: Till) -> None:
    sign_in(till)
    twin = await till.subscribe()
    mine = await till.subscribe(person_id=PERSON)
    async with till.runtime.begin(SERVICE) as uow:
        await follow_merge(
            uow,
            organisation_id=till.organisation,
            person_id=twin.person_id,
            into_person_id=PERSON,
        )
    for each in (mine, twin):
        seen = await till.get(f"/memberships/{each.membership_id}", "ada")
        assert len(seen.json()["payments"]) == 1, seen.text
