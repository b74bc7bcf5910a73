"""Prices of plans: what holds where, when and through which channel."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator

from gymhopper.chassis.auth import AuthSubject
from gymhopper.chassis.http.caller import CurrentRuntime, public, scoped
from gymhopper.chassis.http.etag import IfMatch
from gymhopper.chassis.runtime import Runtime
from gymhopper.contexts.membership.domain.plan import SalesChannel
from gymhopper.contexts.membership.domain.price_list import Place
from gymhopper.contexts.membership.http.fields import Line, MoneyField, Request
from gymhopper.contexts.membership.queries.plans import PriceOffer, prices_that_hold, read_plan
from gymhopper.contexts.membership.usecases import offer_plan as usecase
from gymhopper.contracts.venues.api import Location, VenuesApi
from gymhopper.kernel.calendar import local_date
from gymhopper.kernel.errors import NotFound

router = APIRouter(prefix="/plans", tags=["plans"])


class PriceRequest(Request):
    """A price on the local days `[valid_from, valid_until)`, from today when left out.

    It is for a location, for a city in its country, for a country, or for everywhere.
    """

    price: MoneyField
    valid_from: date | None = None
    valid_until: date | None = None
    channel: SalesChannel | None = Field(default=None, description="None is every channel.")
    location_id: UUID | None = None
    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$", examples=["AT"])
    city: Line | None = Field(default=None, examples=["Wien"])
    joining_fee: MoneyField | None = Field(
        default=None, description="Paid once beside the first period."
    )
    tax_included: bool = Field(default=True, description="Whether the tax is in the price.")

    @model_validator(mode="after")
    def _names_one_place(self) -> "PriceRequest":
        if self.location_id is not None and (self.country or self.city):
            raise ValueError("a price is for a location or for a region")
        if self.city is not None and self.country is None:
            raise ValueError("a city goes with its country")
        return self

    def value(self) -> usecase.NewPrice:
        """As the use case takes it."""
        return usecase.NewPrice(
            money=self.price.value(),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            channel=self.channel,
            location_id=self.location_id,
            country=self.country,
            city=self.city,
            joining_fee=None if self.joining_fee is None else self.joining_fee.value(),
            tax_included=self.tax_included,
        )


class PriceAnswer(BaseModel):
    """A price of a plan; None is every channel, every location, every country, every city."""

    id: UUID
    price: MoneyField
    valid_from: date
    valid_until: date | None
    channel: SalesChannel | None
    location_id: UUID | None
    country: str | None
    city: str | None
    joining_fee: MoneyField | None
    tax_included: bool

    @classmethod
    def of(cls, price: PriceOffer) -> "PriceAnswer":
        """As it is kept."""
        return cls(
            id=price.price_id,
            price=MoneyField.of(price.money),
            valid_from=price.valid_from,
            valid_until=price.valid_until,
            channel=price.channel,
            location_id=price.location_id,
            country=price.country,
            city=price.city,
            joining_fee=None if price.joining_fee is None else MoneyField.of(price.joining_fee),
            tax_included=price.tax_included,
        )


class HoldingPrices(BaseModel):
    """What a purchase costs: one price for each currency in which there is one."""

    items: list[PriceAnswer]


class PriceQuery(BaseModel):
    """Where, how and when something would be bought."""

    location: UUID | None = Field(
        default=None, description="Left out: what holds where nothing says more."
    )
    channel: SalesChannel = "online"
    on: date | None = Field(default=None, description="Today in the plan's zone when left out.")


@router.get("/{plan_id}/prices", summary="Read the price that holds")
async def get_price_that_holds(
    plan_id: UUID,
    query: Annotated[PriceQuery, Query()],
    runtime: CurrentRuntime,
    caller: AuthSubject = public(),
) -> HoldingPrices:
    """A location outweighs its city, a city its country, a channel all channels."""
    place = await known_place(runtime, query.location, "location")
    async with runtime.read(caller) as connection:
        plan = await read_plan(connection, plan_id)
    day = query.on or local_date(runtime.clock.now(), plan.zone)
    found = prices_that_hold(plan, day=day, channel=query.channel, place=place)
    return HoldingPrices(items=[PriceAnswer.of(each) for each in found])


@router.post("/{plan_id}/prices", status_code=201, summary="Add a price to a plan")
async def add_price(
    plan_id: UUID,
    body: PriceRequest,
    expected: IfMatch,
    runtime: CurrentRuntime,
    caller: AuthSubject = scoped("plans:write"),
) -> PriceAnswer:
    """A price is never changed: sell for another by adding it."""
    await check_places(runtime, [body])
    async with runtime.begin(caller) as uow:
        price_id = await usecase.add_price(uow, plan_id, body.value(), expected)
        await uow.flush()
        plan = await read_plan(uow.connection, plan_id)
    return PriceAnswer.of(next(each for each in plan.prices if each.price_id == price_id))


async def known_place(runtime: Runtime, location_id: UUID | None, field: str) -> Place | None:
    """Where that location is; NotFound when there is none of that id."""
    if location_id is None:
        return None
    found = await known_location(runtime, location_id, field)
    return Place(location_id=location_id, country=found.country, city=found.city)


async def known_location(runtime: Runtime, location_id: UUID, field: str) -> Location:
    """The location; NotFound when there is none of that id."""
    found = await runtime.api(VenuesApi).location(location_id=location_id)
    if found is None:
        raise NotFound("There is no location with this id.", field=field)
    return found


async def check_places(runtime: Runtime, prices: Iterable[PriceRequest]) -> None:
    """Raise NotFound when a price is for a location that there is not."""
    for location_id in {each.location_id for each in prices}:
        await known_place(runtime, location_id, "location_id")
