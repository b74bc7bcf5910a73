"""What follows when a card's holder has, or has not, proved to its issuer who they are."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from gymhopper.sandbox.stripe.billing import charging, checkout, following, portal, saving
from gymhopper.sandbox.stripe.errors import CardDeclined
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store


async def authenticate(store: Store, intent: Object, *, passed: bool) -> None:
    """Go on with the charge, or with saving the card, where the issuer had interrupted it.

    What the issuer says now is recorded in the intent. Nothing happens when it asks no more.
    """
    if intent["status"] != "requires_action":
        return
    method = await store.get("payment_method", intent["payment_method"], param="payment_method")
    session = await session_of(store, intent)
    pays = intent["object"] == "payment_intent"
    if not passed:
        failed = charging.authentication_failed if pays else saving.authentication_failed
        await failed(store, intent, method)
    elif session is not None:
        if session["expires_at"] <= store.now:
            return
        try:
            await checkout.proceed(store, session, method, authenticated=True)
        except CardDeclined:
            return
    elif pays:
        await following.check_wanted(store, intent)
        tried = await charging.attempt(
            store, intent, method, customer_present=True, authenticated=True
        )
        await following.follow(store, tried)
    else:
        saved = await saving.save(store, intent, method, authenticated=True)
        visit = await visit_of(store, intent)
        if saved.saved and visit is not None:
            await portal.use_card(store, visit, saved.method)


async def session_of(store: Store, intent: Object) -> Object | None:
    """The checkout session that the intent belongs to, if any."""
    key = (await store.hidden(intent["id"])).get("session")
    return None if key is None else await store.get("checkout.session", key, param="session")


async def visit_of(store: Store, intent: Object) -> Object | None:
    """The visit to the billing portal that the intent belongs to, if any."""
    key = (await store.hidden(intent["id"])).get("portal")
    return None if key is None else await store.get("billing_portal.session", key, param="session")


async def way_back(store: Store, intent: Object) -> str | None:
    """Where the customer goes from the issuer's page; None where nobody said."""
    session = await session_of(store, intent)
    if session is not None:
        if session["status"] == "complete":
            return after_success(session)
        return f"{store.base_url}/checkout/{session['id']}"
    visit = await visit_of(store, intent)
    if visit is not None:
        done = intent["status"] == "succeeded"
        return portal.afterwards(visit) if done else f"{visit['url']}/card"
    hidden = await store.hidden(intent["id"])
    if "invoice_page" in hidden:
        return str(hidden["invoice_page"])
    back = hidden.get("return_url")
    if back is None:
        return None
    done = intent["status"] == "succeeded"
    name = intent["object"]
    told = urlencode(
        {
            name: intent["id"],
            f"{name}_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if done else "failed",
        }
    )
    parts = urlsplit(back)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, told)))))


def after_success(session: Object) -> str:
    """The shop's page for those who have paid."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
