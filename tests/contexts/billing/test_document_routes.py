"""Documents over HTTP: whoever may, reads them; nobody else learns that they exist."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from contexts.billing.shop import Line, Shop
from fixtures.callers import callers_context, http_client, in_role, staff_of
from fixtures.runtimes import NewRuntime
from gymhopper.chassis.auth import AuthSubject
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.domain.document import Party
from gymhopper.contexts.billing.storage import document_tables as tables
from gymhopper.contracts.identity.api import Caller
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id

ORGANISATION, PERSON = UUID(int=11), UUID(int=7)


@dataclass
class Counter:
    """A shop, and people who ask it for papers."""

    shop: Shop
    client: httpx.AsyncClient

    async def get(self, path: str, by: str = "desk") -> httpx.Response:
        return await self.client.get(
            f"/api/v1/payments/documents{path}", headers={"Authorization": f"Bearer {by}"}
        )


def member(person_id: UUID, *gyms: UUID) -> Caller:
    return Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=person_id,
        within=gyms,
        scopes=("documents:read",),
    )


@pytest.fixture
async def counter(new_runtime: NewRuntime) -> AsyncIterator[Counter]:
    runtime = await new_runtime(
        [
            billing,
            callers_context(
                desk=in_role("front_desk", ORGANISATION),
                stranger=staff_of(new_id()),
                unscoped=staff_of(ORGANISATION, "payments:read"),
                ada=member(PERSON, ORGANISATION),
                eve=member(new_id(), ORGANISATION),
                elsewhere=member(PERSON, new_id()),
            ),
        ]
    )
    shop = Shop(runtime, organisation=ORGANISATION, person=PERSON)
    await shop.open()
    await shop.customer(Party(name="Ada Beispiel", lines=("Ring 1",), city="Wien", country="AT"))
    async with http_client(runtime) as client:
        yield Counter(shop, client)


async def test_a_document_is_read_by_the_desk_and_its_payer_and_unknown_to_others(
    counter: Counter,
) -> None:
    issued = await counter.shop.invoice([Line(2990), Line(1500, "reduced", "Towel")])
    for by in ("desk", "ada"):
        seen = (await counter.get(f"/{issued.id}", by)).json()
        assert seen["number"] == "INV-2026-000001"
        assert seen["seller"]["name"] == "Nordsport GmbH"
        assert seen["seller"]["tax_ids"] == [{"kind": "eu_vat", "value": "DE123456789"}]
        assert seen["buyer"]["name"] == "Ada Beispiel"
        assert [line["text"] for line in seen["lines"]] == ["Basic", "Towel"]
        assert [tax["percent"] for tax in seen["taxes"]] == ["19", "7"]
        assert seen["payable"] == {"amount": 4490, "currency": "EUR"}
    for suffix in ("", ".pdf"):
        for by in ("stranger", "eve", "elsewhere"):
            hidden = await counter.get(f"/{issued.id}{suffix}", by)
            unknown = await counter.get(f"/{new_id()}{suffix}", by)
            assert (hidden.status_code, unknown.status_code) == (404, 404)
            assert hidden.json()["detail"] == unknown.json()["detail"]
        assert (await counter.get(f"/{issued.id}{suffix}", "unscoped")).status_code == 403
        assert (await counter.get(f"/{issued.id}{suffix}", "nobody")).status_code == 401
    assert (await counter.get("/none.pdf")).status_code == 422


async def test_the_pdf_is_the_same_bytes_each_time(counter: Counter, clock: ManualClock) -> None:
    issued = await counter.shop.invoice()
    first = await counter.get(f"/{issued.id}.pdf", "ada")
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "application/pdf"
    assert first.headers["content-disposition"] == 'inline; filename="INV-2026-000001.pdf"'
    assert first.content.startswith(b"%PDF-")
    clock.advance(timedelta(days=100))
    assert (await counter.get(f"/{issued.id}.pdf")).content == first.content


async def test_lists_are_the_newest_first_in_pages_and_filtered(
    counter: Counter, clock: ManualClock
) -> None:
    shop = counter.shop
    invoices = [await shop.invoice() for _ in range(3)]
    clock.advance(timedelta(days=3))
    note = await shop.credit(invoices[0], 100)
    other = await shop.invoice(person_id=new_id(), billing_account_id=new_id())

    async def numbers(query: str = "", by: str = "desk") -> list[str]:
        found: dict[str, Any] = (await counter.get(query, by)).json()
        return [each["number"] for each in found["items"]]

    everything = [other.number, note.number, *(each.number for each in reversed(invoices))]
    assert await numbers() == everything
    assert await numbers(by="ada") == everything[1:]
    assert await numbers(by="eve") == await numbers(by="stranger") == []
    assert await numbers("?kind=credit_note") == [note.number]
    assert await numbers(f"?claim_id={invoices[0].claim_id}") == [note.number, invoices[0].number]
    assert await numbers(f"?billing_account_id={shop.account}&kind=invoice") == everything[2:]
    assert await numbers(f"?person_id={PERSON}&issued_from=2026-03-05") == [note.number]
    assert await numbers("?issued_until=2026-03-05") == everything[2:]
    assert await numbers(f"?number={note.number}") == [note.number]
    assert await numbers(f"?legal_entity_id={new_id()}") == []
    first = (await counter.get("?limit=2")).json()
    second = (await counter.get(f"?limit=200&cursor={first['next_cursor']}")).json()
    assert [each["number"] for each in first["items"] + second["items"]] == everything
    assert second["next_cursor"] is None
    for wrong in ("?kind=receipt", "?number=%00", "?clam_id=1", "?cursor=AAAA", "?issued_from=x"):
        assert (await counter.get(wrong)).status_code == 422, wrong


async def test_without_any_filter_a_payer_reads_own_documents_and_writes_none(
    counter: Counter,
) -> None:
    shop = counter.shop
    own = await shop.invoice()
    await shop.invoice(person_id=new_id(), billing_account_id=new_id())
    ada = AuthSubject(kind="member", person_id=PERSON, within=(ORGANISATION,))
    async with shop.runtime.begin(ada) as uow:
        for table in (tables.seller, tables.tax_rate, tables.series, tables.numbering):
            assert (await uow.connection.execute(sa.select(table))).all() == []
        found = await uow.connection.execute(sa.select(tables.document.c.id))
        assert found.scalars().all() == [own.id]
        changed = await uow.connection.execute(sa.update(tables.document).values(content=b""))
        assert changed.rowcount == 0


async def test_who_looks_at_a_document_of_somebody_else_leaves_a_trace(counter: Counter) -> None:
    issued = await counter.shop.invoice()
    await counter.get(f"/{issued.id}.pdf", "desk")
    await counter.get(f"/{issued.id}", "ada")
    looked = await counter.shop.rows(
        "SELECT operation, role FROM audit.entry WHERE action = 'looked'"
    )
    assert [tuple(each) for each in looked] == [("get_document_pdf", "front_desk")]
