"""The books of an account: each movement is one balance transaction, the balance is their sum.

What comes from cards is pending for two days; what goes out is gone at once. Refunds, disputes and
reversals may leave less than nothing; transfers and payouts are refused before that.
"""

from sqlalchemy import text

from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.balance_transaction import balance_transaction
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store

DAY = 24 * 3600
SETTLEMENT_DAYS = 2
# The simulator's price list: 1.5 % and 25 of the smallest unit for a charge.
FEE_PER_MILLE = 15
FIXED_FEE = 25
DISPUTE_FEE = 1500

_SUMS = text(
    "SELECT body->>'currency',"
    " coalesce(sum((body->>'net')::bigint)"
    "  FILTER (WHERE (body->>'available_on')::bigint <= :now), 0)::bigint,"
    " coalesce(sum((body->>'net')::bigint)"
    "  FILTER (WHERE (body->>'available_on')::bigint > :now), 0)::bigint"
    " FROM sandbox_stripe.object WHERE account = :account AND kind = 'balance_transaction'"
    " GROUP BY 1"
)
_AVAILABLE = text(
    "SELECT coalesce(sum((body->>'net')::bigint), 0)::bigint FROM sandbox_stripe.object"
    " WHERE account = :account AND kind = 'balance_transaction'"
    " AND body->>'currency' = :currency AND (body->>'available_on')::bigint <= :now"
)


def charge_fee(amount: int) -> int:
    """What the provider keeps of a charge, half up."""
    return (amount * FEE_PER_MILLE + 500) // 1000 + FIXED_FEE


async def book(
    store: Store,
    kind: str,
    category: str,
    source: Object,
    *,
    amount: int,
    fee: int = 0,
    available_on: int | None = None,
) -> Object:
    """A movement in the currency of its source; without `available_on` it counts from now on."""
    return await store.insert(
        balance_transaction(
            kind,
            category,
            source,
            created=store.now,
            amount=amount,
            fee=fee,
            available_on=store.now if available_on is None else available_on,
        )
    )


async def book_charge(store: Store, charged: Object, *, at_once: bool = False) -> str:
    """Money from a card, less the fee; pending unless the card is the one that skips that."""
    settled = (store.now // DAY + SETTLEMENT_DAYS) * DAY
    amount = charged["amount_captured"]
    made = await book(
        store,
        "charge",
        "charge",
        charged,
        amount=amount,
        fee=charge_fee(amount),
        available_on=store.now if at_once else settled,
    )
    return str(made["id"])


async def book_refund(store: Store, refund: Object) -> str:
    """Money back to a card. The charge's fee is not given back."""
    made = await book(store, "refund", "refund", refund, amount=-refund["amount"])
    return str(made["id"])


async def book_refund_failure(store: Store, refund: Object) -> str:
    """A refund that its bank sent back."""
    made = await book(store, "refund_failure", "refund_failure", refund, amount=refund["amount"])
    return str(made["id"])


async def book_dispute(store: Store, dispute: Object) -> Object:
    """The disputed sum is taken away, and a fee for the trouble."""
    return await book(
        store, "adjustment", "dispute", dispute, amount=-dispute["amount"], fee=DISPUTE_FEE
    )


async def book_dispute_won(store: Store, dispute: Object) -> Object:
    """The disputed sum comes back; the fee does not."""
    return await book(store, "adjustment", "dispute_reversal", dispute, amount=dispute["amount"])


async def sums(store: Store) -> list[tuple[str, int, int]]:
    """Currency, available and pending, of each currency that the account ever had."""
    found = await store.connection.execute(_SUMS, {"account": store.account, "now": store.now})
    return [(currency, available, pending) for currency, available, pending in found]


async def require(store: Store, amount: int, currency: str) -> None:
    """InvalidRequest unless this much is available."""
    available: int = (
        await store.connection.execute(
            _AVAILABLE, {"account": store.account, "currency": currency, "now": store.now}
        )
    ).scalar_one()
    if available < amount:
        raise InvalidRequest(
            "You have insufficient available funds in your Stripe account. Charges with the card "
            "4000000000000077 are available at once.",
            code="balance_insufficient",
        )
