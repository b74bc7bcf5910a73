"""The hosted checkout page. A script pays by posting the same form: `card=4242424242424242`."""

from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.amounts import shown
from gymhopper.sandbox.stripe.billing.authentication import after_success
from gymhopper.sandbox.stripe.billing.checkout import complete
from gymhopper.sandbox.stripe.cards import BY_NUMBER, TEST_CARDS
from gymhopper.sandbox.stripe.errors import CardDeclined, StripeError
from gymhopper.sandbox.stripe.hosted.frame import (
    HEADERS,
    card_number,
    cards_to_try,
    every,
    fields,
    gone,
    grouped,
    onward,
    reading,
    render,
    writing,
)
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store


class CheckoutPages:
    """Shows a session to the customer and takes the card."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def routes(self) -> list[Route]:
        """The page and its form, at the `url` of a session."""
        return [
            Route("/checkout/{key}", self.show, methods=["GET"]),
            Route("/checkout/{key}", self.pay, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The page of an open session, or what became of it."""
        async with reading(self._runtime, request, "checkout.session") as found:
            if found is None:
                return gone()
            store, session = found
            return await _page(store, session, error=await _last_error(store, session))

    async def pay(self, request: Request) -> Response:
        """Take the card: on success to the shop's `success_url`, to the issuer's page where it
        wants its holder to authenticate, else the page with the reason."""
        try:
            given = await fields(request)
        except StripeError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        async with writing(self._runtime, request, "checkout.session") as found:
            if found is None:
                return gone()
            store, session = found
            answer = partial(_page, store, session)
            if session["status"] == "complete":
                # The button was pressed twice; the first press paid.
                return onward(after_success(session))
            if session["status"] == "expired" or session["expires_at"] <= store.now:
                return await answer(status=410)
            number = card_number(given.get("card", ""))
            card = BY_NUMBER.get(number)
            if card is None:
                return await answer(
                    status=402, error="This is none of the test cards below.", number=number
                )
            try:
                intent = await complete(store, session, card, email=given.get("email") or None)
            except CardDeclined as declined:
                return await answer(status=402, error=declined.message, number=number)
            if intent["status"] == "requires_action":
                return onward(f"{store.base_url}/authenticate/{intent['id']}")
            return onward(after_success(session))


async def _last_error(store: Store, session: Object) -> str | None:
    """Why the last card did not do, for those who come back from its issuer's page."""
    key = (await store.hidden(session["id"])).get("intent")
    if key is None:
        return None
    intent = await store.find("payment_intent", key) or await store.find("setup_intent", key)
    assert intent is not None  # noqa: S101 - a session's intent is never deleted
    error = intent["last_payment_error" if "amount" in intent else "last_setup_error"]
    if error is None:
        return None
    if error["code"].endswith("_authentication_failure"):
        return "Your bank could not confirm that it is you. Try again, or another card."
    return str(error["message"])


async def _page(
    store: Store,
    session: Object,
    *,
    status: int = 200,
    error: str | None = None,
    number: str = TEST_CARDS[0].number,
) -> Response:
    lines = (await store.hidden(session["id"]))["line_items"]
    state = session["status"]
    if state == "open" and session["expires_at"] <= store.now:
        state = "expired"
    known = session["customer_email"]
    if session["customer"] is not None:
        customer = await store.get("customer", session["customer"], param="customer")
        known = customer["email"]
    return render(
        "checkout.html",
        status=status,
        state=state,
        saving=session["mode"] == "setup",
        subscribing=session["mode"] == "subscription",
        lines=[
            {
                "name": each["description"],
                "quantity": each["quantity"],
                "amount": shown(each["amount_total"], each["currency"]),
                "every": every(each["price"]["recurring"]),
            }
            for each in lines
        ],
        total=shown(session["amount_total"], session["currency"]) if lines else None,
        email=known,
        asks_email=session["customer"] is None and known is None,
        error=error,
        number=grouped(number),
        cards=cards_to_try(),
        cancel_url=session["cancel_url"],
        success_url=after_success(session) if session["success_url"] else None,
    )
