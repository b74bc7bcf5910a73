"""The simulator on a real server, driven by Stripe's own library."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import stripe
from starlette.requests import Request
from starlette.responses import Response

from gymhopper.chassis.runtime import Runtime
from gymhopper.kernel.clock import ManualClock
from gymhopper.sandbox.stripe.account import MOUNT, webhook_secret
from gymhopper.sandbox.stripe.billing.clock import BillingClock
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.webhooks.delivery import Unruliness, WebhookDelivery

MONTHLY = {
    "currency": "eur",
    "unit_amount": 2990,
    "recurring": {"interval": "month"},
    "product_data": {"name": "Basic"},
}

IBAN = "DE89 3704 0044 0532 0130 00"


@dataclass
class Receiver:
    """Plays the platform's webhook route: keeps what arrives, answers what it is told to."""

    requests: list[tuple[bytes, str]] = field(default_factory=list)
    elsewhere: list[tuple[str, bytes, str]] = field(default_factory=list)
    answers: Callable[[], int] = lambda: 202
    before_answer: Callable[[], Awaitable[None]] | None = None

    async def receive(self, request: Request) -> Response:
        self.requests.append((await request.body(), request.headers["stripe-signature"]))
        if self.before_answer is not None:
            await self.before_answer()
        return Response(status_code=self.answers())

    async def receive_elsewhere(self, request: Request) -> Response:
        """Plays other webhook endpoints, by name."""
        name, header = request.path_params["name"], request.headers["stripe-signature"]
        self.elsewhere.append((name, await request.body(), header))
        return Response(status_code=self.answers())


@dataclass
class Sandbox:
    """Everything that a test needs of a running simulator."""

    runtime: Runtime
    clock: ManualClock
    client: stripe.StripeClient
    browser: httpx.AsyncClient
    receiver: Receiver
    recovery: Recovery = field(default_factory=Recovery)

    @property
    def base(self) -> str:
        return self.runtime.url + MOUNT

    @property
    def secret(self) -> str:
        return webhook_secret(self.runtime.secrets)

    @property
    def connect_secret(self) -> str:
        return webhook_secret(self.runtime.secrets, connect=True)

    async def bill(self) -> int:
        """Do everything that the billing clock has due."""
        return await BillingClock(self.runtime, self.recovery).run_due()

    async def deliver(
        self, unruliness: Unruliness | None = None, *, seed: int = 0
    ) -> list[dict[str, Any]]:
        """Deliver what is due; returns the events that arrived, in the order of arrival."""
        before = len(self.receiver.requests)
        delivery = WebhookDelivery(self.runtime, unruliness, seed=seed)
        await delivery.run_due()
        await delivery.close()
        return [self._event(body, signature) for body, signature in self.receiver.requests[before:]]

    def _event(self, body: bytes, signature: str) -> dict[str, Any]:
        """The event; those about connected accounts are signed with a secret of their own."""
        secret = self.connect_secret if "account" in json.loads(body) else self.secret
        event = stripe.Webhook.construct_event(body, signature, secret, tolerance=None)
        return event.to_dict()

    async def session(self, **changes: Any) -> stripe.checkout.Session:
        return await self.client.v1.checkout.sessions.create_async(
            {
                "mode": "subscription",
                "success_url": "http://127.0.0.1/paid?session={CHECKOUT_SESSION_ID}",
                "line_items": [{"price_data": MONTHLY, "quantity": 1}],
                **changes,
            }  # type: ignore[typeddict-item] # tests vary the parameters freely
        )

    async def pay(
        self, session: stripe.checkout.Session, card: str = "4242424242424242", **more: str
    ) -> httpx.Response:
        assert session.url is not None
        return await self.browser.post(session.url, data={"card": card, **more})

    async def subscribe(self, **changes: Any) -> stripe.Subscription:
        """A subscription that was just paid on the page."""
        session = await self.session(**changes)
        assert (await self.pay(session)).status_code == 303
        done = await self.client.v1.checkout.sessions.retrieve_async(session.id)
        return await self.client.v1.subscriptions.retrieve_async(str(done.subscription))

    async def connect(self, *, onboarded: bool = True, **changes: Any) -> stripe.Account:
        """A connected account that wants transfers, and went through the hosted form."""
        made = await self.client.v1.accounts.create_async(
            {
                "controller": {
                    "fees": {"payer": "application"},
                    "losses": {"payments": "application"},
                    "stripe_dashboard": {"type": "express"},
                },
                "country": "DE",
                "email": "till@partner.example",
                "capabilities": {"transfers": {"requested": True}},
                **changes,
            }
        )
        if onboarded:
            assert (await self.onboard(made.id)).status_code == 303
            made = await self.client.v1.accounts.retrieve_async(made.id)
        return made

    async def onboarding(self, account: str) -> stripe.AccountLink:
        return await self.client.v1.account_links.create_async(
            {
                "account": account,
                "refresh_url": "http://127.0.0.1/again",
                "return_url": "http://127.0.0.1/done",
                "type": "account_onboarding",
            }
        )

    async def onboard(self, account: str, **changes: str) -> httpx.Response:
        """Fill the hosted form of a new link."""
        told = {"name": "Studio Nord", "tax_id": "HRB 1", "iban": IBAN, "accept": "yes"}
        link = await self.onboarding(account)
        return await self.browser.post(link.url, data=told | changes)

    async def fail(self, kind: str, **changes: str) -> httpx.Response:
        """Have a later call go wrong."""
        return await self.browser.post(
            f"{self.base}/faults",
            data={"kind": kind} | changes,
            headers={"Authorization": "Bearer sk_test_sandbox"},
        )

    async def use_card(self, subscription: stripe.Subscription, token: str) -> str:
        """Give the subscription another card."""
        method = await self.client.v1.payment_methods.attach_async(
            token, {"customer": str(subscription.customer)}
        )
        await self.client.v1.subscriptions.update_async(
            subscription.id, {"default_payment_method": method.id}
        )
        return method.id


async def refusal(call: Awaitable[object]) -> stripe.StripeError:
    """The error that a call is answered with."""
    with pytest.raises(stripe.StripeError) as caught:
        await call
    return caught.value


async def authenticate(
    sandbox: Sandbox, intent: stripe.PaymentIntent | stripe.SetupIntent, outcome: str = "complete"
) -> httpx.Response:
    """Answer the question of the card's issuer at the address that the intent tells."""
    assert intent.next_action is not None
    action = intent.next_action.to_dict()
    url = action["redirect_to_url"]["url"] if "redirect_to_url" in action else None
    url = url or action["use_stripe_sdk"]["stripe_js"]
    return await sandbox.browser.post(url, data={"outcome": outcome})
