"""Every request of the gateway is one that Stripe's own description allows."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
import stripe

from contexts.billing.samples import MONTHLY
from contexts.billing.till import Till
from gymhopper.contexts.billing.domain.cards import CardPage
from gymhopper.contexts.billing.domain.checkout import Checkout
from gymhopper.contexts.billing.domain.claim_page import ClaimPage
from gymhopper.contexts.billing.domain.errors import ProviderRefused
from gymhopper.contexts.billing.gateways.stripe import StripeGateway
from gymhopper.contracts.membership.discount import Discount
from gymhopper.kernel.errors import Unavailable
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.sandbox.stripe.account import MOUNT
from gymhopper.sandbox.stripe.wire.form import decode
from sandbox.stripe import openapi

# What sends nothing.
SILENT = {"close"}

DEARER = msgspec.structs.replace(MONTHLY, plan_id=new_id(), price=Money(5990, "EUR"))

CODE = Discount(promo_code_id=new_id(), code="SPRING", basis_points=1250, periods=3)
AMOUNT = Discount(promo_code_id=new_id(), code="TEN", amount=Money(1000, "EUR"), periods=1)

Calls = Mapping[str, Callable[[], Awaitable[Any]]]


async def _calls(till: Till, gateway: StripeGateway) -> Calls:
    """Each method of the gateway once, in an order in which each can be done."""
    await till.subscribe()
    v1 = till.stripe.v1
    (subscription,) = (await v1.subscriptions.list_async()).data
    (payment,) = (await v1.payment_intents.list_async()).data
    customer, invoice = str(subscription.customer), str(subscription.latest_invoice)
    opened = await gateway.open_checkout(_page(), customer_id=customer)
    draft = await gateway.open_charge(
        new_id(),
        customer_id=customer,
        subscription_id=subscription.id,
        payment_id=None,
        currency="EUR",
    )
    other_draft = await gateway.open_charge(
        new_id(),
        customer_id=customer,
        subscription_id=subscription.id,
        payment_id=None,
        currency="EUR",
    )
    failed = await _failed(till, customer)
    other = await v1.payment_methods.attach_async("pm_card_visa", {"customer": customer})
    now = till.clock.now()
    until = datetime.fromtimestamp(subscription["items"].data[0].current_period_end, UTC)
    return {
        "create_customer": lambda: gateway.create_customer(account_id=new_id(), person_id=new_id()),
        "open_checkout": lambda: gateway.open_checkout(_page(), customer_id=customer),
        "open_checkout, with a fee": lambda: gateway.open_checkout(
            _page(joining_fee=Money(1500, "EUR")), customer_id=customer
        ),
        "open_checkout, with a trial": lambda: gateway.open_checkout(
            _page(trial_days=14), customer_id=customer
        ),
        "open_checkout, with a trial that ends soon": lambda: gateway.open_checkout(
            _page(trial_days=2), customer_id=customer
        ),
        "open_checkout, with a share off": lambda: gateway.open_checkout(
            _page(discount=CODE), customer_id=customer
        ),
        "open_checkout, with an amount off": lambda: gateway.open_checkout(
            _page(discount=AMOUNT), customer_id=customer
        ),
        "open_checkout, of what is paid once": lambda: gateway.open_checkout(
            _page(kind="pack"), customer_id=customer
        ),
        "checkout": lambda: gateway.checkout(opened.id),
        "expire_checkout": lambda: gateway.expire_checkout(opened.id),
        "subscription": lambda: gateway.subscription(subscription.id),
        "invoice": lambda: gateway.invoice(invoice),
        "invoice, a payment that stands alone": lambda: gateway.invoice(payment.id),
        "subscriptions": lambda: gateway.subscriptions(after=None, since=None),
        "subscriptions, since": lambda: gateway.subscriptions(after=subscription.id, since=until),
        "invoices": lambda: gateway.invoices(after=None, since=None, only_open=False),
        "invoices, since": lambda: gateway.invoices(after=invoice, since=until, only_open=True),
        "invoice_of_payment": lambda: gateway.invoice_of_payment(payment.id),
        "refund": lambda: gateway.refund(new_id(), payment_id=payment.id, amount=1, currency="EUR"),
        "move_balance": lambda: gateway.move_balance(
            new_id(), customer_id=customer, money=Money(500, "EUR")
        ),
        "open_charge": lambda: gateway.open_charge(
            new_id(),
            customer_id=customer,
            subscription_id=subscription.id,
            payment_id=None,
            currency="EUR",
        ),
        "open_charge, as a payment was made": lambda: gateway.open_charge(
            new_id(),
            customer_id=customer,
            subscription_id=None,
            payment_id=payment.id,
            currency="EUR",
        ),
        "collect_charge": lambda: gateway.collect_charge(
            draft, customer_id=customer, money=Money(500, "EUR"), text="Freeze"
        ),
        "give_up": lambda: gateway.give_up(invoice),
        "collect_until": lambda: gateway.collect_until(subscription.id, until),
        "collect_until, taken back": lambda: gateway.collect_until(subscription.id, None),
        "reprice": lambda: gateway.reprice(
            subscription.id, msgspec.structs.replace(MONTHLY, price=Money(3490, "EUR"))
        ),
        "discount": lambda: gateway.discount(
            subscription.id, msgspec.structs.replace(MONTHLY, discount=CODE), holds=True
        ),
        "discount, ended": lambda: gateway.discount(subscription.id, MONTHLY, holds=False),
        "preview_change": lambda: gateway.preview_change(subscription.id, DEARER, now),
        "change_plan": lambda: gateway.change_plan(new_id(), subscription.id, DEARER, now),
        "change_plan, for nothing": lambda: gateway.change_plan(
            new_id(), subscription.id, MONTHLY, None
        ),
        "pause": lambda: gateway.pause(subscription.id, paused=True),
        "pause, lifted": lambda: gateway.pause(subscription.id, paused=False),
        "held_back": lambda: gateway.held_back(subscription.id),
        "release": lambda: gateway.release(
            other_draft, customer_id=customer, taken_off=Money(500, "EUR"), text="Frozen"
        ),
        "cards": lambda: gateway.cards(customer, subscription_id=None),
        "cards, of a subscription": lambda: gateway.cards(
            customer, subscription_id=subscription.id
        ),
        "open_card_page": lambda: gateway.open_card_page(_card_page(), customer_id=customer),
        "use_card": lambda: gateway.use_card(
            str(subscription.default_payment_method),
            customer_id=customer,
            subscription_ids=[subscription.id],
        ),
        "collect_again": lambda: gateway.collect_again(failed.id or "", card_id=other.id),
        "open_claim_page": lambda: gateway.open_claim_page(_claim_page(), customer_id=customer),
        "open_claim_page, of no customer": lambda: gateway.open_claim_page(
            _claim_page(), customer_id=None
        ),
        "payment_page": lambda: gateway.payment_page(invoice),
        "open_portal": lambda: gateway.open_portal(customer, return_url="http://127.0.0.1/"),
        "remove_card": lambda: gateway.remove_card(other.id),
        "cancel": lambda: gateway.cancel(subscription.id),
    }


def _page(**terms: Any) -> Checkout:
    return Checkout(
        id=new_id(),
        subscription_id=new_id(),
        organisation_id=new_id(),
        person_id=new_id(),
        membership_id=new_id(),
        terms=msgspec.structs.replace(MONTHLY, **terms),
        success_url="http://127.0.0.1/yes",
        cancel_url="http://127.0.0.1/no",
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def _claim_page() -> ClaimPage:
    return ClaimPage(
        id=new_id(),
        organisation_id=new_id(),
        person_id=new_id(),
        claim_id=new_id(),
        amount=2990,
        currency="EUR",
        text="Basic",
        return_url="http://127.0.0.1/",
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def _card_page() -> CardPage:
    return CardPage(
        id=new_id(),
        organisation_id=new_id(),
        person_id=new_id(),
        billing_account_id=new_id(),
        success_url="http://127.0.0.1/yes",
        cancel_url="http://127.0.0.1/no",
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


async def _failed(till: Till, customer: str) -> stripe.Invoice:
    """An invoice that was tried in vain."""
    v1 = till.stripe.v1
    fails = await v1.payment_methods.attach_async(
        "pm_card_chargeCustomerFail", {"customer": customer}
    )
    draft = await v1.invoices.create_async(
        {"customer": customer, "currency": "eur", "default_payment_method": fails.id}
    )
    await v1.invoice_items.create_async(
        {"customer": customer, "invoice": draft.id or "", "amount": 500, "currency": "eur"}
    )
    with suppress(stripe.CardError):
        await v1.invoices.pay_async(draft.id or "")
    return draft


def _problems(request: httpx.Request) -> list[str]:
    path = request.url.path.removeprefix(MOUNT)
    raw = b"&".join(part for part in (request.url.query, request.content) if part)
    return list(openapi.request_problems(request.method, path, decode(raw)))


async def test_every_request_fits_stripes_description(till: Till) -> None:
    openapi.description()
    gateway = till.provider
    assert isinstance(gateway, StripeGateway)
    sent: list[httpx.Request] = []

    async def note_down(request: httpx.Request) -> None:
        sent.append(request)

    gateway._transport._client_async.event_hooks["request"].append(note_down)
    calls = await _calls(till, gateway)
    methods = {name for name, _ in inspect.getmembers(StripeGateway, inspect.iscoroutinefunction)}
    public = {name for name in methods if not name.startswith("_")}
    assert {name.partition(",")[0] for name in calls} == public - SILENT
    for name, call in calls.items():
        before = len(sent)
        # Whether the simulator plays it is a question for its own tests.
        with suppress(ProviderRefused):
            await call()
        assert len(sent) > before, f"{name} sent nothing"
    assert [problem for request in sent for problem in _problems(request)] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "wrong"),
    [
        ("POST", "/v1/unicorns", b"", "Stripe has no"),
        ("POST", "/v1/customers", b"colour=red", "colour"),
        ("POST", "/v1/refunds", b"amount=1.5", "1.5"),
        ("POST", "/v1/subscriptions/sub_1", b"pause_collection[behavior]=stop", "stop"),
        ("POST", "/v1/checkout/sessions", b"line_items[0][price_data][unit_amount]=1", "currency"),
        ("GET", "/v1/invoice_payments", b"payment[type]=card", "card"),
    ],
)
def test_the_check_finds_what_is_wrong(method: str, path: str, body: bytes, wrong: str) -> None:
    openapi.description()
    found = list(openapi.request_problems(method, path, decode(body)))
    assert any(wrong in problem for problem in found), found


@pytest.mark.parametrize("kind", ["error", "rate_limit", "close"])
async def test_an_answer_that_is_lost_on_purpose_is_unavailable_and_no_second_effect(
    till: Till, kind: str
) -> None:
    await till.subscribe()
    (payment,) = (await till.stripe.v1.payment_intents.list_async()).data
    planned = await till.client.post(
        f"{MOUNT}/faults",
        data={"kind": kind, "path": "/v1/refunds", "after_effect": "true", "times": "3"},
        headers={"Authorization": "Bearer sk_test_sandbox"},
    )
    assert planned.status_code == 200
    refund = new_id()
    with pytest.raises(Unavailable):
        await _refund(till, refund, payment.id)
    if kind == "rate_limit":  # which the library does not try again by itself
        for _ in range(2):
            with pytest.raises(Unavailable):
                await _refund(till, refund, payment.id)
    await _refund(till, refund, payment.id)
    (given_back,) = (await till.stripe.v1.refunds.list_async()).data
    assert given_back.amount == 100


async def _refund(till: Till, refund: Any, payment_id: str) -> None:
    await till.provider.refund(refund, payment_id=payment_id, amount=100, currency="EUR")
