"""Make a tenant."""

from dataclasses import dataclass

from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.venues.domain.organisation import Organisation, OrganisationKind
from gymhopper.contexts.venues.queries import OrganisationView, organisation_view
from gymhopper.contexts.venues.storage.references import unique_external_ref
from gymhopper.contracts.venues.events import OrganisationCreated
from gymhopper.kernel.errors import Forbidden
from gymhopper.kernel.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrganisation:
    """A brand or an operator."""

    kind: OrganisationKind
    name: str
    external_ref: str | None = None


async def create_organisation(uow: UnitOfWork, command: CreateOrganisation) -> OrganisationView:
    """Create it; Forbidden for those who act for one organisation, ExternalRefTaken."""
    if not uow.subject.everywhere:
        raise Forbidden(
            "Only the platform's administrators create organisations.", code="platform_only"
        )
    organisation = Organisation(
        id=new_id(),
        kind=command.kind,
        name=command.name,
        external_ref=command.external_ref,
        created_at=uow.now,
    )
    async with unique_external_ref(uow):
        uow.add(organisation)
        uow.record(
            organisation,
            OrganisationCreated(
                organisation_id=organisation.id, name=organisation.name, kind=organisation.kind
            ),
            organisation_id=organisation.id,
        )
    return await organisation_view(uow.connection, organisation.id)
