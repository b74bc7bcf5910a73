"""Keep a copy of who sells, so that a document needs to ask nobody."""

from sqlalchemy.dialects.postgresql import insert

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.domain.document import TaxNumber
from gymhopper.contexts.billing.storage.document_tables import seller
from gymhopper.contracts.venues.events import LegalEntityChanged, LegalEntityCreated


async def follow_seller(
    uow: UnitOfWork, event: LegalEntityCreated | LegalEntityChanged, version: int
) -> None:
    """Take over what venues says, unless a later version is known."""
    at = event.address
    said = insert(seller).values(
        id=event.legal_entity_id,
        organisation_id=event.organisation_id,
        version=version,
        name=event.name,
        lines=() if at is None else tuple(filter(None, (at.line1, at.line2))),
        postal_code=at and at.postal_code,
        city=at and at.city,
        region=at and at.region,
        country=event.country,
        tax_ids=tuple(TaxNumber(kind=each.kind, value=each.value) for each in event.tax_ids),
        currency=event.currency,
        zone=event.zone,
    )
    await uow.connection.execute(
        said.on_conflict_do_update(
            index_elements=["id"],
            set_={c.name: said.excluded[c.name] for c in seller.c if c.name != "id"},
            where=seller.c.version < said.excluded.version,
        )
    )
