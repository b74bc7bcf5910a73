"""From the parameters of an update, or of its preview, to what is to change."""

from gymhopper.sandbox.stripe.api.customers import own_method
from gymhopper.sandbox.stripe.api.selling import (
    DiscountEntry,
    one_interval,
    sold_price,
    wanted_discounts,
)
from gymhopper.sandbox.stripe.api.subscription_parameters import (
    CancellationDetails,
    ChangedItem,
    Changes,
    CreateSubscription,
    PauseCollection,
    UpdateSubscription,
)
from gymhopper.sandbox.stripe.billing import redeeming
from gymhopper.sandbox.stripe.billing.changing import Change
from gymhopper.sandbox.stripe.billing.clock import catch_up
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.subscription import period, subscription_item
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call
from gymhopper.sandbox.stripe.wire.parameters import merged_metadata

_LATEST_TRIAL = 2 * 366 * 86_400
# What an ended subscription, and one that never began, still takes.
_ALWAYS = {"cancellation_details", "metadata", "expand"}
_BEFORE_PAID = {
    "cancel_at",
    "cancel_at_period_end",
    "default_payment_method",
    "description",
    "pause_collection",
}


async def present(call: Call, key: str) -> tuple[Store, Object]:
    """The subscription after everything that was already due, and a store at its time."""
    found = await call.store.get("subscription", key, param="id")
    store = await living(call.store, found)
    await catch_up(store, key, call.recovery)
    return store, await store.get("subscription", key, param="id")


