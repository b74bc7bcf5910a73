"""Routes of legal entities."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.chassis.http.tenant import tenant
from gymhopper.contexts.venues.domain.organisation import LegalEntityChange, TaxId
from gymhopper.contexts.venues.http.fields import (
    Country,
    Currency,
    ExternalRef,
    Name,
    PostalAddress,
    Zone,
)
from gymhopper.contexts.venues.queries import legal_entity_view
from gymhopper.contexts.venues.usecases import change_legal_entity as changing
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


class ChangedLegalEntity(BaseModel):
    """A merge patch (RFC 7396): what is absent stays, a null address takes it back."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = Field(default=None, examples=["North Gyms GmbH"])
    address: PostalAddress | None = None
    tax_ids: list[TaxNumber] | None = Field(default=None, max_length=20)

    @model_validator(mode="after")
    def _null_only_where_it_means_something(self) -> Self:
        for name in self.model_fields_set - {"address"}:
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self

    def value(self) -> LegalEntityChange:
        """As the domain has it."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if self.address is not None:
            given["address"] = self.address.value()
        if self.tax_ids is not None:
            given["tax_ids"] = _tax_ids(self.tax_ids)
        return LegalEntityChange(**given)


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
    body: NewLegalEntity,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("venues:write"),
) -> LegalEntity:
    """Its country, currency and zone are those of everything that it sells."""
    command = usecase.CreateLegalEntity(
        organisation_id=await tenant(runtime, caller, body.organisation_id),
        name=body.name,
        address=None if body.address is None else body.address.value(),
        tax_ids=_tax_ids(body.tax_ids),
        country=body.country,
        currency=body.currency,
        zone=body.zone,
        external_ref=body.external_ref,
    )
    async with runtime.begin(caller) as uow:
        created = await usecase.create_legal_entity(uow, command)
    set_etag(response, created.version)
    return LegalEntity.model_validate(created)


@router.get("/{legal_entity_id}", summary="Read a legal entity")
async def get_legal_entity(
    legal_entity_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("venues:read"),
) -> LegalEntity:
    """One of one's own organisation, or any for a platform administrator."""
    async with runtime.read(caller) as connection:
        found = await legal_entity_view(connection, legal_entity_id)
    set_etag(response, found.version)
    return LegalEntity.model_validate(found)


@router.patch("/{legal_entity_id}", summary="Change a legal entity")
async def change_legal_entity(
    legal_entity_id: UUID,
    body: ChangedLegalEntity,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("venues:write"),
) -> LegalEntity:
    """Documents that were issued before keep what they say."""
    async with runtime.begin(caller) as uow:
        changed = await changing.change_legal_entity(uow, legal_entity_id, body.value(), expected)
    set_etag(response, changed.version)
    return LegalEntity.model_validate(changed)


def _tax_ids(given: list[TaxNumber]) -> tuple[TaxId, ...]:
    return tuple(TaxId(kind=each.kind, value=each.value) for each in given)
