"""Issue the one legal invoice of a charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.document import (
    Billed,
    Content,
    Document,
    DocumentLine,
    PaymentTerms,
    SellerUnknown,
    language_for,
    rounding_of,
    sums,
)
from gymhopper.contexts.billing.domain.payer import NOBODY, Addressee, BillTo
from gymhopper.contexts.billing.domain.seller import Seller
from gymhopper.contexts.billing.domain.tax import TaxRate, rate_in_force, taxed
from gymhopper.contexts.billing.storage.document_tables import document, tax_rate
from gymhopper.contexts.billing.storage.sealed import open_addressee, seal_content
from gymhopper.contexts.billing.usecases.number_documents import number_documents
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.period import Period

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('invoice ' || :claim, 0))")


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceOrder:
    """What is charged: `charged` minor units for the lines, whose amounts are with tax when
    `included`. `person_id` is the payer, None for one that is no person. `supply` is what the whole
    is for; a line may have a period of its own."""

    organisation_id: UUID
    legal_entity_id: UUID
    billing_account_id: UUID
    person_id: UUID | None
    claim_id: UUID
    currency: str
    lines: Sequence[Billed]
    included: bool
    charged: int
    supply: Period
    payment: PaymentTerms = "automatic"
    due_on: date | None = None


async def issue_invoice(uow: UnitOfWork, order: InvoiceOrder) -> Document:
    """The invoice of the claim: issued now, or the one that there is.

    Its number comes with the next flush of the unit of work. Lines are taxed by the rates that are
    in force where their period begins. Raises SellerUnknown, AmountsDisagree.
    """
    issued = await invoice_of(uow, order.claim_id)
    if issued is not None:
        return issued
    seller = await uow.session.get(Seller, order.legal_entity_id)
    if seller is None or seller.organisation_id != order.organisation_id or not seller.name:
        raise SellerUnknown("The legal entity that sells this, or its name, is not known yet.")
    lines = await _lines(uow, order, seller)
    taxes = taxed(((each.rate, each.amount) for each in lines), included=order.included)
    rounding = rounding_of(order.lines, taxes, included=order.included, charged=order.charged)
    net, tax = sums(taxes)
    addressee = await _addressee(uow, order.billing_account_id)
    content = Content(
        language=addressee.language or language_for(addressee.party, seller.party),
        zone=seller.zone,
        seller=seller.party,
        buyer=addressee.party,
        lines=lines,
        payment=order.payment,
        due_on=order.due_on,
    )
    issued = Document(
        id=(key := new_id()),
        organisation_id=order.organisation_id,
        legal_entity_id=order.legal_entity_id,
        billing_account_id=order.billing_account_id,
        person_id=order.person_id,
        claim_id=order.claim_id,
        kind="invoice",
        currency=order.currency,
        included=order.included,
        amounts=tuple(each.amount for each in lines),
        taxes=taxes,
        net=net,
        tax=tax,
        rounding=rounding,
        payable=order.charged,
        supply_start=order.supply.start,
        supply_until=order.supply.until or order.supply.start,
        issued_on=local_date(uow.now, seller.zone),
        issued_at=uow.now,
        content=seal_content(uow.runtime.secrets, key, content),
    )
    uow.collect(number_documents, issued)
    return issued


async def invoice_of(uow: UnitOfWork, claim_id: UUID) -> Document | None:
    """The claim's invoice. Until the end nobody else issues anything for the claim.

    What this unit of work issued before is stored first, so that it is found.
    """
    await uow.flush()
    await uow.connection.execute(_ONE_AT_A_TIME, {"claim": str(claim_id)})
    return await uow.session.scalar(
        select(Document).where(document.c.claim_id == claim_id, document.c.kind == "invoice")
    )


async def _lines(uow: UnitOfWork, order: InvoiceOrder, seller: Seller) -> tuple[DocumentLine, ...]:
    found = await uow.session.scalars(
        select(TaxRate).where(tax_rate.c.legal_entity_id == seller.id)
    )
    rates = found.all()
    lines = []
    for each in order.lines:
        period = each.period or order.supply
        on = local_date(period.start, seller.zone)
        lines.append(
            DocumentLine(
                kind=each.kind,
                text=each.text,
                amount=each.amount,
                rate=rate_in_force(rates, each.tax_code, on),
                start=period.start,
                until=period.until or period.start,
            )
        )
    return tuple(lines)


async def _addressee(uow: UnitOfWork, billing_account_id: UUID) -> Addressee:
    known = await uow.session.get(BillTo, billing_account_id)
    if known is None:
        return NOBODY
    return open_addressee(uow.runtime.secrets, known.id, known.content)
