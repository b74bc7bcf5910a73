"""The life of a refund: most arrive at once, some later, a few come back."""

from collections.abc import Mapping

from gymhopper.sandbox.stripe.billing.bookkeeping import book_refund, book_refund_failure
from gymhopper.sandbox.stripe.cards import BY_FINGERPRINT
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.refund import refund
from gymhopper.sandbox.stripe.storage.store import Store

# How long a test card's bank takes to take or to send back a refund.
_LATER = 30 * 60


async def give_back(
    store: Store,
    charged: Object,
    *,
    amount: int,
    reason: str | None,
    metadata: Mapping[str, str],
) -> Object:
    """Give back `amount` minor units of a charge, which must have them left."""
    card = BY_FINGERPRINT[charged["payment_method_details"]["card"]["fingerprint"]]
    made = refund(
        charged,
        created=store.now,
        amount=amount,
        reason=reason,
        metadata=metadata,
        pending=card.refunds == "succeeds_later",
    )
    booked = await book_refund(store, made)
    made = await store.insert({**made, "balance_transaction": booked}, "refund.created")
    # The charge's figure is what all its refunds come to.
    total = charged["amount_refunded"] + amount
    await store.update(
        charged,
        {"amount_refunded": total, "refunded": total == charged["amount"]},
        "charge.refunded",
    )
    if card.refunds != "succeeds":
        action = "refund_arrives" if card.refunds == "succeeds_later" else "refund_fails"
        await store.plan(made["id"], made["id"], action, store.now + _LATER)
    return made


async def arrive(store: Store, made: Object) -> Object:
    """The bank has taken a pending refund."""
    return await store.update(
        made, {"status": "succeeded"}, "refund.updated", "charge.refund.updated"
    )


async def fail(store: Store, made: Object) -> Object:
    """The bank sends the money back: the charge has it left again."""
    booked = await book_refund_failure(store, made)
    made = await store.update(
        made,
        {
            "status": "failed",
            "failure_balance_transaction": booked,
            "failure_reason": "expired_or_canceled_card",
        },
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
    )
    charged = await store.get("charge", made["charge"], param="charge")
    await store.update(
        charged,
        {"amount_refunded": charged["amount_refunded"] - made["amount"], "refunded": False},
        "charge.updated",
    )
    return made
