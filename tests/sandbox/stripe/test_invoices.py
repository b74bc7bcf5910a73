"""Invoices by hand: items, drafts, payment, voiding, balances and credit notes."""

from typing import Any

import pytest
import stripe

from sandbox.stripe.harness import Sandbox, refusal
from sandbox.stripe.selling import (
    amounts,
    begin,
    fits,
    fresh,
    invoices,
    latest,
    pass_time,
    payer,
    sell,
)


async def _draft(sandbox: Sandbox, customer: str, *items: int, **given: Any) -> stripe.Invoice:
    """A draft over items of these amounts."""
    v1 = sandbox.client.v1
    for amount in items:
        await v1.invoice_items.create_async(
            {"customer": customer, "amount": amount, "currency": "eur", "description": f"{amount}"}
        )
    return await v1.invoices.create_async(
        {"customer": customer, "pending_invoice_items_behavior": "include", **given}  # type: ignore[typeddict-item] # tests vary the parameters freely
    )


async def test_a_draft_collects_items_and_is_finalised_and_paid(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = await payer(sandbox)
    water = await sell(sandbox, 250, "Water", interval=None)
    drafted = await _draft(sandbox, customer.id, 1500, -300, metadata={"order": "1"})
    key = str(drafted.id)
    assert (drafted.status, drafted.total, drafted.parent, drafted.number) == (
        "draft",
        1200,
        None,
        None,
    )
    added = await v1.invoice_items.create_async(
        {"customer": customer.id, "invoice": key, "pricing": {"price": water}, "quantity": 2}
    )
    assert (added.amount, added.invoice, added.description) == (500, key, "Water")
    open_one = await v1.invoices.finalize_invoice_async(key)
    assert (open_one.status, open_one.amount_due, open_one.attempted) == ("open", 1700, False)
    assert amounts(open_one) == [1500, -300, 500]
    lines = await v1.invoices.line_items.list_async(key, {"limit": 2})
    assert [line.amount async for line in lines.auto_paging_iter()] == [1500, -300, 500]
    assert (await refusal(v1.invoices.finalize_invoice_async(key))).http_status == 400
    assert (await refusal(v1.invoice_items.delete_async(added.id))).http_status == 400
    paid = await v1.invoices.pay_async(key)
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 1700, 0)
    shown = await v1.invoices.retrieve_async(key, {"expand": ["payments"]})
    assert shown.payments is not None
    assert [each.amount_paid for each in shown.payments.data] == [1700]
    await fits(sandbox, "invoiceitem", "invoice")


