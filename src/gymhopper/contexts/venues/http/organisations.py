"""Routes of organisations."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.contexts.venues.domain.organisation import OrganisationKind
from gymhopper.contexts.venues.http.fields import ExternalRef, Name
from gymhopper.contexts.venues.queries import organisation_view
from gymhopper.contexts.venues.usecases import create_organisation as usecase

router = APIRouter(prefix="/organisations", tags=["organisations"])


class NewOrganisation(BaseModel):
    """An organisation to be created."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["North Gyms"])
    kind: OrganisationKind = "brand"
    external_ref: ExternalRef | None = None


class Organisation(BaseModel):
    """A tenant: a brand that runs locations, or the network's operator."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: OrganisationKind
    name: str
    external_ref: str | None
    created_at: AwareDatetime


@router.post("", status_code=201, summary="Create an organisation")
async def create_organisation(
    body: NewOrganisation,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("organisations:write"),
) -> Organisation:
    """For the platform's administrators only."""
    async with runtime.begin(caller) as uow:
        created = await usecase.create_organisation(
            uow, usecase.CreateOrganisation(**body.model_dump())
        )
    return Organisation.model_validate(created)


@router.get("/{organisation_id}", summary="Read an organisation")
async def get_organisation(
    organisation_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("venues:read")
) -> Organisation:
    """One's own, or any for a platform administrator."""
    async with runtime.read(caller) as connection:
        return Organisation.model_validate(await organisation_view(connection, organisation_id))
