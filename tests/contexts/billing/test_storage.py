"""The tables, and the walls between tenants."""

from sqlalchemy import select

from contexts.billing.shop import Shop
from contexts.billing.sponsors import covered, terms_of
from contexts.billing.test_disputes import take_back
from contexts.billing.till import Till
from contexts.billing.wallet import Wallet
from fixtures.engines import TestDatabase
from fixtures.schema import differences
from gymhopper.chassis.auth import AuthSubject
from gymhopper.contexts.billing.domain.credit import Placement
from gymhopper.contexts.billing.domain.document import Party
from gymhopper.contexts.billing.domain.seller import Numbering
from gymhopper.contexts.billing.storage import tables
from gymhopper.contexts.billing.usecases.grant_credit import grant_credit
from gymhopper.contexts.billing.usecases.open_sponsor import open_sponsor
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


def test_the_tables_equal_what_the_migrations_make(database: TestDatabase) -> None:
    assert differences(database, tables.metadata) == []


async def test_queries_without_any_filter_show_nothing_of_another_organisation(
    till: Till,
) -> None:
    purchase = await till.subscribe()
    claim = (await till.get(f"/memberships/{purchase.membership_id}")).json()["claims"][0]
    await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 100})
    await till.settle()
    wallet = Wallet(till, purchase)
    await wallet.add()
    await till.settle()
    await wallet.remove((await wallet.cards())[0]["id"])
    await take_back(till)
    opened = await till.post(f"/claims/{claim['claim_id']}/page", {})
    assert opened.status_code == 200, opened.text
    await one_of_everything(Shop(till.runtime, organisation=till.organisation))
    # What the provider said is the platform's.
    elsewhere = ("billing.reconciliation", "billing.webhook_event")
    tenant_tables = {name for name in tables.metadata.tables if not name.startswith(elsewhere)}
    for organisation_id, visible in ((till.organisation, True), (new_id(), False), (None, False)):
        subject = AuthSubject(kind="staff", id=new_id(), organisation_id=organisation_id)
        async with till.runtime.read(subject) as connection:
            for name, table in tables.metadata.tables.items():
                found = (await connection.execute(select(table))).all()
                assert bool(found) == (visible and name in tenant_tables), name
                if found:
                    assert {row.organisation_id for row in found} == {till.organisation}


async def one_of_everything(shop: Shop) -> None:
    await shop.open()
    await shop.customer(Party(name="Ada Beispiel"))
    await shop.credit(await shop.invoice())
    async with shop.unit() as uow:
        granted = await grant_credit(
            uow,
            account_id=shop.account,
            legal_entity_id=shop.legal_entity,
            amount=Money(500, "EUR"),
            reason="Closed",
            cause=new_id(),
        )
        uow.add(
            Placement(
                id=new_id(),
                credit_id=granted.credit_id,
                organisation_id=shop.organisation,
                amount=500,
                asked_at=uow.now,
            )
        )
        uow.add(Numbering(id=shop.legal_entity, organisation_id=shop.organisation))
        await open_sponsor(uow, terms_of(sponsor_id := new_id()), shop.organisation)
        await uow.flush()
        uow.add(covered(shop.organisation, sponsor_id))
