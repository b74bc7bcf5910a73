"""Packs and passes by card: one payment, one claim, and no subscription."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from contexts.billing import contract
from contexts.billing.disturbed import Cut, CutAt, Disturbed, MortalRuntime
from contexts.billing.test_checkout import at_stripe, wish
from contexts.billing.test_desk import claims
from contexts.billing.test_disputes import take_back
from contexts.billing.test_fees import FEE, extra_visit
from contexts.billing.test_reconcile import compare, forget_webhooks, verdicts
from contexts.billing.till import DECLINED, GOOD, Till
from gymhopper.contexts.billing.domain.notification import Subject, read
from gymhopper.contexts.billing.usecases.apply_webhook import apply_webhook
from gymhopper.contexts.billing.usecases.start_checkout import start_checkout
from gymhopper.contracts.billing.events import (
    DebtChanged,
    FeePaid,
    PaymentFailed,
    PaymentRefunded,
    PaymentSucceeded,
    PaymentTakenBack,
)
from gymhopper.kernel.calendar import local_date, start_of_day
from gymhopper.kernel.money import Money

VIENNA = "Europe/Vienna"
PACK: dict[str, Any] = {
    "kind": "pack",
    "plan_name": "Ten visits",
    "price": Money(12_000, "EUR"),
    "interval": "month",
    "interval_count": 6,
    "periods": 1,
}
PASS: dict[str, Any] = {
    "kind": "day_pass",
    "plan_name": "Day",
    "price": Money(1500, "EUR"),
    "interval": "day",
    "interval_count": 1,
    "periods": 1,
}


async def payments_at_stripe(till: Till) -> list[Any]:
    return (await till.stripe.v1.payment_intents.list_async({"limit": 100})).data


@pytest.mark.parametrize("kind", ["pack", "day_pass", "guest_pass"])
async def test_what_is_had_once_is_one_payment_and_no_subscription(till: Till, kind: str) -> None:
    purchase = await till.subscribe(**{**(PACK if kind == "pack" else PASS), "kind": kind})
    (paid,) = await till.events(PaymentSucceeded)
    today = till.clock.now().date()
    assert paid.membership_id == purchase.membership_id
    assert paid.amount == purchase.price
    assert paid.start == start_of_day(today, VIENNA)
    last = date(2026, 9, 2) if kind == "pack" else today + timedelta(days=1)
    assert paid.until == start_of_day(last, VIENNA)
    (claim,) = await claims(till, purchase)
    assert (claim["status"], [each["kind"] for each in claim["lines"]]) == ("paid", ["purchase"])
    assert claim["document_id"] is not None
    assert await at_stripe(till) == {"customers": 1, "pages": 1, "subscriptions": 0}
    assert (await till.stripe.v1.invoices.list_async()).data == []
    assert (await till.balances())["clearing stripe"] == purchase.price.amount
    # Nothing follows, and nobody is charged again.
    await till.advance(days=400)
    assert len(await payments_at_stripe(till)) == 1
    assert len(await till.events(PaymentSucceeded)) == 1
    assert await till.rows("SELECT status FROM billing.checkout") == [{"status": "complete"}]
    assert await till.broken() == []


async def test_a_joining_fee_is_paid_with_it(till: Till) -> None:
    purchase = await till.subscribe(**PACK, joining_fee=Money(1000, "EUR"))
    (claim,) = await claims(till, purchase)
    assert [(each["kind"], each["amount"]["amount"]) for each in claim["lines"]] == [
        ("purchase", 12_000),
        ("joining_fee", 1000),
    ]
    assert claim["amount"]["amount"] == 13_000
    assert await till.broken() == []


async def test_krona_are_counted_in_hundredths_there_and_as_whole_here(till: Till) -> None:
    await till.subscribe(**{**PASS, "price": Money(4500, "ISK")})
    (paid,) = await till.events(PaymentSucceeded)
    assert paid.amount == Money(4500, "ISK")
    assert [each.amount for each in await payments_at_stripe(till)] == [450_000]


async def test_whoever_pays_on_a_later_day_begins_on_that_day(till: Till) -> None:
    purchase = till.sell(**PACK)
    page = (await till.checkout(purchase)).json()
    await till.advance(hours=18)
    assert (await till.client.post(page["url"], data={"card": GOOD})).status_code == 303
    await till.settle()
    (paid,) = await till.events(PaymentSucceeded)
    tomorrow = local_date(till.clock.now(), VIENNA)
    assert tomorrow > purchase.starts_on
    assert paid.start == start_of_day(tomorrow, VIENNA)
    assert paid.until == start_of_day(date(2026, 9, 3), VIENNA)


async def test_what_is_paid_beforehand_begins_on_its_day(till: Till) -> None:
    purchase = await till.subscribe(**PASS, starts_on=date(2026, 3, 9))
    (paid,) = await till.events(PaymentSucceeded)
    assert paid.start == start_of_day(purchase.starts_on, VIENNA)


async def test_it_begins_when_it_was_paid_though_that_is_heard_of_later(till: Till) -> None:
    purchase = till.sell(**PASS)
    await till.pay(purchase)
    await till.advance(hours=18)
    (paid,) = await till.events(PaymentSucceeded)
    assert paid.start == start_of_day(purchase.starts_on, VIENNA)


async def test_a_double_submit_is_one_page_and_one_charge(till: Till) -> None:
    purchase = till.sell(**PACK)
    answers = await asyncio.gather(*(till.checkout(purchase) for _ in range(6)))
    assert {each.status_code for each in answers} == {201}, [each.text for each in answers]
    (url,) = {each.json()["url"] for each in answers}
    await asyncio.gather(*(till.client.post(url, data={"card": GOOD}) for _ in range(4)))
    await till.settle()
    assert len((await till.stripe.v1.charges.list_async()).data) == 1
    assert len(await till.events(PaymentSucceeded)) == 1
    again = await till.checkout(purchase)
    assert (again.status_code, again.json()["code"]) == (409, "already_subscribed")


async def test_a_declined_card_owes_nothing_and_another_pays(till: Till) -> None:
    purchase = till.sell(**PACK)
    page = (await till.checkout(purchase)).json()
    assert (await till.client.post(page["url"], data={"card": DECLINED})).status_code != 303
    await till.settle()
    assert await till.events() == []
    assert (await till.client.post(page["url"], data={"card": GOOD})).status_code == 303
    await till.settle()
    assert [type(each) for each in await till.events()] == [PaymentSucceeded]
    assert await till.events(PaymentFailed) == []


async def test_a_page_that_nobody_used_in_time_is_followed_by_another(till: Till) -> None:
    purchase = till.sell(**PASS)
    first = (await till.checkout(purchase)).json()
    await till.client.post(first["url"], data={"card": DECLINED})
    await till.advance(hours=25)
    assert [row["status"] for row in await till.rows("SELECT status FROM billing.checkout")] == [
        "expired"
    ]
    second = (await till.checkout(purchase)).json()
    assert second["url"] != first["url"]
    assert (await till.client.post(second["url"], data={"card": GOOD})).status_code == 303
    await till.settle()
    assert len(await till.events(PaymentSucceeded)) == 1


async def test_what_the_desk_took_over_is_not_paid_on_the_page(till: Till) -> None:
    purchase = till.sell(**PACK)
    page = (await till.checkout(purchase)).json()
    body = {"amount": 12_000, "currency": "EUR"}
    taken = await till.post(f"/memberships/{purchase.membership_id}/desk", {"price": body})
    assert taken.status_code == 201, taken.text
    assert (await till.client.post(page["url"], data={"card": GOOD})).status_code != 303
    await till.settle()
    assert await till.events(PaymentSucceeded) == []


async def test_what_is_free_needs_no_page(till: Till) -> None:
    answer = await till.checkout(till.sell(**{**PASS, "price": Money(0, "EUR")}))
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_pay")


async def test_partial_refunds_add_up_whoever_made_them(till: Till) -> None:
    purchase = await till.subscribe(**PACK)
    (claim,) = await claims(till, purchase)
    for amount in (1200, 2400):
        asked = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": amount})
        assert asked.status_code == 201, asked.text
        await till.settle()
    (payment,) = await payments_at_stripe(till)
    await till.stripe.v1.refunds.create_async({"payment_intent": payment.id, "amount": 400})
    await till.settle()
    told = await till.events(PaymentRefunded)
    assert [each.amount.amount for each in told] == [1200, 2400, 400]
    assert (await claims(till, purchase))[0]["refunded"]["amount"] == 4000
    much = await till.post(f"/claims/{claim['claim_id']}/refunds", {"amount": 8001})
    assert (much.status_code, much.json()["code"]) == (422, "over_refund")
    assert (await till.balances())["clearing stripe"] == 8000
    assert await till.broken() == []


async def test_a_dispute_takes_the_payment_back_and_a_won_one_brings_it(till: Till) -> None:
    purchase = await till.subscribe(**PACK)
    await till.advance(days=20)
    dispute = await take_back(till)
    (taken,) = await till.events(PaymentTakenBack)
    assert taken.taken_back == Money(12_000, "EUR")
    assert (await till.events(DebtChanged))[-1].owed == Money(12_000, "EUR")
    assert (await compare(till)).findings == ()
    await till.stripe.v1.disputes.update_async(
        dispute, {"evidence": {"uncategorized_text": "winning_evidence"}, "submit": True}
    )
    await till.advance(days=2)
    assert (await till.events(DebtChanged))[-1].owed == Money(0, "EUR")
    assert len(await till.events(PaymentSucceeded)) == 1
    assert (await claims(till, purchase))[0]["status"] == "paid"
    assert await till.broken() == []


async def test_a_visit_beyond_a_pack_is_charged_to_the_card_that_paid_for_it(till: Till) -> None:
    purchase = await till.subscribe(**PACK)
    await till.hear(extra_visit(purchase, "charge"))
    (paid,) = await till.events(FeePaid)
    assert paid.amount == FEE
    assert await till.broken() == []


async def test_what_is_paid_as_the_contract_ends_goes_back(till: Till) -> None:
    purchase = till.sell(**PACK)
    await till.pay(purchase)
    await till.hear(contract.is_over(purchase))
    assert [each.amount.amount for each in await till.events(PaymentRefunded)] == [12_000]
    assert await till.balances() == {}
    assert await till.broken() == []


async def test_a_page_is_closed_when_the_contract_ends_and_nobody_pays_on_it(till: Till) -> None:
    purchase = till.sell(**PASS)
    page = (await till.checkout(purchase)).json()
    await till.hear(contract.is_over(purchase))
    assert (await till.client.post(page["url"], data={"card": GOOD})).status_code != 303
    await till.settle()
    assert await till.events(PaymentSucceeded) == []


async def test_a_payment_whose_every_webhook_was_lost_is_found(till: Till) -> None:
    purchase = till.sell(**PACK)
    await till.pay(purchase)
    await till.checkout(till.sell(**PASS))
    await forget_webhooks(till)
    report = await compare(till)
    assert verdicts(report) == [("invoice", "repaired")]
    assert [each.membership_id for each in await till.events(PaymentSucceeded)] == [
        purchase.membership_id
    ]
    assert (await compare(till)).findings == ()
    assert await till.broken() == []


async def test_a_page_whose_end_nobody_told_of_is_found(till: Till) -> None:
    await till.checkout(till.sell(**PACK))
    till.clock.advance(timedelta(hours=25))
    await till.advance(hours=0)
    # As if the webhook had been lost.
    await till.rows("UPDATE billing.checkout SET status = 'open' RETURNING 1")
    assert verdicts(await compare(till)) == [("checkout", "repaired")]
    assert (await compare(till)).findings == ()


async def test_a_process_that_dies_between_any_two_steps_loses_and_doubles_nothing(
    till: Till,
) -> None:
    await till.pay(till.sell(**PACK))
    await till.deliver()
    rows = await till.rows(
        "SELECT id, type, body FROM billing.webhook_event WHERE state = 'received'"
    )
    (event,) = [row for row in rows if row["type"] == "checkout.session.completed"]
    step = 0
    while True:
        cut = CutAt(step)
        runtime: Any = MortalRuntime(till.runtime, cut)
        provider: Any = Disturbed(till.provider, before=cut, after=cut)
        try:
            await apply_webhook(runtime, provider, event["id"])
        except Cut:
            (now,) = await till.rows(
                "SELECT state FROM billing.webhook_event WHERE id = :id", id=event["id"]
            )
            assert (now["state"] == "received") == (await till.events() == [])
        if not cut.reached:
            break
        step += 1
    assert step >= 6, "fence, two calls to the provider and the commit were all cut once"
    await till.settle()
    assert len(await till.events(PaymentSucceeded)) == 1
    assert await till.broken() == []


async def test_a_request_that_dies_anywhere_is_finished_by_its_repeat(till: Till) -> None:
    purchase = till.sell(**PACK)
    caller, command = wish(till, purchase)
    step = 0
    while True:
        cut = CutAt(step)
        runtime: Any = MortalRuntime(till.runtime, cut)
        provider: Any = Disturbed(till.provider, before=cut, after=cut)
        try:
            await start_checkout(runtime, provider, caller, command)
        except Cut:
            step += 1
        else:
            break
    assert step >= 6
    assert await at_stripe(till) == {"customers": 1, "pages": 1, "subscriptions": 0}


async def events_of(till: Till, *kinds: str) -> list[Any]:
    rows = await till.rows("SELECT id, type FROM billing.webhook_event ORDER BY received_at, id")
    return [row["id"] for row in rows if row["type"] in kinds]


async def test_each_of_its_webhooks_alone_is_enough(till: Till) -> None:
    for kind in ("checkout.session.completed", "payment_intent.succeeded"):
        before = len(await till.events(PaymentSucceeded))
        await till.pay(till.sell(**PACK))
        await till.deliver()
        await apply_webhook(till.runtime, till.provider, (await events_of(till, kind))[-1])
        assert len(await till.events(PaymentSucceeded)) == before + 1, kind
    await till.settle()
    assert len(await till.events(PaymentSucceeded)) == 2


async def test_what_pays_for_an_invoice_is_followed_by_its_invoice_alone(till: Till) -> None:
    await till.subscribe()
    rows = await till.rows(
        "SELECT state FROM billing.webhook_event WHERE type LIKE 'payment_intent.%'"
    )
    assert {row["state"] for row in rows} == {"ignored"}


class Bank:
    """The provider, whose bank takes its time over a payment on a page."""

    def __init__(self, till: Till) -> None:
        self.name = till.provider.name
        self.refused = False
        self._provider: Any = till.provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def invoice(self, invoice_id: str) -> Any:
        found = await self._provider.invoice(invoice_id)
        return replace(found, status="open", attempts=int(self.refused), payments=())


async def test_what_a_bank_still_thinks_about_counts_when_it_has_come(till: Till) -> None:
    purchase = till.sell(**PACK)
    await till.pay(purchase)
    await till.deliver()
    bank: Any = Bank(till)
    (completed,) = await events_of(till, "checkout.session.completed")
    await apply_webhook(till.runtime, bank, completed)
    assert await till.events() == []
    # The page is used up, and no other is opened meanwhile.
    till.clock.advance(timedelta(hours=25))
    again = await till.checkout(purchase)
    assert (again.status_code, again.json()["code"]) == (409, "already_subscribed")
    (succeeded,) = await events_of(till, "payment_intent.succeeded")
    await apply_webhook(till.runtime, till.provider, succeeded)
    assert [type(each) for each in await till.events()] == [PaymentSucceeded]
    assert await till.broken() == []


async def test_what_a_bank_refuses_later_is_paid_on_another_page(till: Till) -> None:
    purchase = till.sell(**PACK)
    await till.pay(purchase)
    await till.deliver()
    bank: Any = Bank(till)
    bank.refused = True
    (completed,) = await events_of(till, "checkout.session.completed")
    await apply_webhook(till.runtime, bank, completed)
    assert await till.events() == []
    assert [row["status"] for row in await till.rows("SELECT status FROM billing.checkout")] == [
        "expired"
    ]
    assert (await till.checkout(purchase)).status_code == 201
    assert (await at_stripe(till))["pages"] == 2


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_payment_that_comes_later_is_told_of_by_its_page(outcome: str) -> None:
    about = {"id": "cs_1", "object": "checkout.session"}
    body = {
        "id": "evt_1",
        "type": f"checkout.session.async_payment_{outcome}",
        "data": {"object": about},
    }
    assert read(msgspec.json.encode(body)).subject == Subject("checkout", "cs_1")
