"""Correct an invoice: credit a part of it, or all that is left."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.crediting import credited
from gymhopper.contexts.billing.domain.document import (
    Content,
    Corrected,
    Document,
    DocumentLine,
    NothingToCredit,
    OverCredit,
    sums,
)
from gymhopper.contexts.billing.domain.tax import Taxed
from gymhopper.contexts.billing.storage.document_tables import document
from gymhopper.contexts.billing.storage.sealed import open_content, seal_content
from gymhopper.contexts.billing.usecases.issue_invoice import invoice_of
from gymhopper.contexts.billing.usecases.number_documents import number_documents
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


async def issue_credit_note(
    uow: UnitOfWork, *, claim_id: UUID, amount: int | None, reason: str, cause: UUID
) -> Document:
    """Credit `amount` minor units of the claim's invoice, None for all that is left.

    One for each `cause`: a repeat gives the one that there is. Its number comes with the next flush
    of the unit of work. Raises NothingToCredit, OverCredit.
    """
    invoice = await invoice_of(uow, claim_id)
    if invoice is None:
        raise NothingToCredit("There is no invoice for this claim.")
    found = await uow.session.scalars(
        select(Document).where(document.c.corrects_id == invoice.id).order_by(document.c.id)
    )
    before = found.all()
    for each in before:
        if each.cause == cause:
            return each
    rest = invoice.payable - sum(each.payable for each in before)
    wanted = rest if amount is None else amount
    if rest <= 0:
        raise NothingToCredit("All of the invoice has been credited.")
    if not 0 < wanted <= rest:
        most = Money(rest, invoice.currency)
        raise OverCredit(f"At most {most} can be credited.", field="amount")
    taxes, rounding = credited(
        invoice.taxes,
        [each.taxes for each in before],
        amount=wanted,
        rest=rest,
        rounding=invoice.rounding - sum(each.rounding for each in before),
    )
    said = open_content(uow.runtime.secrets, invoice.id, invoice.content)
    whole = wanted == invoice.payable
    lines = said.lines if whole else _lines(invoice, taxes, reason)
    note = _credit_note(uow, invoice, said, lines=lines, taxes=taxes, rounding=rounding)
    note.cause = cause
    note.content = seal_content(
        uow.runtime.secrets, note.id, _content(invoice, said, lines=lines, reason=reason)
    )
    uow.collect(number_documents, note)
    return note


def _lines(invoice: Document, taxes: Sequence[Taxed], reason: str) -> tuple[DocumentLine, ...]:
    """A line for each rate."""
    return tuple(
        DocumentLine(
            kind="correction",
            text=reason,
            amount=each.gross if invoice.included else each.base,
            rate=each.rate,
            start=invoice.supply_start,
            until=invoice.supply_until,
        )
        for each in taxes
    )


def _credit_note(
    uow: UnitOfWork,
    invoice: Document,
    said: Content,
    *,
    lines: Sequence[DocumentLine],
    taxes: tuple[Taxed, ...],
    rounding: int,
) -> Document:
    net, tax = sums(taxes)
    now: datetime = uow.now
    return Document(
        id=new_id(),
        organisation_id=invoice.organisation_id,
        legal_entity_id=invoice.legal_entity_id,
        billing_account_id=invoice.billing_account_id,
        person_id=invoice.person_id,
        claim_id=invoice.claim_id,
        corrects_id=invoice.id,
        kind="credit_note",
        currency=invoice.currency,
        included=invoice.included,
        amounts=tuple(each.amount for each in lines),
        taxes=taxes,
        net=net,
        tax=tax,
        rounding=rounding,
        payable=net + tax + rounding,
        supply_start=invoice.supply_start,
        supply_until=invoice.supply_until,
        issued_on=local_date(now, said.zone),
        issued_at=now,
    )


def _content(
    invoice: Document, said: Content, *, lines: tuple[DocumentLine, ...], reason: str
) -> Content:
    return Content(
        language=said.language,
        zone=said.zone,
        seller=said.seller,
        buyer=said.buyer,
        lines=lines,
        payment=said.payment,
        corrected=Corrected(number=invoice.number, issued_on=invoice.issued_on, reason=reason),
    )
