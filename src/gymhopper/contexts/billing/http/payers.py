"""Routes of those to whom documents are made out."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, scoped
from gymhopper.chassis.http.etag import IfMatch, set_etag
from gymhopper.contexts.billing.domain.document import Party, TaxNumber
from gymhopper.contexts.billing.domain.payer import Addressee, BillTo
from gymhopper.contexts.billing.queries.sellers import addressee_of
from gymhopper.contexts.billing.usecases.make_out import make_out

router = APIRouter(prefix="/payments/billing-accounts", tags=["documents"])

Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]


class BuyerTaxNumber(BaseModel):
    """A number by which a tax office knows the buyer."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    kind: Annotated[str, Field(pattern=r"^[a-z]{2}_[a-z]{2,20}$", examples=["eu_vat"])]
    value: Annotated[Line, Field(examples=["DE123456789"])]


class BuyerRequest(BaseModel):
    """To whom documents are made out; of a consumer the name is enough."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(examples=["Ada Example"])
    lines: list[Line] = Field(default=[], max_length=4)
    postal_code: Line | None = None
    city: Line | None = None
    region: Line | None = None
    country: str | None = Field(
        default=None, pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2", examples=["DE"]
    )
    tax_ids: list[BuyerTaxNumber] = Field(default=[], max_length=5)
    language: Literal["en", "de"] | None = Field(
        default=None, description="Of the documents; by the country when it is not given."
    )
    email: str | None = Field(
        default=None,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$",
        description="Where documents are sent; it stands in none of them.",
    )

    def value(self) -> Addressee:
        """As the domain has it."""
        party = Party(
            name=self.name,
            lines=tuple(self.lines),
            postal_code=self.postal_code,
            city=self.city,
            region=self.region,
            country=self.country,
            tax_ids=tuple(TaxNumber(kind=each.kind, value=each.value) for each in self.tax_ids),
        )
        return Addressee(party=party, language=self.language, email=self.email)


class Buyer(BaseModel):
    """To whom documents are made out. `given` tells what was said for documents from what
    the member's profile says."""

    billing_account_id: UUID
    given: bool
    name: str | None
    lines: list[str]
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None
    tax_ids: list[BuyerTaxNumber]
    language: Literal["en", "de"] | None
    email: str | None


@router.get("/{billing_account_id}/bill-to", summary="Read to whom documents are made out")
async def get_bill_to(
    billing_account_id: UUID,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payers:read"),
) -> Buyer:
    """For the payer and the desk."""
    async with runtime.read(caller) as connection:
        found, addressee = await addressee_of(connection, billing_account_id, runtime.secrets)
    await runtime.looked_at(
        caller,
        found.person_id,
        ("billing.bill_to", billing_account_id),
        organisation_id=found.organisation_id,
    )
    set_etag(response, found.version)
    return _shown(found, addressee)


@router.put("/{billing_account_id}/bill-to", summary="Say to whom documents are made out")
async def put_bill_to(
    billing_account_id: UUID,
    body: BuyerRequest,
    expected: IfMatch,
    response: Response,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("payers:write"),
) -> Buyer:
    """From the next document on; documents that were issued keep what they say."""
    addressee = body.value()
    async with runtime.begin(caller) as uow:
        kept = await make_out(uow, billing_account_id, addressee, expected)
    set_etag(response, kept.version)
    return _shown(kept, addressee)


def _shown(found: BillTo, addressee: Addressee) -> Buyer:
    party = addressee.party
    return Buyer(
        billing_account_id=found.id,
        given=found.given,
        name=party.name,
        lines=list(party.lines),
        postal_code=party.postal_code,
        city=party.city,
        region=party.region,
        country=party.country,
        tax_ids=[BuyerTaxNumber.model_validate(each) for each in party.tax_ids],
        language=addressee.language,
        email=addressee.email,
    )
