"""Give documents their numbers, as the last thing before the commit."""

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.document import Document
from gymhopper.contexts.billing.domain.numbering import number
from gymhopper.contexts.billing.storage import series


async def number_documents(uow: UnitOfWork, documents: list[Document]) -> None:
    """Number them, store them and tell of them.

    A series is held from here to the commit, so that whoever else issues waits for little, and a
    rollback gives its number back.
    """
    for document in documents:
        year = document.issued_on.year
        document.series_id, prefix, document.ordinal = await series.take(
            uow.connection,
            organisation_id=document.organisation_id,
            legal_entity_id=document.legal_entity_id,
            kind=document.kind,
            year=year,
        )
        document.number = number(prefix, year, document.ordinal)
        uow.add(document)
        uow.record(document, document.issued(), organisation_id=document.organisation_id)
