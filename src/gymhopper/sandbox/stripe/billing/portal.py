"""What customers do for themselves in the billing portal."""

from gymhopper.sandbox.stripe.billing import renewal
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.portal import EVERYTHING, portal_configuration
from gymhopper.sandbox.stripe.objects.subscription import period
from gymhopper.sandbox.stripe.storage.store import Store

_OPEN_FOR = 3600


async def default_configuration(store: Store) -> Object:
    """The account's own portal, made when it is first asked for."""
    found = await store.page("billing_portal.configuration", {"is_default": True}, limit=1)
    if found.data:
        return found.data[0]
    made = portal_configuration(created=store.now, is_default=True, given={}, features=EVERYTHING)
    return await store.insert(made, "billing_portal.configuration.created")


def is_open(store: Store, visit: Object) -> bool:
    """Whether the visit may still go on: an hour from its beginning."""
    return bool(store.now < visit["created"] + _OPEN_FOR)


async def subscriptions(store: Store, customer_id: str) -> list[Object]:
    """The customer's subscriptions that have not ended."""
    filters = {"customer": customer_id, "not_status": "canceled"}
    return (await store.page("subscription", filters, limit=100)).data


def afterwards(visit: Object) -> str:
    """Where the customer goes on after the visit's one purpose, or after any change."""
    flow = visit["flow"]
    if flow is not None and flow["after_completion"]["type"] == "redirect":
        return str(flow["after_completion"]["redirect"]["return_url"])
    return str(visit["url"])


async def use_card(store: Store, visit: Object, method: Object) -> None:
    """Charge this card from now on, for everything that the visiting customer has."""
    await store.hide(visit["id"], done=True)
    customer = await store.get("customer", visit["customer"], param="customer")
    settings = {**customer["invoice_settings"], "default_payment_method": method["id"]}
    await store.update(customer, {"invoice_settings": settings}, "customer.updated")
    for each in await subscriptions(store, customer["id"]):
        if each["default_payment_method"] is not None:
            await store.update(
                each, {"default_payment_method": method["id"]}, "customer.subscription.updated"
            )


async def end(store: Store, subscription: Object, *, now: bool, feedback: str | None) -> Object:
    """Cancel: at once, or when the present period is over.

    The latter sets `cancel_at` and leaves `cancel_at_period_end` alone, as with flexible billing.
    """
    details = {**subscription["cancellation_details"], "feedback": feedback}
    if now:
        return await renewal.cancel(
            store,
            {**subscription, "cancellation_details": details},
            reason="cancellation_requested",
        )
    at = period(subscription)[1]
    await store.plan(subscription["id"], subscription["id"], "cancel", at)
    return await store.update(
        subscription,
        {
            "cancel_at": at,
            "canceled_at": store.now,
            "cancellation_details": {**details, "reason": "cancellation_requested"},
        },
        "customer.subscription.updated",
    )


async def keep(store: Store, subscription: Object) -> Object:
    """Take a planned end back."""
    await store.unplan(subscription["id"], "cancel")
    details = {"comment": None, "feedback": None, "reason": None}
    return await store.update(
        subscription,
        {
            "cancel_at": None,
            "cancel_at_period_end": False,
            "canceled_at": None,
            "cancellation_details": {**subscription["cancellation_details"], **details},
        },
        "customer.subscription.updated",
    )
