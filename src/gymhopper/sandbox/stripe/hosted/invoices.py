"""The hosted page of an invoice. A script posts the same form: `card=4242424242424242`."""

from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.amounts import shown
from gymhopper.sandbox.stripe.billing import invoicing, means, renewal
from gymhopper.sandbox.stripe.billing.clock import catch_up
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.cards import BY_NUMBER, TEST_CARDS
from gymhopper.sandbox.stripe.errors import StripeError
from gymhopper.sandbox.stripe.hosted.frame import (
    HEADERS,
    card_number,
    cards_to_try,
    fields,
    gone,
    grouped,
    onward,
    reading,
    render,
    writing,
)
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.invoice import subscription_of
from gymhopper.sandbox.stripe.storage.store import Store

_KIND = "invoice"
_PAYABLE = frozenset({"open", "uncollectible"})


class InvoicePages:
    """Shows an invoice to the customer, who pays it with whatever card."""

    def __init__(self, runtime: Runtime, recovery: Recovery) -> None:
        self._runtime = runtime
        self._recovery = recovery

    def routes(self) -> list[Route]:
        """The page and its form, at the `hosted_invoice_url` of an invoice."""
        return [
            Route("/invoices/{key}", self.show, methods=["GET"]),
            Route("/invoices/{key}", self.pay, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """What is to be paid, or what became of it."""
        async with reading(self._runtime, request, _KIND) as found:
            if found is None or found[1]["hosted_invoice_url"] is None:
                return gone()
            store, billed = found
            return _page(billed, error=await _last_error(store, billed))

    async def pay(self, request: Request) -> Response:
        """Charge the card: back to the page when it paid, to its issuer's page where that wants its
        holder to authenticate, else the page with the reason."""
        try:
            given = await fields(request)
        except StripeError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        async with writing(self._runtime, request, _KIND) as found:
            if found is None or found[1]["hosted_invoice_url"] is None:
                return gone()
            store, billed = found
            store = await living(store, billed)
            await catch_up(store, subscription_of(billed) or billed["id"], self._recovery)
            billed = await store.get(_KIND, billed["id"], param="invoice")
            answer = partial(_page, billed)
            if billed["status"] not in _PAYABLE:
                # The button was pressed twice, or somebody else was quicker.
                return answer()
            number = card_number(given.get("card", ""))
            card = BY_NUMBER.get(number)
            if card is None:
                problem = "This is none of the test cards below."
                return answer(status=402, error=problem, number=number)
            method = await means.new_method(store, card)
            billed, tried = await invoicing.collect(
                store, billed, method, customer_present=True, scheduled=False
            )
            if tried is not None and tried.asks:
                page = billed["hosted_invoice_url"]
                await store.hide(tried.intent["id"], invoice_page=page)
                return onward(f"{store.base_url}/authenticate/{tried.intent['id']}")
            if tried is not None and tried.decline is not None:
                await store.emit("invoice.payment_failed", billed)
                return answer(status=402, error=tried.decline.message, number=number)
            await renewal.follow_invoice(store, billed)
            return onward(billed["hosted_invoice_url"])


async def _last_error(store: Store, billed: Object) -> str | None:
    """Why the last card did not do, for those who come back from its issuer's page."""
    payment = await invoicing.default_payment(store, billed)
    if payment is None or billed["status"] not in _PAYABLE:
        return None
    key = payment["payment"]["payment_intent"]
    error = (await store.get("payment_intent", key, param="id"))["last_payment_error"]
    return None if error is None else str(error["message"])


def _page(
    billed: Object,
    *,
    status: int = 200,
    error: str | None = None,
    number: str = TEST_CARDS[0].number,
) -> Response:
    currency = billed["currency"]
    return render(
        "invoice.html",
        status=status,
        state=billed["status"],
        payable=billed["status"] in _PAYABLE,
        title=billed["number"],
        lines=[
            {"name": each["description"], "amount": shown(each["amount"], currency)}
            for each in billed["lines"]["data"]
        ],
        total=shown(billed["total"], currency),
        due=shown(billed["amount_remaining"], currency),
        error=error,
        number=grouped(number),
        cards=cards_to_try(),
    )
