"""The gateway's answers when Stripe is unwell, and how it reads Stripe's objects."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import UUID

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contexts.billing.samples import MONTHLY
from gymhopper.chassis.server import HttpServer
from gymhopper.contexts.billing.domain.checkout import Checkout
from gymhopper.contexts.billing.domain.errors import CardRefused, ProviderRefused
from gymhopper.contexts.billing.gateways import stripe_objects as objects
from gymhopper.contexts.billing.gateways.stripe import StripeGateway
from gymhopper.kernel.errors import Conflict, GymhopperError, Unavailable
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money


@dataclass
class Unwell:
    """A server in Stripe's place that answers what it is told to."""

    gateway: StripeGateway = field(init=False)
    answer: Callable[[], Awaitable[Response]] | None = None
    requests: list[Request] = field(default_factory=list)

    async def handle(self, request: Request) -> Response:
        await request.body()
        self.requests.append(request)
        assert self.answer is not None
        return await self.answer()

    def answers(self, status: int, body: object, **headers: str) -> None:
        async def answer() -> Response:
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            return Response(text, status, headers, "application/json")

        self.answer = answer


@pytest.fixture
async def unwell() -> AsyncIterator[Unwell]:
    it = Unwell()
    routes = [Route("/{rest:path}", it.handle, methods=["GET", "POST", "DELETE"])]
    server = HttpServer(Starlette(routes=routes), host="127.0.0.1", port=0)
    url = server.bind()
    it.gateway = StripeGateway("sk_test_x", api_base=url, timeout=0.5, retries=0, direct=True)
    await server.start()
    yield it
    await it.gateway.close()
    await server.stop()


def error(kind: str, **more: object) -> dict[str, object]:
    return {"error": {"type": kind, "message": "No.", **more}}


ANSWERS: list[tuple[int, object, type[GymhopperError]]] = [
    (500, error("api_error"), Unavailable),
    (503, b"<html>upstream</html>", Unavailable),
    (200, b"half an ans", Unavailable),
    (429, error("invalid_request_error", code="rate_limit"), Unavailable),
    (401, error("invalid_request_error"), Unavailable),
    (403, error("invalid_request_error"), Unavailable),
    (402, error("card_error", code="card_declined"), CardRefused),
    (400, error("invalid_request_error", code="parameter_invalid_empty"), ProviderRefused),
    (400, error("idempotency_error"), Conflict),
]


@pytest.mark.parametrize(("status", "body", "expected"), ANSWERS)
async def test_stripes_errors_become_ours(
    unwell: Unwell, status: int, body: object, expected: type[GymhopperError]
) -> None:
    unwell.answers(status, body)
    with pytest.raises(expected):
        await unwell.gateway.refund(new_id(), payment_id="pi_1", amount=1, currency="EUR")
    with pytest.raises(expected):
        await unwell.gateway.subscription("sub_1")


async def test_a_stripe_that_does_not_answer_is_unavailable(unwell: Unwell) -> None:
    release = asyncio.Event()

    async def never() -> Response:
        await release.wait()
        return Response(b"{}")

    unwell.answer = never
    with pytest.raises(Unavailable):
        await unwell.gateway.invoice("in_1")
    release.set()


async def test_a_stripe_that_is_not_there_is_unavailable() -> None:
    gateway = StripeGateway(
        "sk_test_x", api_base="http://127.0.0.1:9", timeout=0.5, retries=0, direct=True
    )
    with pytest.raises(Unavailable):
        await gateway.checkout("cs_1")
    await gateway.close()


async def test_what_stripe_does_not_know_is_none(unwell: Unwell) -> None:
    unwell.answers(404, error("invalid_request_error", code="resource_missing", param="id"))
    assert await unwell.gateway.subscription("sub_1") is None
    assert await unwell.gateway.invoice("in_1") is None
    assert await unwell.gateway.checkout("cs_1") is None
    assert await unwell.gateway.invoice_of_payment("pi_1") is None
    await unwell.gateway.cancel("sub_1")


async def test_whatever_creates_something_carries_a_key_of_our_own_ids(unwell: Unwell) -> None:
    unwell.answers(500, error("api_error"))
    account, refund = new_id(), new_id()
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: unwell.gateway.create_customer(account_id=account, person_id=new_id()),
        lambda: unwell.gateway.refund(refund, payment_id="pi_1", amount=1, currency="EUR"),
    ]
    for call in calls:
        for _ in range(2):
            with pytest.raises(Unavailable):
                await call()
    keys = [request.headers["idempotency-key"] for request in unwell.requests]
    customer, refunded = f"customer:{account}", f"refund:{refund}"
    assert keys == [customer, customer, refunded, refunded]


