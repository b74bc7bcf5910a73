"""Say how the numbers of a seller's documents begin."""

from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.document import DocumentKind
from gymhopper.contexts.billing.domain.numbering import PrefixTaken, check_prefix
from gymhopper.contexts.billing.domain.seller import Numbering
from gymhopper.contexts.billing.storage.series import hold, used_by_other_kind
from gymhopper.contexts.billing.usecases.set_tax_rate import seller_of


async def set_numbering(
    uow: UnitOfWork,
    legal_entity_id: UUID,
    *,
    invoice_prefix: str,
    credit_note_prefix: str,
    expected: Expected = ANY,
) -> Numbering:
    """From the next document on. Another prefix begins another series, an old one goes on.

    Raises NotFound, InvalidInput, PrefixTaken, VersionMismatch, Forbidden.
    """
    seller = await seller_of(uow, legal_entity_id)
    wanted: dict[DocumentKind, str] = {"invoice": invoice_prefix, "credit_note": credit_note_prefix}
    if invoice_prefix == credit_note_prefix:
        raise PrefixTaken("Invoices and credit notes are numbered apart.", field="invoice_prefix")
    await hold(uow.connection, legal_entity_id)
    for kind, prefix in wanted.items():
        field = f"{kind}_prefix"
        check_prefix(prefix, field=field)
        if await used_by_other_kind(uow.connection, legal_entity_id, kind, prefix):
            raise PrefixTaken("Documents of the other kind have this prefix.", field=field)
    known = await uow.session.get(Numbering, legal_entity_id)
    if known is None:
        known = Numbering(id=legal_entity_id, organisation_id=seller.organisation_id)
        expected.require(known)
        uow.add(known)
    else:
        expected.require(known)
    if (known.invoice_prefix, known.credit_note_prefix) != tuple(wanted.values()):
        known.invoice_prefix, known.credit_note_prefix = invoice_prefix, credit_note_prefix
        known.version += 1
    await uow.flush()
    return known
