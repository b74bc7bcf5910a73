"""A provider that answers with an error, with "too many", not at all, or too late: nothing is lost,
and nothing happens twice.

Every call of the port goes wrong once, before it has an effect or when only its answer is lost.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from contexts.billing.till import GOOD
from fixtures.engines import TestDatabase
from fixtures.runtimes import NewRuntime
from gymhopper.kernel.clock import ManualClock
from gymhopper.sandbox.stripe.account import API_KEY, MOUNT
from payments.studio import Studio, open_studio
from payments.walk import Walk
from payments.ways import Card

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
    "pause": ["POST /v1/subscriptions/*"],
    "cancel": ["DELETE /v1/subscriptions/*"],
    "subscriptions": ["GET /v1/subscriptions"],
    "invoices": ["GET /v1/invoices"],
}
"""What each method of the port asks for. An invoice that is finalised is collected by that; only
where Stripe waits with it is it paid by a call of its own."""

NOWHERE = "/nowhere"

BRIEF = [("error", False), ("close", True)]
OTHERS = [
    ("error", True),
    ("close", False),
    ("rate_limit", False),
    ("rate_limit", True),
    ("silence", False),
    ("silence", True),
]


@dataclass
class Unlucky:
    """A studio whose provider fails at what it is asked next."""

    studio: Studio
    kind: str
    after_effect: bool

    async def plan(self, *methods: str) -> None:
        """Let each call of these methods go wrong once."""
        for method in methods:
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


async def post(studio: Studio, path: str, body: Any = None) -> Any:
    return await studio.client.post(
        f"/api/v1{path}", json=body, headers={"Authorization": "Bearer desk"}
    )


@pytest.mark.parametrize(
    ("kind", "after_effect"),
    [
        *BRIEF,
        *(pytest.param(*each, marks=[pytest.mark.prove]) for each in OTHERS),
    ],
)
@pytest.mark.timeout(600)
async def test_whatever_the_provider_fails_at_is_done_once_in_the_end(
    new_runtime: NewRuntime,
    database: TestDatabase,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    after_effect: bool,
) -> None:
    monkeypatch.setenv("GYMHOPPER_BILLING_STRIPE_RETRIES", "0")
    if kind == "silence":
        monkeypatch.setenv("GYMHOPPER_BILLING_STRIPE_TIMEOUT", "2")
    async with open_studio(new_runtime, database, clock) as studio:
        unlucky = Unlucky(studio, kind, after_effect)
        of = await pays_for_the_first_time(unlucky)
        await changes(unlucky, of)
        await leaves_for_the_desk(unlucky)
        assert await unlucky.left() == []
        walk = Walk(studio)
        await walk.check()


async def pays_for_the_first_time(unlucky: Unlucky) -> str:
    """One customer, one page, one subscription, one payment."""
    studio = unlucky.studio
    fee = {"amount": 500, "currency": "EUR"}
    of = await studio.bought(await studio.plan(freeze_rules={"fee": fee}))
    body = {"membership_id": of, "price": (await studio.membership(of))["price"]}
    await unlucky.plan("create_customer", "open_checkout")
    page = await unlucky.until(lambda: post(studio, "/payments/checkouts", body))
    paid = await studio.client.post(page["url"], data={"card": GOOD})
    assert paid.status_code == 303, paid.text
    await unlucky.plan("checkout", "subscription", "invoice")
    await unlucky.calm()
    v1 = studio.stripe.v1
    assert len((await v1.customers.list_async()).data) == 1
    assert len((await v1.subscriptions.list_async()).data) == 1
    assert [each["status"] for each in await studio.claims(of)] == ["paid"]
    assert await studio.door(of) is None
    return of


async def changes(unlucky: Unlucky, of: str) -> None:
    """A refund, a freeze with its fee, a lower price, the nightly comparison, an end."""
    studio, v1 = unlucky.studio, unlucky.studio.stripe.v1
    (claim,) = await studio.claims(of)
    await unlucky.plan("refund", "invoice_of_payment")
    path = f"/payments/claims/{claim['claim_id']}/refunds"
    assert (await post(studio, path, {"amount": 990})).status_code == 201
    await unlucky.calm()
    assert [each.amount for each in (await v1.refunds.list_async()).data] == [990]

    await unlucky.plan("pause", "open_charge", "collect_charge")
    until = str(studio.clock.now().date() + timedelta(days=5))
    assert (await post(studio, f"/memberships/{of}/freezes", {"until": until})).is_success
    await unlucky.calm()
    charged = [each.amount for each in (await v1.charges.list_async()).data]
    assert sorted(charged) == [500, 2990]
    await studio.advance(days=6)

    await unlucky.plan("reprice")
    change = {
        "price": {"amount": 1990, "currency": "EUR"},
        "effective_on": str(studio.clock.now().date() + timedelta(days=1)),
        "reason": "Thank you.",
    }
    assert (await post(studio, f"/memberships/{of}/price-changes", change)).is_success
    await unlucky.plan("subscriptions", "invoices")
    await studio.advance(days=2)
    await unlucky.calm()
    (subscription,) = (await v1.subscriptions.list_async()).data
    assert subscription.items.data[0].price.unit_amount == 1990

    await unlucky.plan("collect_until")
    ending = await post(studio, f"/memberships/{of}/cancel", {"when": "period_end"})
    await unlucky.calm()
    (subscription,) = (await v1.subscriptions.list_async()).data
    assert subscription.cancel_at is not None
    assert ending.is_success
    await unlucky.plan("cancel")
    assert (await post(studio, f"/memberships/{of}/cancel", {"when": "now"})).is_success
    await unlucky.calm()
    assert (await v1.subscriptions.list_async()).data == []


async def leaves_for_the_desk(unlucky: Unlucky) -> None:
    """A page that is open is closed, and only the desk asks for money."""
    studio = unlucky.studio
    of = await studio.bought(await studio.plan())
    await Card().begin(studio, of)
    await unlucky.plan("expire_checkout")
    body = {"price": (await studio.membership(of))["price"]}
    await unlucky.until(lambda: post(studio, f"/payments/memberships/{of}/desk", body))
    pages = await studio.rows(
        "SELECT c.status FROM billing.checkout AS c WHERE c.membership_id = :id", id=UUID(of)
    )
    assert {row["status"] for row in pages} == {"expired"}
