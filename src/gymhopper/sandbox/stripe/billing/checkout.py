"""What happens when a customer pays on the hosted page, or never does."""

from gymhopper.sandbox.stripe.billing import charging, invoicing, means, saving, starting
from gymhopper.sandbox.stripe.billing.redeeming import Wanted
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.cards import Card, card_of
from gymhopper.sandbox.stripe.objects.checkout import customer_details
from gymhopper.sandbox.stripe.objects.customer import customer
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store

_DAY = 86_400
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
            nothing_due = intent["object"] == "setup_intent"
            done["payment_status"] = "no_payment_required" if nothing_due else "paid"
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
    payer = await store.get("customer", session["customer"], param="customer")
    store = await living(store, payer)
    new = beginning(store, await store.hidden(session["id"]), method["id"])
    begun, drafted = await starting.begin(store, payer, new)
    billed = await invoicing.finalize(store, drafted, paid_by=paid)
    payment = await invoicing.default_payment(store, billed)
    if payment is not None:
        await invoicing.settle_payment(store, payment)
    billed = await invoicing.mark_paid(store, billed, attempts=1)
    begun = await starting.announce(store, begun, billed)
    return {"invoice": billed["id"], "subscription": begun["id"]}


def beginning(store: Store, hidden: Object, method_id: str | None) -> starting.Beginning:
    """The subscription that a session sells, if it begins now. What the page shows is all that it
    charges: nothing else that waits for the customer's next invoice."""
    sold = [starting.Sold(line["price"], line["quantity"]) for line in hidden["line_items"]]
    data = dict(hidden["subscription_data"])
    days, trial_end = data.pop("trial_period_days", None), data.pop("trial_end", None)
    if days is not None:
        trial_end = store.now + days * _DAY
    return starting.Beginning(
        items=[each for each in sold if each.price["recurring"] is not None],
        extras=[each for each in sold if each.price["recurring"] is None],
        trial_end=trial_end,
        anchor=data.pop("billing_cycle_anchor", None),
        prorates=data.pop("proration_behavior", None) != "none",
        discounts=[Wanted(**each) for each in hidden.get("discounts", [])],
        pending=False,
        given={"default_payment_method": method_id, **data},
    )


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
