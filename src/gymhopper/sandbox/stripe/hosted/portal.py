"""The billing portal's pages: plans, the card, invoices. A script posts the same forms:
`card=4242424242424242` to `/card`, and to `/subscriptions/{id}` either `do=cancel` or `do=keep`."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.amounts import shown
from gymhopper.sandbox.stripe.billing import portal, saving
from gymhopper.sandbox.stripe.billing.clock import catch_up
from gymhopper.sandbox.stripe.billing.means import new_method
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.cards import BY_NUMBER, TEST_CARDS
from gymhopper.sandbox.stripe.errors import StripeError
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
from gymhopper.sandbox.stripe.objects.portal import REASONS
from gymhopper.sandbox.stripe.objects.subscription import period
from gymhopper.sandbox.stripe.storage.store import Store

_KIND = "billing_portal.session"
_INVOICES = 24


class PortalPages:
    """Shows customers what they have, and lets them change it."""

    def __init__(self, runtime: Runtime, recovery: Recovery) -> None:
        self._runtime = runtime
        self._recovery = recovery

    def routes(self) -> list[Route]:
        """The pages at the `url` of a portal session."""
        return [
            Route("/portal/{key}", self.home, methods=["GET"]),
            Route("/portal/{key}/card", self.card, methods=["GET"]),
            Route("/portal/{key}/card", self.change_card, methods=["POST"]),
            Route("/portal/{key}/subscriptions/{subscription}", self.ask, methods=["GET"]),
            Route("/portal/{key}/subscriptions/{subscription}", self.change, methods=["POST"]),
        ]

    async def home(self, request: Request) -> Response:
        """What the customer has; or straight to what the visit is for."""
        async with reading(self._runtime, request, _KIND) as found:
            if found is None:
                return gone()
            store, visit = found
            if not portal.is_open(store, visit):
                return _over(visit)
            flow = visit["flow"]
            if flow is not None and not (await store.hidden(visit["id"])).get("done"):
                return onward(f"{visit['url']}/{_step(flow)}")
            return await _home(store, visit)

    async def card(self, request: Request) -> Response:
        """The form for another card."""
        async with reading(self._runtime, request, _KIND) as found:
            if found is None or not await _offers(*found, "payment_method_update"):
                return gone()
            store, visit = found
            return _card(visit) if portal.is_open(store, visit) else _over(visit)

    async def change_card(self, request: Request) -> Response:
        """Save another card and charge it from now on."""
        try:
            given = await fields(request)
        except StripeError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        async with writing(self._runtime, request, _KIND) as found:
            if found is None or not await _offers(*found, "payment_method_update"):
                return gone()
            store, visit = found
            if not portal.is_open(store, visit):
                return _over(visit)
            number = card_number(given.get("card", ""))
            card = BY_NUMBER.get(number)
            if card is None:
                return _card(visit, error="This is none of the test cards below.", number=number)
            method = await new_method(store, card)
            intent = await saving.new_setup(
                store, customer=visit["customer"], method=None, given={}
            )
            await store.hide(intent["id"], portal=visit["id"])
            tried = await saving.save(store, intent, method)
            if tried.decline is not None:
                return _card(visit, error=tried.decline.message, number=number)
            if tried.asks:
                return onward(f"{store.base_url}/authenticate/{intent['id']}")
            await portal.use_card(store, visit, tried.method)
            return onward(portal.afterwards(visit))

    async def ask(self, request: Request) -> Response:
        """Whether the plan is really to end, and why."""
        async with reading(self._runtime, request, _KIND) as found:
            if found is None or not await _offers(*found, "subscription_cancel"):
                return gone()
            store, visit = found
            subscription = await _subscription(store, visit, request)
            if subscription is None:
                return gone()
            if not portal.is_open(store, visit):
                return _over(visit)
            cancel = (await _features(store, visit))["subscription_cancel"]
            reasons = cancel["cancellation_reason"]
            return render(
                "portal_cancel.html",
                visit=visit,
                plan=_plan(subscription, await _name(store, subscription)),
                at_once=cancel["mode"] == "immediately",
                reasons=reasons["options"] if reasons["enabled"] else [],
            )

    async def change(self, request: Request) -> Response:
        """End the plan, or keep it after all."""
        try:
            given = await fields(request)
        except StripeError as error:
            return PlainTextResponse(error.message, 400, HEADERS)
        async with writing(self._runtime, request, _KIND) as found:
            if found is None or not await _offers(*found, "subscription_cancel"):
                return gone()
            store, visit = found
            subscription = await _subscription(store, visit, request)
            if subscription is None:
                return gone()
            if not portal.is_open(store, visit):
                return _over(visit)
            await catch_up(store, subscription["id"], self._recovery)
            subscription = await store.get("subscription", subscription["id"], param="id")
            await store.hide(visit["id"], done=True)
            if subscription["status"] != "canceled":
                if given.get("do") == "keep":
                    await portal.keep(store, subscription)
                elif subscription["cancel_at"] is None:
                    await self._end(store, visit, subscription, given)
            return onward(portal.afterwards(visit))

    async def _end(
        self, store: Store, visit: Object, subscription: Object, given: dict[str, str]
    ) -> None:
        cancel = (await _features(store, visit))["subscription_cancel"]
        feedback = given.get("feedback")
        await portal.end(
            store,
            subscription,
            now=cancel["mode"] == "immediately",
            feedback=feedback if feedback in REASONS else None,
        )


def _step(flow: Object) -> str:
    if flow["type"] == "payment_method_update":
        return "card"
    return f"subscriptions/{flow['subscription_cancel']['subscription']}"


async def _features(store: Store, visit: Object) -> Object:
    key = visit["configuration"]
    found = await store.get("billing_portal.configuration", key, param="configuration")
    features: Object = found["features"]
    return features


async def _offers(store: Store, visit: Object, feature: str) -> bool:
    return bool((await _features(store, visit))[feature]["enabled"])


async def _subscription(store: Store, visit: Object, request: Request) -> Object | None:
    """The subscription in the address; None where the customer has no such one."""
    found = await store.find("subscription", request.path_params["subscription"])
    return found if found is not None and found["customer"] == visit["customer"] else None


def _over(visit: Object) -> Response:
    return render("portal_over.html", status=410, return_url=visit["return_url"])


def _card(
    visit: Object, *, error: str | None = None, number: str = TEST_CARDS[0].number
) -> Response:
    return render(
        "portal_card.html",
        status=200 if error is None else 402,
        visit=visit,
        error=error,
        number=grouped(number),
        cards=cards_to_try(),
    )


async def _home(store: Store, visit: Object) -> Response:
    customer = await store.get("customer", visit["customer"], param="customer")
    features = await _features(store, visit)
    plans = await portal.subscriptions(store, customer["id"])
    keys = [each["default_payment_method"] for each in plans]
    keys.append(customer["invoice_settings"]["default_payment_method"])
    key = next(filter(None, keys), None)
    method = await store.find("payment_method", key) if key is not None else None
    filters = {"customer": customer["id"], "statuses": ["open", "paid", "uncollectible"]}
    invoices = await store.page("invoice", filters, limit=_INVOICES)
    return render(
        "portal.html",
        visit=visit,
        features=features,
        email=customer["email"],
        plans=[_plan(each, await _name(store, each)) for each in plans],
        card=None if method is None else _described(method),
        invoices=[
            {
                "number": each["number"],
                "date": _day(each["created"]),
                "amount": shown(each["total"], each["currency"]),
                "status": each["status"],
            }
            for each in invoices.data
        ],
    )


async def _name(store: Store, subscription: Object) -> str:
    """What it is for: the names of its products."""
    keys = [each["price"]["product"] for each in subscription["items"]["data"]]
    products = [await store.get("product", key, param="product") for key in keys]
    return ", ".join(each["name"] for each in products)


def _plan(subscription: Object, name: str) -> Object:
    items = subscription["items"]["data"]
    amount = sum(each["price"]["unit_amount"] * each["quantity"] for each in items)
    until = subscription["cancel_at"] or period(subscription)[1]
    return {
        "id": subscription["id"],
        "name": name,
        "price": shown(amount, subscription["currency"]),
        "every": every(items[0]["price"]["recurring"]),
        "status": subscription["status"].replace("_", " "),
        "ends": subscription["cancel_at"] is not None,
        "until": _day(until),
    }


def _described(method: Object) -> str:
    card = method["card"]
    return (
        f"{card['brand'].title()} ending in {card['last4']}, "
        f"expires {card['exp_month']:02}/{card['exp_year']}"
    )


def _day(at: int) -> str:
    day = datetime.fromtimestamp(at, UTC)
    return f"{day.day} {day:%B %Y}"