async def test_drafts_and_pending_items_can_be_thrown_away(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = await payer(sandbox)
    item = await v1.invoice_items.create_async(
        {"customer": customer.id, "amount": 100, "currency": "eur"}
    )
    changed = await v1.invoice_items.update_async(item.id, {"amount": 200, "description": "Fee"})
    assert (changed.amount, changed.description) == (200, "Fee")
    assert (await v1.invoice_items.delete_async(item.id)).deleted is True
    drafted = await _draft(sandbox, customer.id, 700)
    assert (await v1.invoices.delete_async(str(drafted.id))).deleted is True
    assert (await refusal(v1.invoices.retrieve_async(str(drafted.id)))).http_status == 404
    assert not (await v1.invoice_items.list_async({"customer": customer.id})).data


async def test_an_item_without_subscription_waits_for_the_next_invoice(sandbox: Sandbox) -> None:
    customer = await payer(sandbox)
    made = await begin(sandbox, customer.id, await sell(sandbox, 2990))
    await sandbox.client.v1.invoice_items.create_async(
        {"customer": customer.id, "amount": 500, "currency": "eur", "description": "No-show"}
    )
    await sandbox.client.v1.invoice_items.create_async(
        {"customer": customer.id, "amount": 900, "currency": "usd"}
    )
    await pass_time(sandbox, days=31)
    assert amounts(await latest(sandbox, made.id)) == [2990, 500]


async def test_a_declined_payment_leaves_the_invoice_open(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = await payer(sandbox, "pm_card_chargeCustomerFail")
    drafted = await _draft(sandbox, customer.id, 1500)
    error = await refusal(v1.invoices.pay_async(str(drafted.id)))
    assert isinstance(error, stripe.CardError)
    owed = await v1.invoices.retrieve_async(str(drafted.id))
    assert (owed.status, owed.attempt_count, owed.attempted) == ("open", 1, True)
    poor = await payer(sandbox, None)
    other = await _draft(sandbox, poor.id, 1500)
    assert (await refusal(v1.invoices.pay_async(str(other.id)))).code == "resource_missing"
    elsewhere = await v1.invoices.pay_async(str(other.id), {"paid_out_of_band": True})
    assert (elsewhere.status, elsewhere.amount_paid_off_stripe) == ("paid", 1500)
    await fits(sandbox, "invoice")


async def test_an_invoice_that_advances_by_itself_is_retried(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = await payer(sandbox, "pm_card_chargeCustomerFail")
    drafted = await _draft(sandbox, customer.id, 1500, auto_advance=True)
    owed = await v1.invoices.finalize_invoice_async(str(drafted.id))
    assert (owed.status, owed.attempt_count) == ("open", 1)
    assert owed.next_payment_attempt is not None
    good = await v1.payment_methods.attach_async("pm_card_visa", {"customer": customer.id})
    await v1.customers.update_async(
        customer.id, {"invoice_settings": {"default_payment_method": good.id}}
    )
    await pass_time(sandbox, days=1)
    assert (await v1.invoices.retrieve_async(str(drafted.id))).status == "paid"


@pytest.mark.parametrize(("way", "status"), [("void", "void"), ("give up", "uncollectible")])
async def test_giving_up_the_first_debt_makes_the_subscription_active_again(
    sandbox: Sandbox, way: str, status: str
) -> None:
    v1 = sandbox.client.v1
    customer = await payer(sandbox)
    made = await begin(sandbox, customer.id, await sell(sandbox, 2990))
    await sandbox.use_card(made, "pm_card_chargeCustomerFail")
    await pass_time(sandbox, days=31)
    assert (await fresh(sandbox, made.id)).status == "past_due"
    owed = str((await latest(sandbox, made.id)).id)
    end = v1.invoices.void_invoice_async if way == "void" else v1.invoices.mark_uncollectible_async
    closed = await end(owed)
    assert (closed.status, closed.amount_remaining) == (status, 0 if way == "void" else 2990)
    assert (await fresh(sandbox, made.id)).status == "active"
    await pass_time(sandbox, days=10)
    assert len(await invoices(sandbox, made.id)) == 2
    assert (await refusal(v1.invoices.mark_uncollectible_async(owed))).http_status == 400
    paid = await refusal(v1.invoices.void_invoice_async(str(made.latest_invoice)))
    assert paid.http_status == 400


async def test_a_balance_pays_first_and_comes_back_when_voided(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    customer = await payer(sandbox)
    balance = v1.customers.balance_transactions
    moved = await balance.create_async(
        customer.id, {"amount": -1000, "currency": "eur", "description": "Sorry"}
    )
    assert (moved.ending_balance, moved.type) == (-1000, "adjustment")
    drafted = await _draft(sandbox, customer.id, 1500)
    assert (drafted.amount_due, drafted.starting_balance) == (500, -1000)
    owed = await v1.invoices.finalize_invoice_async(str(drafted.id))
    assert (owed.amount_due, owed.ending_balance) == (500, 0)
    assert (await v1.customers.retrieve_async(customer.id)).balance == 0
    await v1.invoices.void_invoice_async(str(drafted.id))
    assert (await v1.customers.retrieve_async(customer.id)).balance == -1000
    covered = await _draft(sandbox, customer.id, 400)
    done = await v1.invoices.finalize_invoice_async(str(covered.id))
    assert (done.status, done.amount_due, done.amount_paid, done.ending_balance) == (
        "paid",
        0,
        0,
        -600,
    )
    found = await balance.list_async(customer.id)
    assert [each.type for each in found.data] == [
        "applied_to_invoice",
        "unapplied_from_invoice",
        "applied_to_invoice",
        "adjustment",
    ]
    assert not (await v1.charges.list_async()).data


class TestCreditNotes:
    async def test_one_lowers_what_is_still_owed(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        customer = await payer(sandbox)
        drafted = await _draft(sandbox, customer.id, 1500)
        key = str(drafted.id)
        assert (await refusal(v1.credit_notes.create_async({"invoice": key, "amount": 1}))).param
        owed = await v1.invoices.finalize_invoice_async(key)
        note = await v1.credit_notes.create_async(
            {"invoice": key, "amount": 500, "reason": "order_change"}
        )
        assert (note.type, note.pre_payment_amount, note.post_payment_amount) == (
            "pre_payment",
            500,
            0,
        )
        assert note.number == f"{owed.number}-CN-01"
        lowered = await v1.invoices.retrieve_async(key)
        assert (lowered.amount_remaining, lowered.pre_payment_credit_notes_amount) == (1000, 500)
        second = await v1.credit_notes.create_async({"invoice": key, "amount": 200})
        assert (await v1.credit_notes.void_credit_note_async(second.id)).status == "void"
        paid = await v1.invoices.pay_async(key)
        assert (paid.amount_paid, paid.total) == (1000, 1500)
        charge = (await v1.charges.list_async()).data[0]
        assert charge.amount == 1000
        assert (await refusal(v1.credit_notes.void_credit_note_async(note.id))).http_status == 400
        await fits(sandbox, "credit_note")

    async def test_one_over_everything_settles_the_invoice(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        customer = await payer(sandbox)
        drafted = await _draft(sandbox, customer.id, 1500)
        await v1.invoices.finalize_invoice_async(str(drafted.id))
        await v1.credit_notes.create_async({"invoice": str(drafted.id), "amount": 1500})
        done = await v1.invoices.retrieve_async(str(drafted.id))
        assert (done.status, done.amount_paid, done.amount_remaining) == ("paid", 0, 0)
        assert not (await v1.charges.list_async()).data

    async def test_what_was_paid_is_refunded_or_credited(self, sandbox: Sandbox) -> None:
        v1 = sandbox.client.v1
        customer = await payer(sandbox)
        made = await begin(sandbox, customer.id, await sell(sandbox, 2990))
        key = str(made.latest_invoice)
        line = (await latest(sandbox, made.id)).lines.data[0].id
        note = await v1.credit_notes.create_async(
            {
                "invoice": key,
                "lines": [
                    {"type": "invoice_line_item", "invoice_line_item": line, "amount": 1000},
                    {
                        "type": "custom_line_item",
                        "description": "Sorry",
                        "quantity": 2,
                        "unit_amount": 250,
                    },
                ],
                "refund_amount": 900,
                "credit_amount": 400,
                "out_of_band_amount": 200,
            }
        )
        assert (note.type, note.amount, note.post_payment_amount) == ("post_payment", 1500, 1500)
        charge = (await v1.charges.list_async()).data[0]
        assert charge.amount_refunded == 900
        assert (await v1.customers.retrieve_async(customer.id)).balance == -400
        invoice = await v1.invoices.retrieve_async(key)
        assert (invoice.post_payment_credit_notes_amount, invoice.amount_paid) == (1500, 2990)
        too_much: list[dict[str, Any]] = [
            {"amount": 1491, "refund_amount": 1491},
            {"amount": 1000, "refund_amount": 900},
            {},
        ]
        for given in too_much:
            error = await refusal(v1.credit_notes.create_async({"invoice": key, **given}))  # type: ignore[typeddict-item] # tests vary the parameters freely
            assert error.http_status == 400
        listed = await v1.credit_notes.list_async({"invoice": key})
        assert [each.id for each in listed.data] == [note.id]
        await fits(sandbox, "credit_note", "refund", "customer_balance_transaction")
