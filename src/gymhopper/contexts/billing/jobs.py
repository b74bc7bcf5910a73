"""Billing's background work: jobs that speak to the provider, and timers."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.logging import get_logger
from gymhopper.chassis.registry import Due, Jobs, Timers
from gymhopper.chassis.runtime import Runtime
from gymhopper.chassis.unit_of_work import UnitOfWork
from gymhopper.contexts.billing.gateways.providers import payment_provider
from gymhopper.contexts.billing.usecases.align_collection import align_collection
from gymhopper.contexts.billing.usecases.apply_webhook import apply_webhook
from gymhopper.contexts.billing.usecases.bill_by_hand import (
    CLAIM_DUE,
    CYCLE_DUE,
    bill_next,
    claim_due,
)
from gymhopper.contexts.billing.usecases.change_plan import change_at_provider, defer_change
from gymhopper.contexts.billing.usecases.charge_fee import charge_claim, defer_charge
from gymhopper.contexts.billing.usecases.claim_month import (
    CLAIM_MONTHS,
    claim_months,
    defer_months,
)
from gymhopper.contexts.billing.usecases.follow_cards import follow_cards
from gymhopper.contexts.billing.usecases.follow_contract import (
    FREEZE_TURNS,
    defer_alignment,
    freeze_turned,
)
from gymhopper.contexts.billing.usecases.issue_refund import issue_refund
from gymhopper.contexts.billing.usecases.learn_payer import LEARN, learn_payer
from gymhopper.contexts.billing.usecases.notice_cards import FOLLOW, defer_following
from gymhopper.contexts.billing.usecases.open_sponsor import SPONSOR_MONTH
from gymhopper.contexts.billing.usecases.pay_open_claims import pay_open_claims
from gymhopper.contexts.billing.usecases.place_credit import defer_placement, place_credit
from gymhopper.contexts.billing.usecases.reconcile import reconcile
from gymhopper.contexts.billing.usecases.request_refund import defer_refund
from gymhopper.contexts.billing.usecases.sweep_webhooks import sweep_webhooks
from gymhopper.contexts.billing.usecases.write_off_claim import defer_giving_up, give_up_claim
from gymhopper.kernel.errors import GymhopperError

log = get_logger(__name__)

ALIGN_AGAIN = "billing.collection_align_again"
MONTHS_AGAIN = "billing.sponsor_months_again"
CHANGE_AGAIN = "billing.plan_change_again"
CHARGE_AGAIN = "billing.fee_charge_again"
REFUND_AGAIN = "billing.refund_issue_again"
FOLLOW_AGAIN = "billing.cards_follow_again"
PLACE_AGAIN = "billing.credit_place_again"
GIVE_UP_AGAIN = "billing.claim_give_up_again"
RECONCILE = "billing.reconcile"
RECONCILE_AGAIN = "billing.reconcile_again"

PAGES = 20
"""So many a job compares before it makes room for others."""

jobs = Jobs()
timers = Timers()


@jobs.job(LEARN)
async def learn(runtime: Runtime, *, member_id: str) -> None:
    """To whom a member's documents are made out, unless somebody said so."""
    await learn_payer(runtime, UUID(member_id))


@jobs.job("billing.apply_webhook")
async def apply(runtime: Runtime, *, webhook_event_id: str) -> None:
    """Its failures are kept with the event; the queue's own tries are for a lost database."""
    await apply_webhook(runtime, payment_provider(runtime), UUID(webhook_event_id))


@jobs.job("billing.align_collection")
async def align(runtime: Runtime, *, dues_id: str, failures: int = 0) -> None:
    """Tried until it succeeds: a provider that was down must not go on charging."""
    try:
        await align_collection(runtime, payment_provider(runtime), UUID(dues_id))
    except GymhopperError:
        log.warning("collection_not_aligned", dues_id=dues_id, failures=failures, exc_info=True)
        await _try_again(runtime, ALIGN_AGAIN, dues_id, failures)


