"""Credit notes: corrections of invoices that are finalised.

Stripe's page "Create a credit note": it first lowers what is still to be paid; what goes beyond is
given back as a refund, as a credit for later invoices, or outside of Stripe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gymhopper.sandbox.stripe.billing import customer_balances, invoicing, refunds, renewal
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.credit_note import credit_note
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.storage.store import Store


@dataclass(frozen=True, slots=True)
class Correction:
    """What is taken off an invoice, in minor units; the last three are for what was paid."""

    amount: int
    lines: Sequence[Object]
    refund: int = 0
    credit: int = 0
    outside: int = 0


async def issue(
    store: Store, billed: Object, wanted: Correction, *, given: Mapping[str, Any]
) -> Object:
    """The note, with everything that it does; InvalidRequest when it would credit too much."""
    before = min(wanted.amount, billed["amount_remaining"])
    after = wanted.amount - before
    _check(billed, wanted, after)
    earlier = await store.page("credit_note", {"invoice": billed["id"]}, limit=1000)
    key = object_id("cn")
    more: Object = dict(given)
    if wanted.refund:
        given_back = await _refund(store, billed, wanted.refund)
        more["refunds"] = [
            {"amount_refunded": wanted.refund, "refund": given_back["id"], "type": "refund"}
        ]
    if wanted.credit:
        moved = await customer_balances.move(
            store,
            billed["customer"],
            -wanted.credit,
            currency=billed["currency"],
            kind="credit_note",
            credit_note=key,
        )
        more["customer_balance_transaction"] = moved["id"]
    made = credit_note(
        key,
        billed,
        wanted.lines,
        created=store.now,
        number=f"{billed['number']}-CN-{len(earlier.data) + 1:02}",
        amounts={"before": before, "after": after, "outside": wanted.outside},
        given=more,
    )
    await store.insert(made, "credit_note.created")
    await _lower(store, billed, before, after)
    return made


def _check(billed: Object, wanted: Correction, after: int) -> None:
    creditable = billed["amount_paid"] - billed["post_payment_credit_notes_amount"]
    if after > creditable:
        raise InvalidRequest(
            "The credit note's amount is greater than what is left to credit on the invoice.",
            param="amount",
        )
    if wanted.refund + wanted.credit + wanted.outside != after:
        raise InvalidRequest(
            "The sum of refund_amount, credit_amount and out_of_band_amount must be the amount "
            f"that is credited after payment ({after}).",
            param="refund_amount",
        )


async def _refund(store: Store, billed: Object, amount: int) -> Object:
    payment = await invoicing.default_payment(store, billed)
    charged: Object | None = None
    if payment is not None and payment["status"] == "paid":
        key = payment["payment"]["payment_intent"]
        intent = await store.get("payment_intent", key, param="payment_intent")
        charged = await store.get("charge", intent["latest_charge"], param="charge")
    if charged is None or amount > charged["amount"] - charged["amount_refunded"]:
        raise InvalidRequest(
            "The refund is greater than what is left of the invoice's payment.",
            param="refund_amount",
        )
    return await refunds.give_back(store, charged, amount=amount, reason=None, metadata={})


async def _lower(store: Store, billed: Object, before: int, after: int) -> None:
    billed = await store.update(
        billed,
        {
            "amount_due": billed["amount_due"] - before,
            "amount_remaining": billed["amount_remaining"] - before,
            "pre_payment_credit_notes_amount": billed["pre_payment_credit_notes_amount"] + before,
            "post_payment_credit_notes_amount": billed["post_payment_credit_notes_amount"] + after,
        },
        "invoice.updated",
    )
    if before and billed["amount_remaining"] == 0:
        billed = await invoicing.nothing_left(store, billed)
        await renewal.follow_invoice(store, billed)
    elif before:
        await invoicing.ask_for(store, billed)


async def void(store: Store, note: Object) -> Object:
    """Take back a note on an invoice that is still to be paid: it is owed in full again."""
    billed = await store.get("invoice", note["invoice"], param="invoice")
    if note["status"] != "issued" or note["type"] != "pre_payment" or billed["status"] != "open":
        raise InvalidRequest(
            "Only an issued credit note on an open invoice, which gave nothing back, can be voided."
        )
    amount = note["pre_payment_amount"]
    billed = await store.update(
        billed,
        {
            "amount_due": billed["amount_due"] + amount,
            "amount_remaining": billed["amount_remaining"] + amount,
            "pre_payment_credit_notes_amount": billed["pre_payment_credit_notes_amount"] - amount,
        },
        "invoice.updated",
    )
    await invoicing.ask_for(store, billed)
    return await store.update(
        note, {"status": "void", "voided_at": store.now}, "credit_note.voided"
    )
