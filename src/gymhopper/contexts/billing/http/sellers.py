"""Routes of what is set for a seller's documents: rates of tax, and how numbers begin."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.contexts.billing.domain.tax import Rate
from gymhopper.contexts.billing.queries import sellers as queries
from gymhopper.contexts.billing.usecases.set_numbering import set_numbering
from gymhopper.contexts.billing.usecases.set_tax_rate import SetTaxRate, set_tax_rate

router = APIRouter(prefix="/payments/legal-entities", tags=["documents"])

Prefix = Annotated[
    str, Field(min_length=1, max_length=12, description="`A` to `Z`, digits, hyphens.")
]


class NewTaxRate(BaseModel):
    """What a tax code means from a day on, until its next rate."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = Field(
        examples=["standard"]
    )
    category: Literal["S", "Z", "E", "O"] = Field(
        default="S",
        description="UNCL5305: taxed, taxed at zero, exempt, outside the scope of tax.",
    )
    percent: Annotated[str, StringConstraints(max_length=8)] = Field(
        description="A decimal below 100, 0 but for S.", examples=["19", "8.875"]
    )
    exemption: (
        Annotated[
            str,
            StringConstraints(
                strip_whitespace=True,
                min_length=1,
                max_length=300,
                pattern=r"^[^\x00-\x1f\x7f]*$",
            ),
        ]
        | None
    ) = Field(default=None, description="Why nothing is taxed, as documents have to say it.")
    valid_from: date = Field(
        description="In the seller's zone. In the past only for a code's first rate.",
        examples=["2027-01-01"],
    )


class TaxRateView(BaseModel):
    """A dated rate."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    category: Literal["S", "Z", "E", "O"]
    percent: str
    exemption: str | None
    valid_from: date


class TaxRates(BaseModel):
    """All rates of a seller, by code and day."""

    items: list[TaxRateView]


class NumberingRequest(BaseModel):
    """How numbers begin: `INV` makes INV-2026-000001."""

    model_config = ConfigDict(extra="forbid")

    invoice_prefix: Prefix = Field(examples=["INV"])
    credit_note_prefix: Prefix = Field(examples=["CN"])


class NumberingView(BaseModel):
    """How numbers begin."""

    model_config = ConfigDict(from_attributes=True)

    invoice_prefix: str
    credit_note_prefix: str


@router.get("/{legal_entity_id}/tax-rates", summary="List a seller's rates of tax")
async def list_tax_rates(
    legal_entity_id: UUID, runtime: CurrentRuntime, caller: AuthSubject = scoped("taxes:read")
) -> TaxRates:
    """Those that were, that are and that will be in force."""
    async with runtime.read(caller) as connection:
        found = await queries.tax_rates(connection, legal_entity_id)
    return TaxRates(items=[TaxRateView.model_validate(each) for each in found])


@router.post("/{legal_entity_id}/tax-rates", status_code=201, summary="Set a rate of tax")
async def add_tax_rate(
    legal_entity_id: UUID,
    body: NewTaxRate,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("taxes:write"),
) -> TaxRateView:
    """From a day on. What has begun is not changed; what has not is replaced by the same day's."""
    command = SetTaxRate(
        legal_entity_id=legal_entity_id,
        code=body.code,
        rate=Rate(category=body.category, percent=body.percent, exemption=body.exemption),
        valid_from=body.valid_from,
    )
    async with runtime.begin(caller) as uow:
        rate = await set_tax_rate(uow, command)
    return TaxRateView.model_validate(rate)


@router.get("/{legal_entity_id}/numbering", summary="Read how a seller's documents are numbered")
async def get_numbering(
    legal_entity_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("taxes:read"),
) -> NumberingView:
    """Each kind, prefix and year has a series of its own, without a gap."""
    async with runtime.read(caller) as connection:
        found = await queries.numbering_of(connection, legal_entity_id)
    set_etag(response, found.version)
    return NumberingView.model_validate(found)


@router.put("/{legal_entity_id}/numbering", summary="Say how a seller's documents are numbered")
async def put_numbering(
    legal_entity_id: UUID,
    body: NumberingRequest,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("taxes:write"),
) -> NumberingView:
    """From the next document on. Another prefix begins another series; an old one goes on."""
    async with runtime.begin(caller) as uow:
        kept = await set_numbering(
            uow,
            legal_entity_id,
            invoice_prefix=body.invoice_prefix,
            credit_note_prefix=body.credit_note_prefix,
            expected=expected,
        )
    set_etag(response, kept.version)
    return NumberingView.model_validate(kept)