async def test_a_page_sells_products_that_have_our_ids_be_they_known_or_new(
    unwell: Unwell,
) -> None:
    """The product's own id makes its creation one; the page has a key."""
    unwell.answers(400, error("invalid_request_error", code="resource_already_exists"))
    checkout = page()
    for _ in range(2):
        with pytest.raises(ProviderRefused):
            await unwell.gateway.open_checkout(checkout, customer_id="cus_1")
    product = checkout.terms.product("plan").encode()
    assert [request.url.path for request in unwell.requests] == [
        "/v1/products",
        "/v1/checkout/sessions",
        "/v1/checkout/sessions",
    ]
    made, *pages = unwell.requests
    assert b"id=" + product in await made.body()
    assert {each.headers["idempotency-key"] for each in pages} == {f"checkout:{checkout.id}"}
    for each in pages:
        assert b"[product]=" + product in unquote_to_bytes(await each.body())


async def test_lifting_a_pause_and_an_end_sends_the_empty_string(unwell: Unwell) -> None:
    unwell.answers(200, {"id": "sub_1", "object": "subscription"})
    await unwell.gateway.pause("sub_1", paused=False)
    await unwell.gateway.collect_until("sub_1", None)
    bodies = [await request.body() for request in unwell.requests]
    assert bodies == [b"pause_collection=", b"cancel_at="]


def page() -> Checkout:
    return Checkout(
        id=new_id(),
        subscription_id=new_id(),
        organisation_id=new_id(),
        person_id=new_id(),
        membership_id=new_id(),
        terms=MONTHLY,
        success_url="http://127.0.0.1/yes",
        cancel_url="http://127.0.0.1/no",
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@given(
    st.integers(0, 10**9), st.sampled_from(["EUR", "USD", "JPY", "KRW", "KWD", "ISK", "UGX", "CLP"])
)
def test_amounts_survive_the_way_to_stripe_and_back(amount: int, currency: str) -> None:
    money = Money(amount, currency)
    assert objects.from_stripe(objects.to_stripe(money), currency.lower()) == money


def test_only_two_currencies_are_counted_otherwise() -> None:
    counted = {c: objects.to_stripe(Money(500, c)) for c in ("EUR", "JPY", "KWD", "ISK", "UGX")}
    assert counted == {"EUR": 500, "JPY": 500, "KWD": 500, "ISK": 50_000, "UGX": 50_000}


def subscription(**changes: Any) -> stripe.Subscription:
    item = {
        "id": "si_1",
        "object": "subscription_item",
        "current_period_start": 1_772_442_000,
        "current_period_end": 1_775_120_400,
        "price": {"id": "price_1", "object": "price", "unit_amount": 2990, "currency": "eur"},
    }
    given = {
        "id": "sub_1",
        "object": "subscription",
        "metadata": {},
        "customer": "cus_1",
        "status": "active",
        "items": {"object": "list", "data": [item]},
        "cancel_at": None,
        "cancel_at_period_end": False,
        "billing_cycle_anchor": 1_772_442_000,
        "canceled_at": None,
        "ended_at": None,
        "pause_collection": None,
        "discounts": [],
    }
    return stripe.Subscription.construct_from({**given, **changes}, "sk_test_x")


def test_a_paused_collection_is_seen_although_the_status_stays_active() -> None:
    found = objects.subscription(subscription(pause_collection={"behavior": "void"}))
    assert (found.status, found.collection_paused) == ("active", True)


@pytest.mark.parametrize(
    ("changes", "ends_at"),
    [
        ({}, None),
        ({"cancel_at": 1_773_000_000}, 1_773_000_000),
        ({"cancel_at_period_end": True}, 1_775_120_400),
        ({"cancel_at_period_end": True, "cancel_at": 1_775_120_400}, 1_775_120_400),
        (
            {"status": "canceled", "ended_at": 1_772_500_000, "cancel_at": 1_773_000_000},
            1_772_500_000,
        ),
    ],
)
def test_an_end_is_found_wherever_it_was_set(changes: dict[str, Any], ends_at: int | None) -> None:
    found = objects.subscription(subscription(**changes)).ends_at
    assert found == (None if ends_at is None else datetime.fromtimestamp(ends_at, UTC))


@pytest.mark.parametrize("value", ["", "x", "0191", "sub_1"])
def test_metadata_of_somebody_else_is_no_reference(value: str) -> None:
    assert objects.subscription(subscription(metadata={objects.REFERENCE: value})).reference is None


def test_our_own_reference_is_read_and_an_expanded_customer_too() -> None:
    ours: UUID = new_id()
    found = objects.subscription(
        subscription(
            metadata={objects.REFERENCE: str(ours)}, customer={"id": "cus_9", "object": "customer"}
        )
    )
    assert (found.reference, found.customer_id) == (ours, "cus_9")