@jobs.job("billing.issue_refund")
async def issue(runtime: Runtime, *, refund_id: str, failures: int = 0) -> None:
    """Tried until the provider has said yes or no."""
    try:
        await issue_refund(runtime, payment_provider(runtime), UUID(refund_id))
    except GymhopperError:
        log.warning("refund_not_issued", refund_id=refund_id, failures=failures, exc_info=True)
        await _try_again(runtime, REFUND_AGAIN, refund_id, failures)


@jobs.job("billing.give_up_claim")
async def give_up(runtime: Runtime, *, claim_id: str, failures: int = 0) -> None:
    """Tried until the provider has heard it."""
    try:
        await give_up_claim(runtime, payment_provider(runtime), UUID(claim_id))
    except GymhopperError:
        log.warning("claim_not_given_up", claim_id=claim_id, failures=failures, exc_info=True)
        await _try_again(runtime, GIVE_UP_AGAIN, claim_id, failures)


@jobs.job("billing.place_credit")
async def place(runtime: Runtime, *, credit_id: str, failures: int = 0) -> None:
    """What is owed here is paid first. Tried until the provider has said yes or no."""
    try:
        await pay_open_claims(runtime, UUID(credit_id))
        await place_credit(runtime, payment_provider(runtime), UUID(credit_id))
    except GymhopperError:
        log.warning("credit_not_placed", credit_id=credit_id, failures=failures, exc_info=True)
        await _try_again(runtime, PLACE_AGAIN, credit_id, failures)


@jobs.job(RECONCILE)
async def compare(runtime: Runtime, *, failures: int = 0) -> None:
    """A part of the comparison; the next one is deferred until nothing is left."""
    try:
        report = await reconcile(runtime, payment_provider(runtime), pages=PAGES)
    except GymhopperError:
        log.warning("reconciliation_interrupted", failures=failures, exc_info=True)
        await _try_again(runtime, RECONCILE_AGAIN, "", failures)
        return
    if report.reconciliation.finished_at is None:
        async with runtime.begin(SERVICE) as uow:
            await defer_reconciliation(uow)
        return
    found = Counter(str(each.verdict) for each in report.findings)
    tell = log.info if report.agrees else log.warning
    tell("reconciled", compared=report.reconciliation.compared, **found)


async def defer_reconciliation(uow: UnitOfWork, *, failures: int = 0) -> None:
    """Have the comparison begun, or gone on with, after the commit."""
    await uow.defer(RECONCILE, lock=RECONCILE, failures=failures)


@jobs.job("billing.charge_claim")
async def charge(runtime: Runtime, *, claim_id: str, failures: int = 0) -> None:
    """Tried until the provider has said yes or no."""
    try:
        await charge_claim(runtime, payment_provider(runtime), UUID(claim_id))
    except GymhopperError:
        log.warning("fee_not_charged", claim_id=claim_id, failures=failures, exc_info=True)
        await _try_again(runtime, CHARGE_AGAIN, claim_id, failures)


@jobs.job(FOLLOW)
async def follow(runtime: Runtime, *, account_id: str, failures: int = 0) -> None:
    """Tried until the provider has heard of every card."""
    try:
        await follow_cards(runtime, payment_provider(runtime), UUID(account_id))
    except GymhopperError:
        log.warning("cards_not_followed", account_id=account_id, failures=failures, exc_info=True)
        await _try_again(runtime, FOLLOW_AGAIN, account_id, failures)


@jobs.job("billing.change_plan")
async def change(runtime: Runtime, *, dues_id: str, failures: int = 0) -> None:
    """Tried until the provider has said yes or no."""
    try:
        await change_at_provider(runtime, payment_provider(runtime), UUID(dues_id))
    except GymhopperError:
        log.warning("plan_not_changed", dues_id=dues_id, failures=failures, exc_info=True)
        await _try_again(runtime, CHANGE_AGAIN, dues_id, failures)


@jobs.job(CLAIM_MONTHS)
async def claim_sponsor_months(runtime: Runtime, *, sponsor_id: str, failures: int = 0) -> None:
    """Tried until membership has said who was covered."""
    try:
        await claim_months(runtime, UUID(sponsor_id))
    except GymhopperError:
        log.warning("month_not_claimed", sponsor_id=sponsor_id, failures=failures, exc_info=True)
        await _try_again(runtime, MONTHS_AGAIN, sponsor_id, failures)


