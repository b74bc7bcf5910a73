"""`expand`: ids replaced by their objects, and parts that are shown only on request.

Stripe's page "Expanding responses": dots walk into objects, `data.` into lists.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.balance_transaction import as_of
from gymhopper.sandbox.stripe.objects.identity import Object, contained
from gymhopper.sandbox.stripe.storage.store import Store

_MAX_DEPTH = 4

# The fields that hold an id, and of what kind.
_REFERENCES = {
    "balance_transaction": "balance_transaction",
    "failure_balance_transaction": "balance_transaction",
    "charge": "charge",
    "customer": "customer",
    "default_payment_method": "payment_method",
    "invoice": "invoice",
    "latest_charge": "charge",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "product": "product",
    "setup_intent": "setup_intent",
    "source_transaction": "charge",
    "subscription": "subscription",
    "transfer": "transfer",
}
# What a balance transaction comes from may be of several kinds, which the id tells.
_SOURCES = {
    "ch": "charge",
    "du": "dispute",
    "po": "payout",
    "py": "charge",
    "pyr": "refund",
    "re": "refund",
    "tr": "transfer",
    "trr": "transfer_reversal",
}


async def _session_items(store: Store, session: Object) -> Object:
    items = (await store.hidden(session["id"]))["line_items"]
    return contained(items, f"/v1/checkout/sessions/{session['id']}/line_items")


async def _invoice_payments(store: Store, billed: Object) -> Object:
    found = await store.page("invoice_payment", {"invoice": billed["id"]}, limit=10)
    return {**contained(found.data, "/v1/invoice_payments"), "has_more": found.has_more}


async def _confirmation_secret(store: Store, billed: Object) -> Object | None:
    found = await store.page("invoice_payment", {"invoice": billed["id"]}, limit=1)
    if not found.data:
        return None
    key = found.data[0]["payment"]["payment_intent"]
    intent = await store.get("payment_intent", key, param="expand")
    return {"client_secret": intent["client_secret"], "type": "payment_intent"}


async def _charge_refunds(store: Store, charge: Object) -> Object:
    found = await store.page("refund", {"charge": charge["id"]}, limit=10)
    url = f"/v1/charges/{charge['id']}/refunds"
    return {**contained(found.data, url), "has_more": found.has_more}


async def _customer_subscriptions(store: Store, customer: Object) -> Object:
    filters = {"customer": customer["id"], "not_status": "canceled"}
    found = await store.page("subscription", filters, limit=10)
    url = f"/v1/customers/{customer['id']}/subscriptions"
    return {**contained(found.data, url), "has_more": found.has_more}


_ON_REQUEST: dict[tuple[str, str], Callable[[Store, Object], Awaitable[Object | None]]] = {
    ("checkout.session", "line_items"): _session_items,
    ("invoice", "confirmation_secret"): _confirmation_secret,
    ("invoice", "payments"): _invoice_payments,
    ("charge", "refunds"): _charge_refunds,
    ("customer", "subscriptions"): _customer_subscriptions,
}


async def expand(store: Store, answer: Object, paths: list[str]) -> Object:
    """The answer with every path expanded; InvalidRequest for one that cannot be."""
    for path in paths:
        steps = path.split(".")
        if len(steps) - (steps[0] == "data") > _MAX_DEPTH:
            raise InvalidRequest(
                f"You cannot expand more than {_MAX_DEPTH} levels of a property: {path}",
                param="expand",
            )
        await _walk(store, answer, steps, path)
    return answer


async def _walk(store: Store, here: Any, steps: list[str], path: str) -> None:
    if isinstance(here, list):
        for each in here:
            await _walk(store, each, steps, path)
        return
    if here is None or not steps:
        return
    name, *rest = steps
    if not isinstance(here, dict):
        raise _impossible(path)
    on_request = _ON_REQUEST.get((here.get("object", ""), name))
    if on_request is not None and name not in here:
        here[name] = await on_request(store, here)
    elif isinstance(here.get(name), str):
        here[name] = await _referenced(store, name, here[name], path)
    elif name not in here or (not rest and name not in _REFERENCES and name != "source"):
        raise _impossible(path)
    await _walk(store, here[name], rest, path)


async def _referenced(store: Store, name: str, key: str, path: str) -> Object:
    kind = _SOURCES.get(key.partition("_")[0]) if name == "source" else _REFERENCES.get(name)
    found = await store.find(kind, key) if kind is not None else None
    if found is None:
        raise _impossible(path)
    return as_of(found, store.now) if kind == "balance_transaction" else found


def _impossible(path: str) -> InvalidRequest:
    return InvalidRequest(f"This property cannot be expanded ({path}).", param="expand")
