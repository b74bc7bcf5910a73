"""Money between the platform and its connected accounts: both sides' books, in one step."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.amounts import shown
from gymhopper.sandbox.stripe.billing.bookkeeping import book, require
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects import transfer as shapes
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store

_USED = text(
    "SELECT coalesce("
    "  sum((body->>'amount')::bigint - (body->>'amount_reversed')::bigint), 0)::bigint"
    " FROM sandbox_stripe.object WHERE account = :account AND kind = 'transfer'"
    " AND body->>'source_transaction' = :charge"
)


async def transfer(
    store: Store,
    *,
    amount: int,
    currency: str,
    destination: Object,
    source: Object | None,
    given: Mapping[str, Any],
) -> Object:
    """Move `amount` to a connected account; of a charge's money it is as pending as that.

    Raises InvalidRequest when there is too little, or the account takes no transfers.
    """
    if destination["capabilities"].get("transfers") != "active":
        raise InvalidRequest(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    available_on = None
    if source is None:
        await require(store, amount, currency)
    else:
        available_on = await _of_charge(store, source, amount, currency)
        given = {
            "transfer_group": await _group(store, source, given.get("transfer_group")),
            **given,
            "source_transaction": source["id"],
        }
    made = shapes.transfer(
        created=store.now,
        amount=amount,
        currency=currency,
        destination=destination["id"],
        given=given,
    )
    gone = await book(
        store, "transfer", "transfer", made, amount=-amount, available_on=available_on
    )
    made = {**made, "balance_transaction": gone["id"]}
    await _arrive(store.of(destination["id"]), made, available_on)
    return await store.insert(made, "transfer.created")


async def _of_charge(store: Store, source: Object, amount: int, currency: str) -> int:
    """When a charge's money is available; InvalidRequest when it is not that much."""
    if source["currency"] != currency:
        raise InvalidRequest(
            f"The currency of source_transaction ({source['currency']}) must be the same as that "
            f"of the transfer ({currency}).",
            param="currency",
        )
    if not source["paid"] or source["balance_transaction"] is None:
        raise InvalidRequest(
            f"Charge {source['id']} has no money to transfer.", param="source_transaction"
        )
    used: int = (
        await store.connection.execute(_USED, {"account": store.account, "charge": source["id"]})
    ).scalar_one()
    left = source["amount"] - used
    if amount > left:
        raise InvalidRequest(
            f"Transfer amount ({shown(amount, currency)}) is greater than what is left of the "
            f"charge ({shown(left, currency)})",
            param="amount",
        )
    booked = await store.get("balance_transaction", source["balance_transaction"], param="id")
    available_on: int = booked["available_on"]
    return max(store.now, available_on)


async def _group(store: Store, source: Object, given: str | None) -> str:
    """What ties charge and transfers together; both sides name it."""
    group = given or source["transfer_group"] or f"group_{source['id']}"
    if source["transfer_group"] is None:
        await store.update(source, {"transfer_group": group}, "charge.updated")
    return group


async def _arrive(own: Store, made: Object, available_on: int | None) -> None:
    payment = shapes.destination_payment(made)
    booked = await book(
        own, "payment", "charge", payment, amount=made["amount"], available_on=available_on
    )
    await own.insert({**payment, "balance_transaction": booked["id"]}, "charge.succeeded")


async def reverse(store: Store, of: Object, *, amount: int, metadata: Mapping[str, Any]) -> Object:
    """Take back a part or the rest; InvalidRequest when the account no longer has it."""
    own = store.of(of["destination"])
    if await store.of(ACCOUNT).find("account", of["destination"]) is None:
        raise InvalidRequest("The account of this transfer does not exist any more.")
    await require(own, amount, of["currency"])
    made = shapes.transfer_reversal(of, created=store.now, amount=amount, metadata=metadata)
    back = await book(store, "transfer_refund", "transfer_reversal", made, amount=amount)
    made = {**made, "balance_transaction": back["id"]}
    await _give_back(own, of, made)
    await store.insert(made)
    await store.update(of, shapes.with_reversal(of, made), "transfer.reversed")
    return made


async def _give_back(own: Store, of: Object, reversal: Object) -> None:
    payment = await own.get("charge", of["destination_payment"], param="id")
    refund = shapes.destination_refund(reversal, payment)
    booked = await book(own, "payment_refund", "refund", refund, amount=-refund["amount"])
    await own.insert({**refund, "balance_transaction": booked["id"]}, "refund.created")
    total = payment["amount_refunded"] + refund["amount"]
    await own.update(
        payment,
        {"amount_refunded": total, "refunded": total == payment["amount"]},
        "charge.refunded",
    )
