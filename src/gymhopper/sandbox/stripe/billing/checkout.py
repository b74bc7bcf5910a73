"""What happens when a customer pays on the hosted page, or never does."""

from gymhopper.sandbox.stripe.billing import charging, invoicing, means, renewal, saving
from gymhopper.sandbox.stripe.cards import Card, card_of
from gymhopper.sandbox.stripe.objects.checkout import customer_details
from gymhopper.sandbox.stripe.objects.customer import customer
from gymhopper.sandbox.stripe.objects.identity import Object, object_id
from gymhopper.sandbox.stripe.objects.invoice import (
    invoice_payment,
    one_time_line,
    subscription_line,
)
from gymhopper.sandbox.stripe.objects.subscription import period, subscription
from gymhopper.sandbox.stripe.periods import Interval, next_boundary
from gymhopper.sandbox.stripe.storage.store import Store

_FOR_SUBSCRIPTIONS = {"description": "Subscription", "setup_future_usage": "off_session"}


async def complete(store: Store, session: Object, card: Card, *, email: str | None) -> Object:
    """The customer entered a card; returns the intent by which it is charged or saved.

    The intent has succeeded, and the session is complete; or it asks the card's holder to
    authenticate. CardDeclined leaves the session open for another card.
    """
    method = await means.new_method(store, card, email=email)
    return await proceed(store, session, method)


async def proceed(
    store: Store, session: Object, method: Object, *, authenticated: bool = False
) -> Object:
    """Charge or save the card, at first or when its holder has authenticated."""
    if session["amount_total"]:
        return await _pay(store, session, method, authenticated=authenticated)
    return await _save(store, session, method, authenticated=authenticated)


async def _pay(store: Store, session: Object, method: Object, *, authenticated: bool) -> Object:
    verdict = card_of(method).when_charged(present=True, set_up=False, authenticated=authenticated)
    if verdict is None:
        session = await _with_customer(store, session, method)
    intent = await _payment_of(store, session)
    tried = await charging.attempt(
        store, intent, method, customer_present=True, authenticated=authenticated
    )
    if tried.decline is not None:
        raise tried.error()
    if tried.paid:
        await _finish(store, session, tried.intent, tried.method)
    return tried.intent


async def _payment_of(store: Store, session: Object) -> Object:
    """The session's one payment intent, however many cards were tried."""
    hidden = await store.hidden(session["id"])
    if "intent" in hidden:
        intent = await store.get("payment_intent", hidden["intent"], param="payment_intent")
        return await store.update(intent, {"customer": session["customer"]})
    subscribes = session["mode"] == "subscription"
    intent = await charging.new_intent(
        store,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        method=None,
        given=_FOR_SUBSCRIPTIONS if subscribes else hidden["payment_intent_data"],
    )
    await _remember(store, session, intent)
    return intent


async def _remember(store: Store, session: Object, intent: Object) -> None:
    await store.hide(session["id"], intent=intent["id"])
    await store.hide(intent["id"], session=session["id"])


async def _save(store: Store, session: Object, method: Object, *, authenticated: bool) -> Object:
    verdict = card_of(method).when_saved(authenticated=authenticated)
    if verdict is None:
        session = await _with_customer(store, session, method)
    intent = await _setup_of(store, session)
    tried = await saving.save(store, intent, method, authenticated=authenticated)
    if tried.decline is not None:
        raise tried.error()
    if tried.saved:
        await _finish(store, session, tried.intent, tried.method)
    return tried.intent


async def _setup_of(store: Store, session: Object) -> Object:
    hidden = await store.hidden(session["id"])
    if "intent" in hidden:
        intent = await store.get("setup_intent", hidden["intent"], param="setup_intent")
        return await store.update(intent, {"customer": session["customer"]})
    intent = await saving.new_setup(
        store, customer=session["customer"], method=None, given=hidden["setup_intent_data"]
    )
    await _remember(store, session, intent)
    return intent


async def _with_customer(store: Store, session: Object, method: Object) -> Object:
    """The session with its customer, who is made now where one is wanted."""
    if session["customer"] is not None or session["customer_creation"] != "always":
        return session
    given = {"email": method["billing_details"]["email"] or session["customer_email"]}
    made = await store.insert(customer(created=store.now, given=given), "customer.created")
    return {**session, "customer": made["id"]}


async def _finish(store: Store, session: Object, intent: Object, method: Object) -> None:
    """The card was charged or saved: make what the session sells."""
    done: Object = {"customer_details": await _payer(store, session, method)}
    match session["mode"]:
        case "setup":
            done["setup_intent"] = intent["id"]
        case "payment":
            done["payment_status"] = "paid"
            done["payment_intent"] = intent["id"]
        case _:
            done["payment_status"] = "paid"
            paid = intent if intent["object"] == "payment_intent" else None
            done |= await _subscribe(store, session, method, paid)
    await store.unplan(session["id"], "expire")
    before = await store.get("checkout.session", session["id"], param="session")
    await store.update(
        before,
        {"customer": session["customer"], **done, "status": "complete", "url": None},
        "checkout.session.completed",
    )


async def _payer(store: Store, session: Object, method: Object) -> Object:
    if session["customer"] is not None:
        payer = await store.get("customer", session["customer"], param="customer")
        return customer_details(payer["email"])
    return customer_details(method["billing_details"]["email"] or session["customer_email"])


async def _subscribe(store: Store, session: Object, method: Object, paid: Object | None) -> Object:
    """The subscription and its first invoice, which since the API version 2025-03-31.basil are
    made only after the payment."""
    started = await _subscription(store, session, method)
    billed = await _first_invoice(store, session, started, paid)
    started = await store.update(started, {"latest_invoice": billed["id"]})
    await store.emit("customer.subscription.created", started)
    await renewal.plan_renewal(store, started)
    return {"invoice": billed["id"], "subscription": started["id"]}


async def _subscription(store: Store, session: Object, method: Object) -> Object:
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
    store: Store, session: Object, started: Object, paid: Object | None
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
        payment = await store.insert(invoice_payment(billed, paid["id"], created=store.now))
        await invoicing.settle_payment(store, payment)
    return await invoicing.mark_paid(store, billed, attempts=1)


async def expire(store: Store, session: Object) -> Object:
    """Nobody can pay this session any more."""
    await store.unplan(session["id"], "expire")
    hidden = await store.hidden(session["id"])
    if "intent" in hidden:
        await _cancel(store, hidden["intent"])
    return await store.update(
        session, {"status": "expired", "url": None}, "checkout.session.expired"
    )


async def _cancel(store: Store, key: str) -> None:
    payment = await store.find("payment_intent", key)
    if payment is not None:
        await charging.cancel(store, payment, reason="automatic")
        return
    await saving.cancel(
        store, await store.get("setup_intent", key, param="setup_intent"), reason="abandoned"
    )
