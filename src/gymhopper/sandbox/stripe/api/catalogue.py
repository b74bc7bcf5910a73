"""Products and prices."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.catalogue import price, product
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Amount,
    Currency,
    Listed,
    ListParameters,
    Metadata,
    Nested,
    Parameters,
    Text,
)

endpoints = Endpoints()

TaxBehavior = Literal["exclusive", "inclusive", "unspecified"]


class Recurring(Nested):
    """How often a price is due; Stripe allows three years at most."""

    interval: Literal["day", "week", "month", "year"]
    interval_count: Annotated[int, Field(ge=1, le=1095)] = 1

    @model_validator(mode="after")
    def _three_years_at_most(self) -> Self:
        longest = {"day": 1095, "week": 156, "month": 36, "year": 3}[self.interval]
        if self.interval_count > longest:
            raise ValueError("The maximum interval between charges is three years")
        return self


def terms(recurring: Recurring | None) -> dict[str, Any] | None:
    """The interval as prices hold it; None for what is paid once."""
    return recurring.model_dump() if recurring is not None else None


class NamedProduct(Nested):
    """A product as it can be made together with a price."""

    metadata: Metadata | None = None
    name: Text


class ProductData(NamedProduct):
    """A product as it can be made together with a line item."""

    description: Text | None = None


class CreateProduct(ProductData, Parameters):
    active: bool = True
    id: Text | None = None


class CreatePrice(Parameters):
    active: bool = True
    currency: Currency
    lookup_key: Text | None = None
    metadata: Metadata | None = None
    nickname: Text | None = None
    product: Text | None = None
    product_data: NamedProduct | None = None
    recurring: Recurring | None = None
    tax_behavior: TaxBehavior = "unspecified"
    unit_amount: Amount


class ListProducts(ListParameters):
    active: bool | None = None


class ListPrices(ListParameters):
    active: bool | None = None
    lookup_keys: Listed[Text] | None = None
    product: Text | None = None


@endpoints.on("POST", "/v1/products", CreateProduct)
async def create_product(call: Call, parameters: CreateProduct) -> Object:
    store = call.store
    if parameters.id is not None and await store.find("product", parameters.id) is not None:
        raise InvalidRequest(
            f"Product already exists: {parameters.id}", code="resource_already_exists", param="id"
        )
    given = {"active": parameters.active, **parameters.given("id")}
    return await new_product(store, parameters, **given)


async def new_product(store: Store, data: NamedProduct, **more: Any) -> Object:
    """A product with these data."""
    given = {**data.given("description", "metadata"), **more}
    made = product(created=store.now, name=data.name, given=given)
    return await store.insert(made, "product.created")


@endpoints.on("POST", "/v1/prices", CreatePrice)
async def create_price(call: Call, parameters: CreatePrice) -> Object:
    store = call.store
    product_id = await sold_product(store, parameters.product, parameters.product_data, within="")
    made = price(
        created=store.now,
        product_id=product_id,
        currency=parameters.currency,
        unit_amount=parameters.unit_amount,
        recurring=terms(parameters.recurring),
        given=parameters.given("active", "lookup_key", "metadata", "nickname", "tax_behavior"),
    )
    return await store.insert(made, "price.created")


async def sold_product(
    store: Store, key: str | None, data: NamedProduct | None, *, within: str
) -> str:
    """The id of an existing product or of a new one; exactly one of both must be given."""
    if (key is None) == (data is None):
        raise InvalidRequest(
            "You must specify either `product` or `product_data`.",
            code="parameter_missing",
            param=f"{within}[product]" if within else "product",
        )
    if data is not None:
        made: str = (await new_product(store, data))["id"]
        return made
    found: Object = await existing(store, "product", key or "", within=within)
    return str(found["id"])


async def existing(store: Store, kind: str, key: str, *, within: str) -> Object:
    """The product or price that a parameter names; InvalidRequest when there is none."""
    found = await store.find(kind, key)
    if found is None:
        raise InvalidRequest(
            f"No such {kind}: '{key}'",
            code="resource_missing",
            param=f"{within}[{kind}]" if within else kind,
        )
    return found


endpoints.retrieving("/v1/products", "product")
endpoints.listing("/v1/products", "product", ListProducts)
endpoints.retrieving("/v1/prices", "price")
endpoints.listing("/v1/prices", "price", ListPrices)
