"""Billing on a real server beside the sandbox, with everything that moves in a test's hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx
import msgspec
import stripe
from sqlalchemy import text

from contexts.billing.samples import MONTHLY
from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.events.envelope import decode_payload
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.timers import TimerRunner
from gymhopper.contexts.billing.context import context as billing
from gymhopper.contexts.billing.gateways.port import PaymentProvider
from gymhopper.contexts.billing.gateways.providers import payment_provider
from gymhopper.contexts.billing.storage.invariants import INVARIANTS
from gymhopper.contracts.event import Event
from gymhopper.contracts.membership.api import MemberContact, Payer, PayerKind, Purchase
from gymhopper.kernel.clock import ManualClock
from gymhopper.kernel.ids import new_id
from gymhopper.kernel.money import Money
from gymhopper.sandbox.stripe.billing.clock import BillingClock
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.webhooks.delivery import WebhookDelivery

GOOD = "4242424242424242"
FAILS_LATER = "4000000000000341"
DECLINED = "4000000000000002"

E = TypeVar("E", bound=Event)


@dataclass
class SoldMemberships:
    """Keeps the part of `MembershipApi` that billing asks, with what the tests sold."""

    today: date
    sold: dict[UUID, Purchase] = field(default_factory=dict)
    payers: dict[UUID, Payer] = field(default_factory=dict)

    async def purchase(self, *, membership_id: UUID) -> Purchase | None:
        return self.sold.get(membership_id)

    async def payer(self, *, membership_id: UUID, kind: str, payer_id: UUID) -> Payer | None:
        purchase, found = self.sold.get(membership_id), self.payers.get(payer_id)
        if purchase is not None and purchase.member_id == payer_id:
            found = msgspec.structs.replace(purchase, payer=None).paid_by
        return found if found is not None and found.kind == kind else None

    def known_payer(self, kind: PayerKind = "person") -> Payer:
        member_id = new_id()
        payer = Payer(
            kind=kind,
            id=member_id if kind == "person" else new_id(),
            member_id=member_id,
            person_id=new_id(),
        )
        self.payers[payer.id] = payer
        return payer

    async def contact(self, *, member_id: UUID) -> MemberContact | None:
        for payer in self.payers.values():
            if payer.member_id == member_id and payer.person_id is not None:
                return MemberContact(
                    member_id=member_id,
                    person_id=payer.person_id,
                    organisation_id=next(iter(self.sold.values())).organisation_id,
                    email=None,
                    name="Eva Zahlmann",
                )
        for each in self.sold.values():
            if each.member_id == member_id:
                return MemberContact(
                    member_id=member_id,
                    person_id=each.person_id,
                    organisation_id=each.organisation_id,
                    email=None,
                    name="Ada Beispiel",
                )
        return None

    def sell(self, organisation_id: UUID, **changes: Any) -> Purchase:
        purchase = Purchase(
            membership_id=new_id(),
            member_id=new_id(),
            person_id=new_id(),
            organisation_id=organisation_id,
            legal_entity_id=MONTHLY.legal_entity_id,
            plan_id=new_id(),
            plan_name="Basic",
            price_id=new_id(),
            price=Money(2990, "EUR"),
            interval="month",
            interval_count=1,
            contract="pending",
            starts_on=self.today,
            zone="Europe/Vienna",
        )
        purchase = msgspec.structs.replace(purchase, **changes)
        self.sold[purchase.membership_id] = purchase
        return purchase


@dataclass
class Till:
    """A desk with a clock: time, the sandbox, the webhooks and our jobs move when told to."""

    runtime: Runtime
    clock: ManualClock
    memberships: SoldMemberships
    client: httpx.AsyncClient
    stripe: stripe.StripeClient
    organisation: UUID
    delivery: WebhookDelivery
    recovery: Recovery = field(default_factory=Recovery)

    @property
    def provider(self) -> PaymentProvider:
        return payment_provider(self.runtime)

    def sell(self, **changes: Any) -> Purchase:
        return self.memberships.sell(self.organisation, **changes)

    async def post(self, path: str, body: object, caller: str = "desk") -> httpx.Response:
        return await self.client.post(
            f"/api/v1/payments{path}", json=body, headers={"Authorization": f"Bearer {caller}"}
        )

    async def get(self, path: str, caller: str = "desk") -> httpx.Response:
        return await self.client.get(
            f"/api/v1/payments{path}", headers={"Authorization": f"Bearer {caller}"}
        )

    async def checkout(self, purchase: Purchase, **more: object) -> httpx.Response:
        price = {"amount": purchase.price.amount, "currency": purchase.price.currency}
        return await self.post(
            "/checkouts", {"membership_id": str(purchase.membership_id), "price": price, **more}
        )

    async def pay(self, purchase: Purchase, card: str = GOOD) -> None:
        """Go through checkout; the webhooks wait for `settle`."""
        opened = await self.checkout(purchase)
        assert opened.status_code == 201, opened.text
        paid = await self.client.post(opened.json()["url"], data={"card": card})
        assert paid.status_code == 303, paid.text

    async def subscribe(self, card: str = GOOD, **changes: Any) -> Purchase:
        """A membership that was paid for the first time, with everything settled."""
        purchase = self.sell(**changes)
        await self.pay(purchase, card)
        await self.settle()
        return purchase

    async def settle(self, delivery: WebhookDelivery | None = None) -> None:
        """Deliver what the sandbox has to say, and do all that follows, until nothing is left."""
        while await self.deliver(delivery) or await self.work():
            pass

    async def deliver(self, delivery: WebhookDelivery | None = None) -> int:
        """Deliver what the sandbox has to say, without doing what follows."""
        return await (delivery or self.delivery).run_due()

    async def work(self) -> int:
        """Do the jobs that are waiting; returns how many there were."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            waiting = (
                await connection.execute(
                    text(
                        "SELECT count(*) FROM jobs.procrastinate_jobs"
                        " WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()"
                    )
                )
            ).scalar_one()
        if waiting:
            await self.runtime.jobs._app.run_worker_async(
                wait=False, concurrency=1, install_signal_handlers=False, listen_notify=False
            )
        return int(waiting)

    async def advance(self, delivery: WebhookDelivery | None = None, **by: float) -> None:
        """Let time pass: what falls due is billed, rings, and is settled."""
        self.clock.advance(timedelta(**by))
        await BillingClock(self.runtime, self.recovery).run_due()
        await TimerRunner(self.runtime, [billing.timers]).run_due()
        await self.settle(delivery)

    async def hear(self, event: Event) -> None:
        """Deliver another context's event to billing."""
        async with self.runtime.begin(SERVICE) as uow:
            for handler in billing.subscriptions.handlers[event.type]:
                await handler(uow, event, None)  # type: ignore[arg-type]  # the envelope is not read
        await self.settle()

    async def events(self, kind: type[E] | None = None) -> list[Any]:
        """What billing said of memberships so far, in order."""
        async with self.runtime.database.transaction(SERVICE) as connection:
            rows = await connection.execute(
                text(
                    "SELECT type, CAST(data AS text) AS data FROM bus.event"
                    " WHERE type LIKE 'billing.%' AND type <> 'billing.document.issued.v1'"
                    " ORDER BY position"
                )
            )
            said = [decode_payload(row.type, row.data.encode()) for row in rows]
        return [each for each in said if kind is None or isinstance(each, kind)]

    async def rows(self, sql: str, **values: object) -> list[Mapping[str, Any]]:
        async with self.runtime.database.transaction(SERVICE) as connection:
            return [dict(row) for row in (await connection.execute(text(sql), values)).mappings()]

    async def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [name for name, sql in INVARIANTS.items() if (await self.rows(sql))[0]["count"]]

    async def balances(self) -> dict[str, int]:
        """What lies on each kind of account, in minor units; debits are positive."""
        found = await self.rows(
            "SELECT a.kind || CASE WHEN a.kind = 'receivable' THEN '' ELSE ' ' || a.of END AS name,"
            " sum(p.amount) AS amount FROM billing.ledger_posting AS p"
            " JOIN billing.ledger_account AS a ON a.id = p.account_id GROUP BY 1"
        )
        return {row["name"].strip(): int(row["amount"]) for row in found if row["amount"]}

    async def subscription_id(self, purchase: Purchase) -> str:
        """The provider's id of the membership's subscription."""
        found = await self.rows(
            "SELECT s.provider_id FROM billing.subscription AS s JOIN billing.dues AS d"
            " ON s.dues_id = d.id WHERE d.membership_id = :id",
            id=purchase.membership_id,
        )
        return str(found[-1]["provider_id"])

    async def use_card(self, purchase: Purchase, token: str) -> None:
        """Give the subscription another card."""
        subscription_id = await self.subscription_id(purchase)
        found = await self.stripe.v1.subscriptions.retrieve_async(subscription_id)
        method = await self.stripe.v1.payment_methods.attach_async(
            token, {"customer": str(found.customer)}
        )
        await self.stripe.v1.subscriptions.update_async(
            subscription_id, {"default_payment_method": method.id}
        )


def other_price(purchase: Purchase) -> Purchase:
    """The same purchase as a client that shows an old price sees it."""
    return msgspec.structs.replace(purchase, price=replace(purchase.price, amount=1990))
