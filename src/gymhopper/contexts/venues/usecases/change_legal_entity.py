"""Change what is said of a seller."""

from uuid import UUID

from gymhopper.chassis.expected import ANY, Expected
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.venues.domain.organisation import LegalEntity, LegalEntityChange
from gymhopper.contexts.venues.queries import LegalEntityView, legal_entity_view
from gymhopper.contexts.venues.usecases.tell_of_legal_entity import told_of
from gymhopper.contracts.venues.events import LegalEntityChanged


async def change_legal_entity(
    uow: UnitOfWork, legal_entity_id: UUID, change: LegalEntityChange, expected: Expected = ANY
) -> LegalEntityView:
    """Take the change over, and tell of it when there is a difference.

    Raises NotFound, VersionMismatch, and Forbidden for callers who are limited to another place.
    """
    entity = await uow.get(LegalEntity, legal_entity_id)
    uow.subject.require_place(legal_entity_id=entity.id)
    expected.require(entity)
    entity.change(change)
    if uow.session.is_modified(entity):
        uow.record(
            entity,
            LegalEntityChanged(**told_of(entity)),
            organisation_id=entity.organisation_id,
        )
    await uow.flush()
    return await legal_entity_view(uow.connection, entity.id)
