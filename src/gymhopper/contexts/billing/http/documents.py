"""Routes of invoices and credit notes."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.paging import Page, PageQuery
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.billing.domain.document import Content, Document
from gymhopper.contexts.billing.gateways.typesetting.pdf import pdf_of
from gymhopper.contexts.billing.http.fields import Amount
from gymhopper.contexts.billing.queries import documents as queries

router = APIRouter(prefix="/payments", tags=["documents"])

Kind = Literal["invoice", "credit_note"]


class TaxNumberView(BaseModel):
    """A number by which a tax office knows somebody."""

    model_config = ConfigDict(from_attributes=True)

    kind: str = Field(examples=["eu_vat"])
    value: str


class PartyView(BaseModel):
    """Who sells or buys, as the document names them."""

    model_config = ConfigDict(from_attributes=True)

    name: str | None
    lines: list[str]
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None
    tax_ids: list[TaxNumberView]


class DocumentTax(BaseModel):
    """What one rate comes to. `category` is one of UNCL5305: S, Z, E or O."""

    category: Literal["S", "Z", "E", "O"]
    percent: str = Field(examples=["19"])
    base: Amount
    tax: Amount
    exemption: str | None


class DocumentLineView(BaseModel):
    """A line, for `[start, until)`. Its amount is with tax where `prices_include_tax`."""

    kind: str
    text: str
    amount: Amount
    percent: str
    start: datetime
    until: datetime


class DocumentSummary(BaseModel):
    """A document as lists show it: ids, number and sums."""

    document_id: UUID
    kind: Kind
    number: str
    legal_entity_id: UUID
    billing_account_id: UUID
    person_id: UUID | None
    claim_id: UUID
    corrects_id: UUID | None = Field(description="The invoice that a credit note is about.")
    net: Amount
    tax: Amount
    rounding: Amount
    payable: Amount = Field(description="What is charged, or given back.")
    issued_on: date = Field(description="In the seller's zone.")


class DocumentView(DocumentSummary):
    """All that the document says."""

    prices_include_tax: bool
    language: Literal["en", "de"]
    supply_start: datetime
    supply_until: datetime
    seller: PartyView
    buyer: PartyView
    lines: list[DocumentLineView]
    taxes: list[DocumentTax]
    due_on: date | None
    reason: str | None = Field(description="Why a credit note was issued.")


class DocumentPage(Page[DocumentSummary]):
    """Some of the documents."""


class DocumentQuery(PageQuery):
    """Which documents."""

    kind: Kind | None = None
    legal_entity_id: UUID | None = None
    billing_account_id: UUID | None = None
    person_id: UUID | None = None
    claim_id: UUID | None = None
    number: str | None = Field(default=None, max_length=40, pattern=r"^[A-Z0-9-]+$")
    issued_from: date | None = None
    issued_until: date | None = Field(default=None, description="The day after the last.")

    @property
    def wanted(self) -> queries.DocumentFilter:
        """As the query has it."""
        return queries.DocumentFilter(**self.model_dump(exclude={"cursor", "limit"}))


@router.get("/documents", summary="List invoices and credit notes")
async def list_documents(
    query: Annotated[DocumentQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("documents:read"),
) -> DocumentPage:
    """The newest first; people see those that are made out to them."""
    async with runtime.read(caller) as connection:
        found = await queries.list_documents(
            connection, query.wanted, after=query.after(UUID), limit=query.fetch
        )
    shown, next_cursor = query.cut(found, lambda each: each.id)
    return DocumentPage(
        items=[DocumentSummary(**_summary(each)) for each in shown], next_cursor=next_cursor
    )


@router.get(
    "/documents/{document_id}.pdf",
    summary="Read an invoice or credit note as PDF",
    response_class=Response,
    responses={
        200: {
            "description": "The document as it is sent to the buyer.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def get_document_pdf(
    document_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("documents:read")
) -> Response:
    """In the language that it was issued in; always the same bytes."""
    found, said = await _read(runtime, caller, document_id)
    return Response(
        await pdf_of(found, said),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{found.number}.pdf"'},
    )


@router.get("/documents/{document_id}", summary="Read an invoice or credit note")
async def get_document(
    document_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("documents:read")
) -> DocumentView:
    """All that it says. A document never changes: what is wrong in it, a credit note corrects."""
    found, said = await _read(runtime, caller, document_id)

    def money(amount: int) -> Amount:
        return Amount(amount=amount, currency=found.currency)

    return DocumentView(
        **_summary(found),
        prices_include_tax=found.included,
        language=said.language,
        supply_start=found.supply_start,
        supply_until=found.supply_until,
        seller=PartyView.model_validate(said.seller),
        buyer=PartyView.model_validate(said.buyer),
        lines=[
            DocumentLineView(
                kind=each.kind,
                text=each.text,
                amount=money(each.amount),
                percent=each.rate.percent,
                start=each.start,
                until=each.until,
            )
            for each in said.lines
        ],
        taxes=[
            DocumentTax(
                category=each.rate.category,
                percent=each.rate.percent,
                base=money(each.base),
                tax=money(each.tax),
                exemption=each.rate.exemption,
            )
            for each in found.taxes
        ],
        due_on=said.due_on,
        reason=None if said.corrected is None else said.corrected.reason,
    )


async def _read(
    runtime: Runtime, caller: AuthSubject, document_id: UUID
) -> tuple[Document, Content]:
    async with runtime.read(caller) as connection:
        found, said = await queries.read_document(connection, document_id, runtime.secrets)
    await runtime.looked_at(
        caller,
        found.person_id,
        ("billing.document", document_id),
        organisation_id=found.organisation_id,
    )
    return found, said


def _summary(found: Document) -> dict[str, Any]:
    def money(amount: int) -> Amount:
        return Amount(amount=amount, currency=found.currency)

    return {
        "document_id": found.id,
        "kind": found.kind,
        "number": found.number,
        "legal_entity_id": found.legal_entity_id,
        "billing_account_id": found.billing_account_id,
        "person_id": found.person_id,
        "claim_id": found.claim_id,
        "corrects_id": found.corrects_id,
        "net": money(found.net),
        "tax": money(found.tax),
        "rounding": money(found.rounding),
        "payable": money(found.payable),
        "issued_on": found.issued_on,
    }
