"""The life of a dispute: opened by the bank, answered with evidence, won or lost."""

from gymhopper.sandbox.stripe.billing.bookkeeping import book_dispute, book_dispute_won
from gymhopper.sandbox.stripe.objects.dispute import dispute
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store

_DAY = 86_400
# Banks give between one and three weeks.
_TIME_TO_ANSWER = 9 * _DAY
# The words by which test evidence decides (Stripe's page "Test card numbers", section "Evidence").
_DECISIVE = {"winning_evidence": "won", "losing_evidence": "lost"}


async def open_dispute(store: Store, charged: Object, *, reason: str) -> Object:
    """The holder takes back what is left of a payment; returns the charge."""
    due_by = store.now + _TIME_TO_ANSWER
    made = dispute(
        charged,
        created=store.now,
        amount=charged["amount"] - charged["amount_refunded"],
        reason=reason,
        due_by=due_by,
    )
    booked = await book_dispute(store, made)
    made = await store.insert({**made, "balance_transactions": [booked]}, "charge.dispute.created")
    await store.plan(made["id"], made["id"], "lose", due_by)
    charged = await store.update(charged, {"disputed": True}, "charge.updated")
    await store.emit("charge.dispute.funds_withdrawn", made)
    return charged


async def answer(store: Store, disputed: Object, changes: Object, *, submit: bool) -> Object:
    """Keep the evidence, and send it to the bank when it is to be submitted."""
    if not submit:
        return await store.update(disputed, changes, "charge.dispute.updated")
    await store.unplan(disputed["id"], "lose")
    details = {**disputed, **changes}["evidence_details"]
    after = await store.update(
        disputed,
        {
            **changes,
            "evidence_details": {**details, "submission_count": details["submission_count"] + 1},
            "status": "under_review",
        },
        "charge.dispute.updated",
    )
    decision = _DECISIVE.get(after["evidence"]["uncategorized_text"])
    return after if decision is None else await _closed(store, after, decision)


async def lose(store: Store, disputed: Object) -> Object:
    """The bank decides for the holder, or nobody answered in time."""
    details = disputed["evidence_details"]
    late = disputed["status"] == "needs_response" and details["due_by"] <= store.now
    disputed = {**disputed, "evidence_details": {**details, "past_due": late}}
    return await _closed(store, disputed, "lost")


async def _closed(store: Store, disputed: Object, status: str) -> Object:
    await store.unplan(disputed["id"], "lose")
    booked = [await book_dispute_won(store, disputed)] if status == "won" else []
    after = await store.update(
        disputed,
        {
            "balance_transactions": [*disputed["balance_transactions"], *booked],
            "status": status,
        },
        "charge.dispute.closed",
    )
    if status == "won":
        await store.emit("charge.dispute.funds_reinstated", after)
    return after
