"""Give an organisation a seller."""

from dataclasses import dataclass
from uuid import UUID

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.venues.domain.organisation import (
    Address,
    LegalEntity,
    Organisation,
    TaxId,
)
from gymhopper.contexts.venues.queries import LegalEntityView, legal_entity_view
from gymhopper.contexts.venues.storage.references import unique_external_ref
from gymhopper.contexts.venues.usecases.tell_of_legal_entity import told_of
from gymhopper.contracts.venues.events import LegalEntityCreated
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLegalEntity:
    """Country (ISO 3166-1), currency (ISO 4217) and zone (IANA) are the seller's own."""

    organisation_id: UUID
    name: str
    address: Address | None = None
    tax_ids: tuple[TaxId, ...] = ()
    country: str
    currency: str
    zone: str
    external_ref: str | None = None


async def create_legal_entity(uow: UnitOfWork, command: CreateLegalEntity) -> LegalEntityView:
    """Create it; NotFound without the organisation, InvalidInput, ExternalRefTaken, Forbidden."""
    await uow.get(Organisation, command.organisation_id)
    uow.subject.require_place()
    entity = LegalEntity(
        id=new_id(),
        organisation_id=command.organisation_id,
        name=command.name,
        address=command.address,
        tax_ids=command.tax_ids,
        country=command.country,
        currency=command.currency,
        zone=command.zone,
        external_ref=command.external_ref,
        created_at=uow.now,
    )
    async with unique_external_ref(uow):
        uow.add(entity)
        uow.record(
            entity,
            LegalEntityCreated(**told_of(entity)),
            organisation_id=entity.organisation_id,
        )
    return await legal_entity_view(uow.connection, entity.id)
