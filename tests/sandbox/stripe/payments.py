"""Every way to pay, to save a card, to give back and to take back."""

from typing import Any

from sandbox.stripe.harness import Sandbox, authenticate, refusal

ASKING = "pm_card_authenticationRequired"


async def pay(sandbox: Sandbox, method: str, **changes: Any) -> Any:
    """Confirm a payment of 19.90 EUR with this means of payment."""
    return await sandbox.client.v1.payment_intents.create_async(
        {
            "amount": 1990,
            "currency": "eur",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "payment_method": method,
            "confirm": True,
            **changes,
        }  # type: ignore[typeddict-item] # tests vary the parameters freely
    )


async def save(sandbox: Sandbox, method: str, **changes: Any) -> Any:
    """Confirm a setup intent with this means of payment."""
    return await sandbox.client.v1.setup_intents.create_async(
        {
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "payment_method": method,
            "confirm": True,
            **changes,
        }  # type: ignore[typeddict-item] # tests vary the parameters freely
    )


async def pay_in_every_way(sandbox: Sandbox) -> None:
    """Make every kind of object that has to do with a card, in every state."""
    v1 = sandbox.client.v1
    await refusal(pay(sandbox, "pm_card_visa_chargeDeclined"))
    for outcome in ("complete", "fail"):
        await authenticate(sandbox, await pay(sandbox, ASKING), outcome)
        await authenticate(sandbox, await save(sandbox, ASKING), outcome)
    left = await pay(sandbox, ASKING, return_url="http://127.0.0.1/back")
    await v1.payment_intents.cancel_async(left.id)
    await v1.setup_intents.cancel_async((await save(sandbox, ASKING)).id)
    await refusal(save(sandbox, "pm_card_chargeDeclinedExpiredCard"))
    for card in ("pm_card_pendingRefund", "pm_card_refundFail"):
        paid = await pay(sandbox, card)
        await v1.refunds.create_async({"payment_intent": paid.id, "amount": 500})
    for word in ("winning_evidence", "losing_evidence", "I was on holiday"):
        paid = await pay(sandbox, "pm_card_createDispute")
        dispute = (await v1.disputes.list_async({"payment_intent": paid.id})).data[0]
        await v1.disputes.update_async(dispute.id, {"evidence": {"uncategorized_text": word}})
    await pay(sandbox, "pm_card_createDisputeProductNotReceived")
    made = await v1.payment_methods.create_async(
        {"type": "card", "card": {"token": "tok_visa"}, "billing_details": {"name": "Ada"}}
    )
    customer = await v1.customers.create_async({"payment_method": made.id})
    await v1.payment_methods.update_async(made.id, {"card": {"exp_year": 2061}})
    await v1.customers.update_async(
        customer.id, {"invoice_settings": {"default_payment_method": made.id}}
    )
    await v1.payment_methods.detach_async(made.id)
    await v1.billing_portal.sessions.create_async(
        {"customer": customer.id, "flow_data": {"type": "payment_method_update"}}
    )
