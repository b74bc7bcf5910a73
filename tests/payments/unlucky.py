"""A provider that fails at what a test names, and people who ask again until it works."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from gymhopper.sandbox.stripe.account import API_KEY, MOUNT
from payments.studio import Studio

CALLS = {
    "create_customer": ["POST /v1/customers"],
    "open_checkout": ["POST /v1/products", "POST /v1/checkout/sessions"],
    "expire_checkout": ["POST /v1/checkout/sessions/*/expire"],
    "checkout": ["GET /v1/checkout/sessions/*"],
    "subscription": ["GET /v1/subscriptions/*"],
    "invoice": ["GET /v1/invoices/*", "GET /v1/charges"],
    "invoice_of_payment": ["GET /v1/invoice_payments"],
    "refund": ["POST /v1/refunds"],
    "open_charge": ["POST /v1/invoices"],
    "collect_charge": ["POST /v1/invoiceitems", "POST /v1/invoices/*/finalize"],
    "collect_until": ["POST /v1/subscriptions/*"],
    "reprice": ["POST /v1/subscriptions/*"],
    "discount": ["POST /v1/subscriptions/*"],
    "pause": ["POST /v1/subscriptions/*"],
    "held_back": ["GET /v1/invoices"],
    "release": ["POST /v1/invoiceitems", "POST /v1/invoices/*/finalize"],
    "preview_change": ["POST /v1/products", "POST /v1/invoices/create_preview"],
    "change_plan": ["POST /v1/subscriptions/*"],
    "cancel": ["DELETE /v1/subscriptions/*"],
    "move_balance": ["POST /v1/customers/*/balance_transactions"],
    "give_up": ["POST /v1/invoices/*/mark_uncollectible"],
    "cards": ["GET /v1/customers/*", "GET /v1/payment_methods"],
    "open_card_page": ["POST /v1/checkout/sessions"],
    "use_card": ["POST /v1/customers/*", "POST /v1/subscriptions/*"],
    "remove_card": ["POST /v1/payment_methods/*/detach"],
    "collect_again": ["GET /v1/invoices/*", "POST /v1/invoices/*/pay"],
    "payment_page": ["GET /v1/invoices/*"],
    "open_claim_page": ["POST /v1/checkout/sessions"],
    "open_portal": ["POST /v1/billing_portal/sessions"],
    "subscriptions": ["GET /v1/subscriptions"],
    "invoices": ["GET /v1/invoices"],
}
"""What each method of the port asks for. An invoice that is finalised is collected by that; only
where Stripe waits with it is it paid by a call of its own."""

NOWHERE = "/nowhere"


@dataclass
class Unlucky:
    """A studio whose provider fails at what it is asked next."""

    studio: Studio
    kind: str
    after_effect: bool
    planned: set[str] = field(default_factory=set)

    async def plan(self, *methods: str) -> None:
        """Let each call of these methods go wrong once."""
        for method in methods:
            self.planned.add(method)
            for call in CALLS[method]:
                await self._plan(*call.split())

    async def left(self) -> list[str]:
        """The calls that have not gone wrong yet."""
        found = await self._plan("*", NOWHERE)
        return [each["path"] for each in found if each["path"] != NOWHERE]

    async def _plan(self, verb: str, path: str) -> list[Any]:
        answer = await self.studio.client.post(
            f"{MOUNT}/faults",
            data={
                "kind": self.kind,
                "method": verb,
                "path": path,
                "after_effect": str(self.after_effect).lower(),
            },
            headers={"Authorization": f"Bearer {API_KEY}"},
        )
        assert answer.is_success, answer.text
        return list(answer.json()["data"])

    async def until(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask again until it works, as people do; anything but an outage is a failure."""
        for _ in range(6):
            answer = await ask()
            if answer.is_success:
                return answer.json()
            assert (answer.status_code, answer.json()["code"]) in {
                (503, "unavailable"),
                (409, "provider_conflict"),
            }, answer.text
        raise AssertionError("it never worked")

    async def calm(self) -> None:
        """Let time pass until nothing is tried again any more."""
        await self.studio.settle()
        for _ in range(12):
            waiting = await self.studio.rows(
                "SELECT 1 FROM billing.webhook_event WHERE state = 'received' UNION ALL"
                " SELECT 1 FROM chassis.timer WHERE name LIKE '%\\_again'"
            )
            if not waiting:
                return
            await self.studio.advance(minutes=30)
        raise AssertionError("it never came to rest")


async def post(studio: Studio, path: str, body: Any = None, caller: str = "desk") -> Any:
    return await studio.client.post(
        f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {caller}"}
    )
