"""Payouts: the balance is debited at once, the bank takes the money or sends it back later."""

from collections.abc import Mapping
from typing import Any

from gymhopper.sandbox.stripe import banks
from gymhopper.sandbox.stripe.account import ACCOUNT
from gymhopper.sandbox.stripe.billing.bookkeeping import DAY, book, require
from gymhopper.sandbox.stripe.billing.onboarding import change
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects import payout as shapes
from gymhopper.sandbox.stripe.objects.event import previous_attributes
from gymhopper.sandbox.stripe.objects.identity import Object, contained
from gymhopper.sandbox.stripe.storage.store import Store

ARRIVE = "payout_arrives"


async def pay_out(
    store: Store, account: Object, *, amount: int, currency: str, given: Mapping[str, Any]
) -> Object:
    """Send `amount` to the account's bank, where it is the day after next."""
    if not account["payouts_enabled"]:
        raise InvalidRequest(
            "Payouts are not enabled for this account; its requirements say why.",
            code="payouts_not_allowed",
        )
    bank = next(
        (each for each in account["external_accounts"]["data"] if each["currency"] == currency),
        None,
    )
    if bank is None:
        raise InvalidRequest(
            f"Sorry, you don't have any external accounts in that currency ({currency}).",
            param="currency",
        )
    await require(store, amount, currency)
    made = shapes.payout(
        created=store.now,
        amount=amount,
        currency=currency,
        bank=bank,
        arrival=(store.now // DAY + 2) * DAY,
        given=given,
    )
    booked = await book(store, "payout", "payout", made, amount=-amount)
    made = {**made, "balance_transaction": booked["id"]}
    await store.plan(made["id"], made["id"], ARRIVE, made["arrival_date"])
    return await store.insert(made, "payout.created")


async def arrive(store: Store, payout: Object) -> None:
    """The bank has the money, or will not have it: then it is back in the balance."""
    platform = store.of(ACCOUNT)
    account = await platform.find("account", store.account)
    if account is None:
        return
    hidden = await platform.hidden(account["id"])
    (bank,) = account["external_accounts"]["data"]
    failing = hidden.get("failing") if bank["id"] == payout["destination"] else None
    if failing is None:
        await store.update(payout, {"status": "paid"}, "payout.updated", "payout.paid")
        return
    back = await book(store, "payout_failure", "payout_reversal", payout, amount=payout["amount"])
    await store.update(
        payout,
        {
            "status": "failed",
            "failure_balance_transaction": back["id"],
            "failure_code": failing,
            "failure_message": banks.MESSAGES[failing],
        },
        "payout.updated",
        "payout.failed",
    )
    errored = {**bank, "status": "errored"}
    if errored != bank:
        await store.emit(
            "account.external_account.updated", errored, previous_attributes(bank, errored)
        )
        others = contained([errored], account["external_accounts"]["url"])
        await change(platform, account, {"external_accounts": others}, {})


async def cancel(store: Store, payout: Object) -> Object:
    """Stop a payout that has not left; the money is back at once."""
    if payout["status"] != "pending":
        raise InvalidRequest(
            f"Payouts can only be canceled while they are pending; this one is {payout['status']}."
        )
    await store.unplan(payout["id"], ARRIVE)
    back = await book(store, "payout_cancel", "payout_reversal", payout, amount=payout["amount"])
    return await store.update(
        payout,
        {"status": "canceled", "failure_balance_transaction": back["id"]},
        "payout.updated",
        "payout.canceled",
    )
