"""The hosted checkout page. A script pays by posting the same form: `card=4242424242424242`."""

from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from gymhopper.chassis.auth import SERVICE
from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.amounts import shown
from gymhopper.sandbox.stripe.billing.checkout import complete
from gymhopper.sandbox.stripe.billing.clock import writing_store
from gymhopper.sandbox.stripe.cards import BY_NUMBER, TEST_CARDS
from gymhopper.sandbox.stripe.errors import CardDeclined, StripeError
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire import form

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


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
        async with self._runtime.database.transaction(SERVICE, read_only=True) as connection:
            store = Store(connection, int(self._runtime.clock.now().timestamp()))
            found = await store.anywhere("checkout.session", request.path_params["key"])
            if found is None:
                return _gone()
            store, session = found
            return await _page(store, session)

    async def pay(self, request: Request) -> Response:
        """Take the card: on success to the shop's `success_url`, else the page with the reason."""
        try:
            given = form.decode(await request.body())
        except StripeError as error:
            return PlainTextResponse(error.message, 400, _HEADERS)
        async with self._runtime.database.transaction(SERVICE) as connection:
            store = await writing_store(self._runtime, connection)
            found = await store.anywhere("checkout.session", request.path_params["key"])
            if found is None:
                return _gone()
            store, session = found
            answer = partial(_page, store, session)
            if session["status"] == "complete":
                # The button was pressed twice; the first press paid.
                return _onward(session)
            if session["status"] == "expired" or session["expires_at"] <= store.now:
                return await answer(status=410)
            number = "".join(c for c in str(given.get("card", "")) if c not in " -")
            card = BY_NUMBER.get(number)
            if card is None:
                return await answer(
                    status=402, error="This is none of the test cards below.", number=number
                )
            email = str(given["email"]).strip() if given.get("email") else None
            try:
                session = await complete(store, session, card, email=email)
            except CardDeclined as declined:
                return await answer(status=402, error=declined.message, number=number)
            return _onward(session)


def _onward(session: Object) -> Response:
    target = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return RedirectResponse(target, 303, _HEADERS)


def _gone() -> Response:
    return HTMLResponse(_TEMPLATES.get_template("missing.html").render(), 404, _HEADERS)


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
    page = _TEMPLATES.get_template("checkout.html").render(
        state=state,
        saving=session["mode"] == "setup",
        lines=[
            {
                "name": each["description"],
                "quantity": each["quantity"],
                "amount": shown(each["amount_total"], each["currency"]),
                "every": _every(each["price"]["recurring"]),
            }
            for each in lines
        ],
        total=shown(session["amount_total"], session["currency"]) if lines else None,
        email=known,
        asks_email=session["customer"] is None and known is None,
        error=error,
        number=_grouped(number),
        cards=[(_grouped(card.number), card.says) for card in TEST_CARDS],
        cancel_url=session["cancel_url"],
        success_url=session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]),
    )
    return HTMLResponse(page, status, _HEADERS)


def _every(recurring: Object | None) -> str:
    if recurring is None:
        return "once"
    count, unit = recurring["interval_count"], recurring["interval"]
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def _grouped(number: str) -> str:
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))
