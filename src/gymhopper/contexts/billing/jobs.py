"""Billing's background work: jobs that speak to the provider, and timers."""

from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.registry import Due, Jobs, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.gateways.providers import payment_provider
from gymhopper.contexts.billing.usecases.align_collection import align_collection
from gymhopper.contexts.billing.usecases.apply_webhook import apply_webhook
from gymhopper.contexts.billing.usecases.follow_contract import FREEZE_TURNS, freeze_turned
from gymhopper.contexts.billing.usecases.issue_refund import issue_refund
from gymhopper.contexts.billing.usecases.sweep_webhooks import sweep_webhooks

jobs = Jobs()
timers = Timers()


@jobs.job("billing.apply_webhook")
async def apply(runtime: Runtime, *, webhook_event_id: str) -> None:
    """Its failures are kept with the event; the queue's own tries are for a lost database."""
    await apply_webhook(runtime, payment_provider(runtime), UUID(webhook_event_id))


@jobs.job("billing.align_collection", attempts=16)
async def align(runtime: Runtime, *, dues_id: str) -> None:
    """Tried for most of a day: a provider that is down must not go on charging."""
    await align_collection(runtime, payment_provider(runtime), UUID(dues_id))


@jobs.job("billing.issue_refund", attempts=16)
async def issue(runtime: Runtime, *, refund_id: str) -> None:
    """Tried for most of a day."""
    await issue_refund(runtime, payment_provider(runtime), UUID(refund_id))


@timers.on(FREEZE_TURNS)
async def freeze_turns(uow: UnitOfWork, due: Due) -> None:
    """A freeze begins or ends."""
    await freeze_turned(uow, UUID(due.key))


@timers.every(timedelta(seconds=10), "billing.webhooks_sweep")
async def sweep(uow: UnitOfWork, _: Due) -> None:
    """Take up what is due again or stuck."""
    await sweep_webhooks(uow)