async def wanted_change(store: Store, before: Object, parameters: UpdateSubscription) -> Change:
    """What an update wants; InvalidRequest when the subscription cannot become that."""
    given = parameters.model_fields_set
    if before["status"] in {"canceled", "incomplete_expired"} and given - _ALWAYS:
        raise InvalidRequest(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    if before["status"] == "incomplete" and given - _ALWAYS - _BEFORE_PAID:
        raise InvalidRequest(
            "A subscription whose first invoice is not paid yet cannot be changed like that."
        )
    changes = parameters.given("description")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    changes |= await settings_of(store, parameters, before["customer"])
    if "pause_collection" in given:
        changes["pause_collection"] = await _pause(store, before, parameters.pause_collection)
    wanted = await previewed_change(store, before, parameters, parameters.discounts)
    changes |= wanted.others
    details: Object = {**before, **changes}["cancellation_details"]
    changes["cancellation_details"] = {**details, **said(parameters.cancellation_details)}
    return Change(
        items=wanted.items,
        behavior=wanted.behavior,
        proration_date=wanted.proration_date,
        anchor_now=wanted.anchor_now,
        trial_end=wanted.trial_end,
        cut=wanted.cut,
        others=changes,
    )


async def previewed_change(
    store: Store, before: Object, parameters: Changes, discounts: list[DiscountEntry] | None
) -> Change:
    """What a preview wants, and an update besides."""
    others, cut = _planned_end(store, before, parameters)
    if discounts is not None:
        others["discounts"] = await redeeming.redeem(
            store,
            wanted_discounts(discounts),
            await store.get("customer", before["customer"], param="customer"),
            currency=before["currency"],
            subscription=before["id"],
            total=sum(
                each["price"]["unit_amount"] * each["quantity"] for each in before["items"]["data"]
            ),
            kept=before["discounts"],
        )
    return Change(
        items=await _items(store, before, parameters.items),
        behavior=parameters.proration_behavior,
        proration_date=parameters.proration_date,
        anchor_now=parameters.billing_cycle_anchor == "now",
        trial_end=_trial_end(store, parameters),
        cut=cut,
        others=others,
    )


async def settings_of(
    store: Store, parameters: CreateSubscription | UpdateSubscription, customer_id: str
) -> Object:
    """Attributes that a new subscription and an update set in the same way."""
    changes: Object = {}
    if parameters.default_payment_method is not None:
        method = await own_method(
            store, parameters.default_payment_method, customer_id, param="default_payment_method"
        )
        changes["default_payment_method"] = method["id"]
    if parameters.trial_settings is not None:
        changes["trial_settings"] = parameters.trial_settings.model_dump()
    if parameters.payment_settings is not None:
        given = parameters.payment_settings
        changes["payment_settings"] = {
            "payment_method_options": None,
            "payment_method_types": given.payment_method_types,
            "save_default_payment_method": given.save_default_payment_method or "off",
        }
    return changes


def said(details: CancellationDetails | None) -> Object:
    """What the customer said about leaving."""
    return details.given("comment", "feedback") if details is not None else {}


def _trial_end(store: Store, parameters: Changes) -> int | None:
    if parameters.trial_end is None or parameters.trial_end == "now":
        return store.now if parameters.trial_end == "now" else None
    if not store.now < parameters.trial_end <= store.now + _LATEST_TRIAL:
        raise InvalidRequest(
            "Invalid timestamp: must be an integer Unix timestamp in the future, two years from "
            "now at most.",
            param="trial_end",
        )
    return parameters.trial_end


async def _items(
    store: Store, before: Object, given: list[ChangedItem] | None
) -> list[Object] | None:
    """All items after the change; None when the request does not speak of them."""
    if given is None:
        return None
    items: dict[str, Object] = {each["id"]: each for each in before["items"]["data"]}
    for index, each in enumerate(given):
        within = f"items[{index}]"
        if each.id is None:
            made = await _new_item(store, before, each, within)
            items[made["id"]] = made
        elif each.id not in items:
            raise InvalidRequest(
                f"No such subscription item: '{each.id}'",
                code="resource_missing",
                param=f"{within}[id]",
            )
        elif each.deleted:
            del items[each.id]
        else:
            items[each.id] = await _changed_item(store, items[each.id], each, within)
    if not items:
        raise InvalidRequest("A subscription must have at least one item.", param="items")
    one_interval([each["price"] for each in items.values()])
    currencies = {each["price"]["currency"] for each in items.values()}
    if currencies != {before["currency"]}:
        raise InvalidRequest(
            f"The currency of a subscription cannot change: it is {before['currency']}.",
            param="items",
        )
    return list(items.values())


async def _new_item(store: Store, before: Object, given: ChangedItem, within: str) -> Object:
    price = await sold_price(store, given.price, given.price_data, recurring=True, within=within)
    return subscription_item(
        before["id"],
        price,
        given.quantity,
        created=store.now,
        period=period(before),
        given={"metadata": dict(given.metadata or {})},
    )


async def _changed_item(store: Store, item: Object, given: ChangedItem, within: str) -> Object:
    changed = dict(item)
    if given.price is not None or given.price_data is not None:
        changed["price"] = await sold_price(
            store, given.price, given.price_data, recurring=True, within=within
        )
    if "quantity" in given.model_fields_set:
        changed["quantity"] = given.quantity
    if given.metadata is not None:
        changed["metadata"] = merged_metadata(item["metadata"], given.metadata)
    return changed


async def _pause(store: Store, before: Object, pause: PauseCollection | None) -> Object | None:
    key = before["id"]
    await store.unplan(key, "resume")
    if pause is None:
        return None
    if pause.resumes_at is not None:
        if pause.resumes_at <= store.now:
            raise InvalidRequest(
                "The `resumes_at` timestamp must be in the future.",
                param="pause_collection[resumes_at]",
            )
        await store.plan(key, key, "resume", pause.resumes_at)
    return {"behavior": pause.behavior, "resumes_at": pause.resumes_at}


def _planned_end(store: Store, before: Object, parameters: Changes) -> tuple[Object, int | None]:
    """The attributes of another planned end, and where the charge of this period ends then."""
    given = parameters.model_fields_set & {"cancel_at", "cancel_at_period_end"}
    if not given:
        return {}, None
    if len(given) == 2 and parameters.cancel_at is not None:
        raise InvalidRequest(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            param="cancel_at",
        )
    end = period(before)[1]
    at_period_end = bool(parameters.cancel_at_period_end)
    at = end if at_period_end else parameters.cancel_at
    if at is not None and at <= store.now:
        raise InvalidRequest("`cancel_at` must be in the future.", param="cancel_at")
    details = before["cancellation_details"]
    if at is None:
        details = {**details, "comment": None, "feedback": None}
    reason = None if at is None else "cancellation_requested"
    changes = {
        "cancel_at": at,
        "cancel_at_period_end": at_period_end,
        "canceled_at": None if at is None else store.now,
        "cancellation_details": {**details, "reason": reason},
    }
    return changes, end if at is None else min(at, end)
