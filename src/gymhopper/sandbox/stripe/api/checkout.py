"""Checkout sessions."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from gymhopper.sandbox.stripe.api.catalogue import (
    ProductData,
    Recurring,
    TaxBehavior,
    existing,
    sold_product,
    terms,
)
from gymhopper.sandbox.stripe.api.checkout_subscriptions import (
    DiscountChoice,
    SubscriptionData,
    check_data,
    first_invoice,
)
from gymhopper.sandbox.stripe.api.payment_intents import check_amount
from gymhopper.sandbox.stripe.billing.checkout import expire
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.catalogue import price
from gymhopper.sandbox.stripe.objects.checkout import checkout_session, line_item
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Amount,
    Currency,
    Listed,
    ListParameters,
    Metadata,
    Nested,
    Paging,
    Parameters,
    Text,
    Timestamp,
    Url,
)

endpoints = Endpoints()

_LOCALES = (
    "auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl"
    " pl pt pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW"
)
_DAY = 24 * 3600
_SOONEST = 30 * 60


def _locale(value: str) -> str:
    if value not in _LOCALES.split():
        raise ValueError(f"Invalid locale: {value}")
    return value


class PriceData(Nested):
    currency: Currency
    unit_amount: Amount
    product: Text | None = None
    product_data: ProductData | None = None
    recurring: Recurring | None = None
    tax_behavior: TaxBehavior = "unspecified"


class LineItem(Nested):
    price: Text | None = None
    price_data: PriceData | None = None
    quantity: Annotated[int, Field(ge=1, le=999_999)] = 1


class PaymentIntentData(Nested):
    description: Annotated[Text, Field(max_length=1000)] | None = None
    metadata: Metadata | None = None
    receipt_email: Text | None = None
    setup_future_usage: Literal["off_session", "on_session"] | None = None
    transfer_group: Text | None = None


class SetupIntentData(Nested):
    description: Annotated[Text, Field(max_length=1000)] | None = None
    metadata: Metadata | None = None


class CreateSession(Parameters):
    cancel_url: Url | None = None
    client_reference_id: Annotated[Text, Field(max_length=200)] | None = None
    currency: Currency | None = None
    customer: Text | None = None
    customer_creation: Literal["always", "if_required"] | None = None
    customer_email: Annotated[Text, Field(max_length=800)] | None = None
    discounts: Annotated[Listed[DiscountChoice], Field(max_length=1)] = Field(default_factory=list)
    expires_at: Timestamp | None = None
    line_items: Annotated[Listed[LineItem], Field(max_length=20)] = Field(default_factory=list)
    locale: Annotated[str, AfterValidator(_locale)] | None = None
    metadata: Metadata | None = None
    mode: Literal["payment", "setup", "subscription"]
    payment_intent_data: PaymentIntentData | None = None
    payment_method_types: Listed[Literal["card"]] | None = None
    setup_intent_data: SetupIntentData | None = None
    subscription_data: SubscriptionData | None = None
    success_url: Url


class ListSessions(ListParameters):
    customer: Text | None = None
    payment_intent: Text | None = None
    status: Literal["open", "complete", "expired"] | None = None
    subscription: Text | None = None

    def filters(self) -> dict[str, Any]:
        """A session names its subscription in another place than an invoice does."""
        found = super().filters()
        subscription = found.pop("subscription", None)
        return {**found, "session_subscription": subscription}


@endpoints.on("POST", "/v1/checkout/sessions", CreateSession)
async def create_session(call: Call, parameters: CreateSession) -> Object:
    store = call.store
    await _check(store, parameters)
    lines = [
        await _line(store, each, within=f"line_items[{index}]")
        for index, each in enumerate(parameters.line_items)
    ]
    currency = _currency(lines) if lines else parameters.currency
    if parameters.mode == "subscription":
        _check_one_interval(lines)
    elif parameters.mode == "payment":
        _check_one_payment(lines)
    key = object_id("cs_test")
    expires_at = parameters.expires_at or store.now + _DAY
    session = checkout_session(
        key,
        created=store.now,
        mode=parameters.mode,
        url=f"{call.base_url}/checkout/{key}",
        expires_at=expires_at,
        total=sum(each["amount_total"] for each in lines) if lines else None,
        currency=currency,
        given=parameters.given(
            "cancel_url",
            "client_reference_id",
            "customer",
            "customer_creation",
            "customer_email",
            "locale",
            "metadata",
            "success_url",
        ),
    )
    if parameters.customer is not None:
        session["customer_creation"] = None
    hidden: Object = {
        "line_items": lines,
        **{name: _data(parameters, name) for name in _DATA_OF},
        "discounts": [each.model_dump() for each in parameters.discounts],
    }
    if parameters.mode == "subscription":
        session |= _first_amounts(await first_invoice(store, parameters.customer, hidden))
        session["discounts"] = hidden["discounts"]
    await store.plan(key, key, "expire", expires_at)
    return await store.insert(session, hidden=hidden)


def _first_amounts(shown: Object) -> Object:
    """What the page charges: the first invoice, without the customer's balance."""
    return {
        "amount_subtotal": shown["subtotal"],
        "amount_total": shown["total"],
        "total_details": {
            "amount_discount": shown["subtotal"] - shown["total"],
            "amount_shipping": 0,
            "amount_tax": 0,
        },
    }


