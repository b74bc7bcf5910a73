"""Routes of legal entities."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.venues.domain.organisation import TaxId
from gymhopper.contexts.venues.http.fields import (
    Country,
    Currency,
    ExternalRef,
    Name,
    PostalAddress,
    Zone,
)
from gymhopper.contexts.venues.queries import legal_entity_view
from gymhopper.contexts.venues.usecases import create_legal_entity as usecase

router = APIRouter(prefix="/legal-entities", tags=["legal entities"])


class TaxNumber(BaseModel):
    """A number by which a tax office knows the seller."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    kind: Annotated[str, Field(pattern=r"^[a-z]{2}_[a-z]{2,20}$", examples=["eu_vat"])]
    value: Annotated[Name, Field(examples=["DE123456789"])]


class NewLegalEntity(BaseModel):
    """A legal entity to be created."""

    model_config = ConfigDict(extra="forbid")

    organisation_id: UUID | None = None
    name: Name = Field(examples=["North Gyms GmbH"])
    address: PostalAddress | None = None
    tax_ids: list[TaxNumber] = Field(default=[], max_length=20)
    country: Country
    currency: Currency
    zone: Zone
    external_ref: ExternalRef | None = None


class LegalEntity(BaseModel):
    """Seller and data controller inside an organisation."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    organisation_id: UUID
    name: str
    address: PostalAddress | None
    tax_ids: list[TaxNumber]
    country: str
    currency: str
    zone: str
    external_ref: str | None
    created_at: AwareDatetime


@router.post("", status_code=201, summary="Create a legal entity")
async def create_legal_entity(
    body: NewLegalEntity, runtime: CurrentRuntime, caller: AuthSubject = scoped("venues:write")
) -> LegalEntity:
    """Its country, currency and zone are those of everything that it sells."""
    command = usecase.CreateLegalEntity(
        organisation_id=await tenant(runtime, caller, body.organisation_id),
        name=body.name,
        address=None if body.address is None else body.address.value(),
        tax_ids=tuple(TaxId(kind=each.kind, value=each.value) for each in body.tax_ids),
        country=body.country,
        currency=body.currency,
        zone=body.zone,
        external_ref=body.external_ref,
    )
    async with runtime.begin(caller) as uow:
        created = await usecase.create_legal_entity(uow, command)
    return LegalEntity.model_validate(created)


@router.get("/{legal_entity_id}", summary="Read a legal entity")
async def get_legal_entity(
    legal_entity_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("venues:read")
) -> LegalEntity:
    """One of one's own organisation, or any for a platform administrator."""
    async with runtime.read(caller) as connection:
        return LegalEntity.model_validate(await legal_entity_view(connection, legal_entity_id))
