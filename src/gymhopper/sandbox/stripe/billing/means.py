"""Means of payment: whose they are, and whether they may be charged later."""

from gymhopper.sandbox.stripe.cards import BY_TOKEN, Card, Challenge
from gymhopper.sandbox.stripe.errors import CardDeclined, InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.payment_method import payment_method
from gymhopper.sandbox.stripe.storage.store import Store


async def is_set_up(store: Store, method: Object) -> bool:
    """Whether its holder has agreed, on a page or in an app, to later charges."""
    return bool((await store.hidden(method["id"])).get("set_up"))


async def is_used_up(store: Store, method: Object) -> bool:
    """Whether it paid once without belonging to a customer, or was taken from its customer."""
    return bool((await store.hidden(method["id"])).get("used_up"))


async def use_up(store: Store, method: Object) -> None:
    """Nobody can pay with it again."""
    await store.hide(method["id"], used_up=True)


async def new_method(store: Store, card: Card, *, email: str | None = None) -> Object:
    """The card as a means of payment of nobody yet."""
    return await store.insert(payment_method(card, created=store.now, email=email))


async def usable(store: Store, key: str, *, customer_id: str | None, param: str) -> Object:
    """What the parameter names, for this customer to pay with or to keep.

    A test id such as `pm_card_visa` is a new card each time. InvalidRequest where there is no such
    thing, or another customer's, or one that cannot be used any more.
    """
    card = BY_TOKEN.get(key)
    if card is not None:
        return await new_method(store, card)
    method = await store.find("payment_method", key)
    if method is None:
        raise InvalidRequest(
            f"No such PaymentMethod: '{key}'", code="resource_missing", param=param
        )
    if method["customer"] not in {None, customer_id}:
        whose = method["customer"]
        raise InvalidRequest(
            f"The provided PaymentMethod ({key}) belongs to the Customer {whose}. Please include "
            "that Customer in the `customer` parameter.",
            param=param,
        )
    await _check_unused(store, method, param=param)
    return method


async def _check_unused(store: Store, method: Object, *, param: str) -> None:
    if await is_used_up(store, method):
        raise InvalidRequest(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, or was detached from a Customer. It may not be used again. To use a "
            "PaymentMethod multiple times, you must attach it to a Customer first.",
            param=param,
        )


async def attach(store: Store, key: str, customer_id: str) -> Object:
    """Save the card for the customer; CardDeclined when its issuer refuses already that."""
    card = BY_TOKEN.get(key)
    if card is not None:
        verdict = card.when_saved(authenticated=True)
        if verdict is not None and not isinstance(verdict, Challenge):
            raise CardDeclined(
                verdict.message,
                code=verdict.code,
                decline_code=verdict.decline_code,
                param=verdict.param,
            )
        method = await new_method(store, card)
    else:
        method = await store.get("payment_method", key, param="payment_method")
        await _check_unused(store, method, param="payment_method")
    if method["customer"] not in {None, customer_id}:
        raise InvalidRequest(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    return await store.update(method, {"customer": customer_id}, "payment_method.attached")


async def keep(store: Store, method: Object, customer_id: str | None) -> Object:
    """Its holder agrees to later charges; it belongs to the customer from now on."""
    await store.hide(method["id"], set_up=True)
    if customer_id is None:
        return method
    return await store.update(method, {"customer": customer_id}, "payment_method.attached")


async def detach(store: Store, method: Object) -> Object:
    """Take it from its customer, for good; nothing is charged to it by default any more."""
    owner = method["customer"]
    if owner is None:
        raise InvalidRequest(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            code="payment_method_unexpected_state",
        )
    customer = await store.get("customer", owner, param="customer")
    settings = customer["invoice_settings"]
    if settings["default_payment_method"] == method["id"]:
        await store.update(
            customer,
            {"invoice_settings": {**settings, "default_payment_method": None}},
            "customer.updated",
        )
    await use_up(store, method)
    return await store.update(method, {"customer": None}, "payment_method.detached")