async def _check(store: Store, parameters: CreateSession) -> None:
    if parameters.customer is not None:
        if parameters.customer_email is not None:
            raise InvalidRequest(
                "You may only specify one of these parameters: customer, customer_email.",
                param="customer_email",
            )
        await existing(store, "customer", parameters.customer, within="")
    at = parameters.expires_at
    if at is not None and not store.now + _SOONEST <= at <= store.now + _DAY:
        raise InvalidRequest(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.",
            param="expires_at",
        )
    sells = parameters.mode != "setup"
    if sells != bool(parameters.line_items):
        raise InvalidRequest(
            f"`line_items` {'are required' if sells else 'cannot be used'} in "
            f"`{parameters.mode}` mode.",
            code="parameter_missing" if sells else None,
            param="line_items",
        )
    for name, mode in _ONLY_IN.items():
        if getattr(parameters, name) is not None and parameters.mode != mode:
            raise InvalidRequest(
                f"You can not pass `{name}` in `{parameters.mode}` mode.", param=name
            )
    check_data(store, parameters.subscription_data)
    for each in parameters.discounts:
        if (each.coupon is None) == (each.promotion_code is None):
            raise InvalidRequest(
                "You must specify either `coupon` or `promotion_code`.", param="discounts"
            )
    if parameters.discounts and parameters.mode != "subscription":
        raise InvalidRequest("Discounts are only for `subscription` mode here.", param="discounts")
    if parameters.customer is not None and parameters.customer_creation is not None:
        raise InvalidRequest(
            "You may only specify one of these parameters: customer, customer_creation.",
            param="customer_creation",
        )


async def _line(store: Store, given: LineItem, *, within: str) -> Object:
    data = given.price_data
    if (given.price is None) == (data is None):
        raise InvalidRequest(
            "You must specify either `price` or `price_data`.",
            code="parameter_missing",
            param=f"{within}[price]",
        )
    if data is None:
        sold = await existing(store, "price", given.price or "", within=within)
    else:
        product_id = await sold_product(
            store, data.product, data.product_data, within=f"{within}[price_data]"
        )
        inline = price(
            created=store.now,
            product_id=product_id,
            currency=data.currency,
            unit_amount=data.unit_amount,
            recurring=terms(data.recurring),
            # A price made for one session cannot be used for another.
            given={"active": False, "tax_behavior": data.tax_behavior},
        )
        sold = await store.insert(inline, "price.created")
    product = await store.get("product", sold["product"], param="product")
    return line_item(sold, given.quantity, description=product["name"])


_DATA_OF = {
    "payment_intent_data": "payment",
    "setup_intent_data": "setup",
    "subscription_data": "subscription",
}
_ONLY_IN = {**_DATA_OF, "customer_creation": "payment"}


def _data(parameters: CreateSession, name: str) -> Object:
    """What the session's intent or subscription is to carry."""
    data = getattr(parameters, name)
    return {} if data is None else dict(data.model_dump(mode="json", exclude_unset=True))


def _currency(lines: list[Object]) -> str:
    """The one currency of all lines."""
    currencies = {each["currency"] for each in lines}
    if len(currencies) > 1:
        raise InvalidRequest("All line items must have the same currency.", param="line_items")
    currency: str = currencies.pop()
    return currency


def _check_one_payment(lines: list[Object]) -> None:
    """InvalidRequest where something is due again and again, or too little at once."""
    if any(each["price"]["recurring"] is not None for each in lines):
        raise InvalidRequest(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices.",
            param="line_items",
        )
    total = sum(each["amount_total"] for each in lines)
    check_amount(total, lines[0]["currency"], param="line_items")


def _check_one_interval(lines: list[Object]) -> None:
    """InvalidRequest where the lines do not fit into one subscription."""
    intervals = {
        (each["price"]["recurring"]["interval"], each["price"]["recurring"]["interval_count"])
        for each in lines
        if each["price"]["recurring"] is not None
    }
    if len(intervals) != 1:
        raise InvalidRequest(
            "You must provide at least one recurring price in `subscription` mode, and all "
            "recurring prices must have the same interval.",
            param="line_items",
        )


endpoints.retrieving("/v1/checkout/sessions", "checkout.session")
endpoints.listing("/v1/checkout/sessions", "checkout.session", ListSessions)


@endpoints.on("POST", "/v1/checkout/sessions/{key}/expire", Parameters)
async def expire_session(call: Call, parameters: Parameters, *, key: str) -> Object:
    del parameters
    session = await call.store.get("checkout.session", key, param="session")
    if session["status"] != "open":
        raise InvalidRequest(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}."
        )
    return await expire(call.store, session)


@endpoints.on("GET", "/v1/checkout/sessions/{key}/line_items", Paging)
async def list_line_items(call: Call, parameters: Paging, *, key: str) -> Object:
    await call.store.get("checkout.session", key, param="session")
    items: list[Object] = (await call.store.hidden(key))["line_items"]
    ids = [each["id"] for each in items]
    start = 0
    if parameters.starting_after in ids:
        start = ids.index(parameters.starting_after) + 1
    end = ids.index(parameters.ending_before) if parameters.ending_before in ids else len(ids)
    shown = items[start:end][: parameters.limit]
    return {
        "object": "list",
        "data": shown,
        "has_more": len(shown) < end - start,
        "url": f"/v1/checkout/sessions/{key}/line_items",
    }