async def _try_again(runtime: Runtime, timer: str, key: str, failures: int) -> None:
    """Set the timer for the next try. Not the queue's own retry: while that waits, it would keep
    later jobs with the same lock from running."""
    delay = min(timedelta(seconds=10) * 2**failures, timedelta(hours=1))
    async with runtime.begin(SERVICE) as uow:
        await uow.schedule(timer, key, uow.now + delay, {"failures": failures + 1})


@timers.on(ALIGN_AGAIN)
async def collection_align_again(uow: UnitOfWork, due: Due) -> None:
    """The provider could not be brought in line before."""
    await defer_alignment(uow, UUID(due.key), failures=due.payload["failures"])


@timers.on(FOLLOW_AGAIN)
async def follow_again(uow: UnitOfWork, due: Due) -> None:
    """The provider could not be asked before."""
    await defer_following(uow, UUID(due.key), failures=due.payload["failures"])


@timers.on(REFUND_AGAIN)
async def refund_issue_again(uow: UnitOfWork, due: Due) -> None:
    """The provider could not be asked before."""
    await defer_refund(uow, UUID(due.key), failures=due.payload["failures"])


@timers.on(GIVE_UP_AGAIN)
async def claim_give_up_again(uow: UnitOfWork, due: Due) -> None:
    """The provider could not be told before."""
    await defer_giving_up(uow, UUID(due.key), failures=due.payload["failures"])


@timers.on(PLACE_AGAIN)
async def credit_place_again(uow: UnitOfWork, due: Due) -> None:
    """The provider could not be asked before."""
    await defer_placement(uow, UUID(due.key), failures=due.payload["failures"])


@timers.on(RECONCILE_AGAIN)
async def reconcile_again(uow: UnitOfWork, due: Due) -> None:
    """The comparison was interrupted before."""
    await defer_reconciliation(uow, failures=due.payload["failures"])


@timers.every(timedelta(days=1), "billing.reconcile_nightly")
async def reconcile_nightly(uow: UnitOfWork, _: Due) -> None:
    """Whatever webhooks did not bring is found within a day."""
    await defer_reconciliation(uow)


@timers.on(CHARGE_AGAIN)
async def charge_again(uow: UnitOfWork, due: Due) -> None:
    """The provider could not be asked before."""
    await defer_charge(uow, UUID(due.key), failures=due.payload["failures"])


@timers.on(CHANGE_AGAIN)
async def change_again(uow: UnitOfWork, due: Due) -> None:
    """The provider could not be asked before."""
    await defer_change(uow, UUID(due.key), failures=due.payload["failures"])


@timers.on(FREEZE_TURNS)
async def freeze_turns(uow: UnitOfWork, due: Due) -> None:
    """A freeze begins or ends."""
    await freeze_turned(uow, UUID(due.key))


@timers.on(CYCLE_DUE)
async def cycle_due(uow: UnitOfWork, due: Due) -> None:
    """The next period is to be asked for."""
    await bill_next(uow, UUID(due.key))


@timers.on(CLAIM_DUE)
async def must_be_paid(uow: UnitOfWork, due: Due) -> None:
    """A claim must have been paid by now."""
    await claim_due(uow, UUID(due.key))


@timers.every(timedelta(seconds=10), "billing.webhooks_sweep")
async def sweep(uow: UnitOfWork, _: Due) -> None:
    """Take up what is due again or stuck."""
    await sweep_webhooks(uow)


@timers.on(SPONSOR_MONTH)
async def sponsor_month(uow: UnitOfWork, due: Due) -> None:
    """A sponsor's month is over."""
    await defer_months(uow, UUID(due.key))


@timers.on(MONTHS_AGAIN)
async def sponsor_months_again(uow: UnitOfWork, due: Due) -> None:
    """Membership could not be asked before."""
    await defer_months(uow, UUID(due.key), failures=due.payload["failures"])
