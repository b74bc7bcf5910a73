"""What happens when a customer pays on the hosted page, or never does."""

from gymhopper.sandbox.stripe.billing import invoicing, renewal
from gymhopper.sandbox.stripe.billing.charging import Attempt, attempt, new_intent
from gymhopper.sandbox.stripe.cards import Card
from gymhopper.sandbox.stripe.errors import CardDeclined
from gymhopper.sandbox.stripe.objects.checkout import customer_details
from gymhopper.sandbox.stripe.objects.customer import customer
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.invoice import (
    invoice_payment,
    one_time_line,
    subscription_line,
)
from gymhopper.sandbox.stripe.objects.payment_method import payment_method, setup_intent
from gymhopper.sandbox.stripe.objects.subscription import period, subscription
from gymhopper.sandbox.stripe.periods import Interval, next_boundary
from gymhopper.sandbox.stripe.storage.store import Store


async def complete(store: Store, session: Object, card: Card, *, email: str | None) -> Object:
    """The customer entered a card; returns the completed session, or raises CardDeclined.

    A decline leaves the session open for another card. Since the API version 2025-03-31.basil
    subscription and invoice are made only after the payment.
    """
    method = payment_method(card, created=store.now, customer=None, email=email)
    if session["mode"] == "setup":
        return await _save_card(store, session, card, method)
    if card.at_once is None:
        session = await _with_customer(store, session, email)
    paid: Attempt | None = None
    if session["amount_total"] > 0:
        await store.insert(method)
        intent = await new_intent(
            store,
            amount=session["amount_total"],
            currency=session["currency"],
            customer=session["customer"],
            method=method,
        )
        paid = await attempt(store, intent, method, customer_present=True)
        if paid.decline is not None:
            raise paid.error()
    elif card.at_once is not None:
        raise CardDeclined(card.at_once.message, decline_code=card.at_once.decline_code)
    else:
        await store.insert(method)
    method = await _attach(store, method, session["customer"])
    started = await _subscribe(store, session, method)
    billed = await _first_invoice(store, session, started, paid)
    started = await store.update(started, {"latest_invoice": billed["id"]})
    await store.emit("customer.subscription.created", started)
    await renewal.plan_renewal(store, started)
    payer = await store.get("customer", session["customer"], param="customer")
    return await _completed(
        store,
        session,
        {
            "customer_details": customer_details(payer["email"]),
            "invoice": billed["id"],
            "payment_status": "paid",
            "subscription": started["id"],
        },
    )


async def _with_customer(store: Store, session: Object, email: str | None) -> Object:
    if session["customer"] is not None:
        return session
    given = {"email": email or session["customer_email"]}
    made = await store.insert(customer(created=store.now, given=given), "customer.created")
    return {**session, "customer": made["id"]}


async def _attach(store: Store, method: Object, customer_id: str) -> Object:
    return await store.update(method, {"customer": customer_id}, "payment_method.attached")


async def _subscribe(store: Store, session: Object, method: Object) -> Object:
    hidden = await store.hidden(session["id"])
    recurring = [
        (line["price"], line["quantity"])
        for line in hidden["line_items"]
        if line["price"]["recurring"] is not None
    ]
    every = recurring[0][0]["recurring"]
    end = next_boundary(store.now, Interval(every["interval"], every["interval_count"]), store.now)
    made = subscription(
        created=store.now,
        customer=session["customer"],
        payment_method_id=method["id"],
        lines=recurring,
        period_end=end,
        given=hidden["subscription_data"],
    )
    return await store.insert(made)


async def _first_invoice(
    store: Store, session: Object, started: Object, paid: Attempt | None
) -> Object:
    """The invoice of the first period, already paid by the attempt on the page."""
    key = object_id("in")
    items = iter(started["items"]["data"])
    lines = []
    for sold in (await store.hidden(session["id"]))["line_items"]:
        name = sold["description"]
        if sold["price"]["recurring"] is not None:
            lines.append(
                subscription_line(key, next(items), period=period(started), product_name=name)
            )
        else:
            lines.append(
                one_time_line(
                    key,
                    sold["price"],
                    sold["quantity"],
                    at=store.now,
                    subscription_id=started["id"],
                    product_name=name,
                )
            )
    billed = await invoicing.draft(
        store,
        key,
        started,
        lines,
        reason="subscription_create",
        period=(store.now, store.now),
    )
    billed = await invoicing.finalize(store, billed)
    if paid is not None:
        payment = await store.insert(invoice_payment(billed, paid.intent["id"], created=store.now))
        await invoicing.settle_payment(store, payment)
    return await invoicing.mark_paid(store, billed, attempts=1)


async def _save_card(store: Store, session: Object, card: Card, method: Object) -> Object:
    if card.at_once is not None:
        raise CardDeclined(card.at_once.message, decline_code=card.at_once.decline_code)
    await store.insert(method)
    if session["customer"] is not None:
        method = await _attach(store, method, session["customer"])
    hidden = await store.hidden(session["id"])
    intent = setup_intent(
        created=store.now,
        customer=session["customer"],
        payment_method_id=method["id"],
        given=hidden["setup_intent_data"],
    )
    await store.insert(intent, "setup_intent.created")
    await store.emit("setup_intent.succeeded", intent)
    return await _completed(store, session, {"setup_intent": intent["id"]})


async def _completed(store: Store, session: Object, changes: Object) -> Object:
    await store.unplan(session["id"], "expire")
    before = await store.get("checkout.session", session["id"], param="session")
    return await store.update(
        before,
        {"customer": session["customer"], **changes, "status": "complete", "url": None},
        "checkout.session.completed",
    )


async def expire(store: Store, session: Object) -> Object:
    """Nobody can pay this session any more."""
    await store.unplan(session["id"], "expire")
    return await store.update(
        session, {"status": "expired", "url": None}, "checkout.session.expired"
    )
