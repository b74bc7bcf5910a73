"""A subscription's life as the provider showed it, to be replayed in any order.

Recorded from the sandbox step by step: which webhooks each step sent, and what every object was
like after it. A replay gives each webhook a moment at which its fence is taken, a later one at
which its objects are fetched, and a later one still at which they are applied.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from contexts.billing.till import FAILS_LATER, Till
from gymhopper.contexts.billing.domain import notification
from gymhopper.contexts.billing.domain.notification import Subject
from gymhopper.contexts.billing.domain.provider import ProviderInvoice, ProviderSubscription
from gymhopper.contexts.billing.usecases.fetch_snapshot import Snapshot
from gymhopper.sandbox.stripe.billing.clock import BillingClock


@dataclass(frozen=True)
class Step:
    """What one step sent, and the world after it."""

    sent: tuple[Subject, ...]
    subscription: ProviderSubscription
    invoices: dict[str, ProviderInvoice]


@dataclass(frozen=True)
class Life:
    """All steps; `of_payment` names the invoice of each payment."""

    steps: tuple[Step, ...]
    of_payment: dict[str, str]

    def seen(self, subject: Subject, step: int, *, fence: int, as_of: UUID) -> Snapshot:
        """What a fetch after that step brings, as if it were `as_of`'s subscription."""
        world = self.steps[step]
        invoice_id = {
            "invoice": subject.id,
            "payment": self.of_payment.get(subject.id),
        }.get(subject.kind)
        invoice = world.invoices[invoice_id] if invoice_id is not None else None
        return Snapshot(
            fence=fence,
            provider="stripe",
            subscription=self.subscription(step, as_of),
            invoice=None if invoice is None else _renamed(invoice, as_of),
        )

    def subscription(self, step: int, as_of: UUID) -> ProviderSubscription:
        found = self.steps[step].subscription
        return replace(found, id=f"{found.id}:{as_of}", reference=as_of)

    def invoices(self, step: int, as_of: UUID) -> list[ProviderInvoice]:
        return [_renamed(each, as_of) for each in self.steps[step].invoices.values()]


def _renamed(invoice: ProviderInvoice, as_of: UUID) -> ProviderInvoice:
    """The same invoice with ids that no other replay has."""
    return replace(
        invoice,
        id=f"{invoice.id}:{as_of}",
        subscription_id=f"{invoice.subscription_id}:{as_of}",
        payments=tuple(replace(p, id=f"{p.id}:{as_of}") for p in invoice.payments),
        refunds=tuple(
            replace(r, id=f"{r.id}:{as_of}", payment_id=f"{r.payment_id}:{as_of}")
            for r in invoice.refunds
        ),
    )


async def record_life(till: Till) -> Life:
    """Subscribe, fail, recover, renew, give back in two parts, cancel, end."""
    v1 = till.stripe.v1
    await till.pay(till.sell(), FAILS_LATER)
    (found,) = (await v1.subscriptions.list_async()).data
    customer = str(found.customer)

    async def time_passes(**by: float) -> None:
        till.clock.advance(timedelta(**by))
        await BillingClock(till.runtime, till.recovery).run_due()

    async def use_good_card() -> None:
        method = await v1.payment_methods.attach_async("pm_card_visa", {"customer": customer})
        await v1.subscriptions.update_async(found.id, {"default_payment_method": method.id})

    async def give_back(amount: int) -> None:
        oldest = (await v1.charges.list_async({"customer": customer})).data[-1]
        await v1.refunds.create_async({"charge": oldest.id, "amount": amount})

    async def cancel() -> None:
        await v1.subscriptions.update_async(found.id, {"cancel_at_period_end": True})

    recorder = _Recorder(till, found.id)
    await recorder.step()
    actions: list[Callable[[], Awaitable[None]]] = [
        lambda: time_passes(days=31),
        lambda: time_passes(days=1),
        use_good_card,
        lambda: time_passes(days=3),
        lambda: give_back(1000),
        lambda: time_passes(days=30),
        lambda: give_back(500),
        cancel,
        lambda: time_passes(days=40),
    ]
    for act in actions:
        await act()
        await recorder.step()
    return Life(tuple(recorder.steps), recorder.of_payment)


class _Recorder:
    def __init__(self, till: Till, subscription_id: str) -> None:
        self._till = till
        self._subscription_id = subscription_id
        self._heard: set[UUID] = set()
        self.steps: list[Step] = []
        self.of_payment: dict[str, str] = {}

    async def step(self) -> None:
        """Note down what was sent since the last step, and how things are."""
        await self._till.deliver()
        rows = await self._till.rows("SELECT id, body FROM billing.webhook_event ORDER BY id")
        fresh = [row for row in rows if row["id"] not in self._heard]
        self._heard |= {row["id"] for row in fresh}
        subjects = [notification.read(bytes(row["body"])).subject for row in fresh]
        provider = self._till.provider
        subscription = await provider.subscription(self._subscription_id)
        assert subscription is not None
        invoices: dict[str, ProviderInvoice] = {}
        page = await self._till.stripe.v1.invoices.list_async(
            {"subscription": self._subscription_id, "limit": 100}
        )
        for each in page.data:
            invoice = await provider.invoice(str(each.id))
            assert invoice is not None
            invoices[invoice.id] = invoice
            self.of_payment.update({payment.id: invoice.id for payment in invoice.payments})
        # Several webhooks of a step name the same object: a replay repeats them as it likes.
        sent = tuple(dict.fromkeys(each for each in subjects if each is not None))
        self.steps.append(Step(sent, subscription, invoices))
