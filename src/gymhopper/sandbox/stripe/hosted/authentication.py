"""The page of the card's issuer (3-D Secure). A script answers it by posting `outcome=complete`,
or `outcome=fail`."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.amounts import shown
from gymhopper.sandbox.stripe.billing.authentication import authenticate, session_of, way_back
from gymhopper.sandbox.stripe.errors import StripeError
from gymhopper.sandbox.stripe.hosted.frame import (
    HEADERS,
    fields,
    gone,
    onward,
    reading,
    render,
    writing,
)
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store

_KINDS = ("payment_intent", "setup_intent")
_OUTCOMES = {"complete": True, "fail": False}


class AuthenticationPages:
    """Asks the card's holder who they are."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def routes(self) -> list[Route]:
        """The page and its form, at the address in an intent's `next_action`."""
        return [
            Route("/authenticate/{key}", self.show, methods=["GET"]),
            Route("/authenticate/{key}", self.answer, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The question, or what became of it."""
        async with reading(self._runtime, request, *_KINDS) as found:
            return gone() if found is None else await _page(*found)

    async def answer(self, request: Request) -> Response:
        """The holder's answer; then back to the shop, or on with the checkout."""
        try:
            passed = _OUTCOMES.get((await fields(request)).get("outcome", ""))
        except StripeError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        async with writing(self._runtime, request, *_KINDS) as found:
            if found is None:
                return gone()
            store, intent = found
            if passed is None:
                return await _page(store, intent, status=400)
            try:
                await authenticate(store, intent, passed=passed)
            except StripeError as error:
                return await _page(store, intent, status=409, error=error.message)
            after = await store.get(intent["object"], intent["id"], param="id")
            target = await way_back(store, after)
            return await _page(store, after) if target is None else onward(target)


async def _page(
    store: Store, intent: Object, *, status: int = 200, error: str | None = None
) -> Response:
    asks = intent["status"] == "requires_action"
    card = None
    if intent["payment_method"] is not None:
        method = await store.get("payment_method", intent["payment_method"], param="id")
        card = f"{method['card']['brand'].title()} ending in {method['card']['last4']}"
    session = await session_of(store, intent)
    pays = intent["object"] == "payment_intent"
    return render(
        "authentication.html",
        status=status,
        asks=asks,
        done=intent["status"] == "succeeded",
        pays=pays,
        amount=shown(intent["amount"], intent["currency"]) if pays else None,
        card=card,
        error=error,
        way_back=None if asks else await way_back(store, intent),
        in_checkout=session is not None,
    )
