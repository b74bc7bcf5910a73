"""Subscriptions: how they begin, change while they run, and end."""

from gymhopper.sandbox.stripe.api.selling import (
    extras,
    one_interval,
    sold_price,
    wanted_discounts,
)
from gymhopper.sandbox.stripe.api.subscription_changes import (
    present,
    said,
    settings_of,
    wanted_change,
)
from gymhopper.sandbox.stripe.api.subscription_parameters import (
    CancelSubscription,
    CreateSubscription,
    ListSubscriptions,
    ResumeSubscription,
    UpdateSubscription,
)
from gymhopper.sandbox.stripe.billing import changing, cycle, invoicing, renewal, starting
from gymhopper.sandbox.stripe.billing.charging import Attempt
from gymhopper.sandbox.stripe.billing.starting import Beginning, Sold
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.errors import InvalidRequest, ResourceMissing
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.subscription import period
from gymhopper.sandbox.stripe.storage.store import Store
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints

endpoints = Endpoints()

_DAY = 86_400
_LONGEST_TRIAL = 2 * 366 * _DAY


@endpoints.on("POST", "/v1/subscriptions", CreateSubscription)
async def create_subscription(call: Call, parameters: CreateSubscription) -> Object:
    customer = await call.store.find("customer", parameters.customer)
    if customer is None:
        raise InvalidRequest(
            f"No such customer: '{parameters.customer}'", code="resource_missing", param="customer"
        )
    store = await living(call.store, customer)
    new = await beginning(store, customer, parameters)
    waits = parameters.payment_behavior == "default_incomplete"
    async with store.tentatively():
        begun, drafted = await starting.begin(store, customer, new)
        if drafted["amount_due"] and not waits:
            await _must_have_means(store, drafted)
        begun, tried = await starting.charge_first(store, begun, drafted, waits=waits)
        _refuse_if_asked(parameters.payment_behavior, tried)
    return begun


async def beginning(store: Store, customer: Object, parameters: CreateSubscription) -> Beginning:
    """What is to begin; InvalidRequest when its parts do not go together."""
    items = [
        Sold(
            await sold_price(
                store, each.price, each.price_data, recurring=True, within=f"items[{index}]"
            ),
            each.quantity,
            each.metadata or {},
        )
        for index, each in enumerate(parameters.items)
    ]
    one_interval([each.price for each in items])
    trial_end = _trial_end(store, parameters)
    anchor = parameters.billing_cycle_anchor
    if anchor is not None and anchor <= store.now:
        raise InvalidRequest(
            "billing_cycle_anchor must be in the future.", param="billing_cycle_anchor"
        )
    given = parameters.given("cancel_at_period_end", "description", "metadata")
    given |= await settings_of(store, parameters, customer["id"])
    if parameters.cancel_at is not None and parameters.cancel_at <= store.now:
        raise InvalidRequest("`cancel_at` must be in the future.", param="cancel_at")
    return Beginning(
        items=items,
        extras=await extras(store, parameters.add_invoice_items),
        trial_end=trial_end,
        anchor=anchor,
        prorates=parameters.proration_behavior != "none",
        discounts=wanted_discounts(parameters.discounts),
        cancel_at=parameters.cancel_at,
        given=given,
    )


def _trial_end(store: Store, parameters: CreateSubscription) -> int | None:
    if parameters.trial_period_days is not None:
        if parameters.trial_end is not None:
            raise InvalidRequest(
                "You may only specify one of these parameters: trial_end, trial_period_days.",
                param="trial_end",
            )
        return store.now + parameters.trial_period_days * _DAY
    if parameters.trial_end is None or parameters.trial_end == "now":
        return None
    if not store.now < parameters.trial_end <= store.now + _LONGEST_TRIAL:
        raise InvalidRequest(
            "Invalid timestamp: must be an integer Unix timestamp in the future, two years from "
            "now at most.",
            param="trial_end",
        )
    return parameters.trial_end


async def _must_have_means(store: Store, drafted: Object) -> None:
    if await invoicing.default_method(store, drafted) is None:
        raise InvalidRequest(
            "This customer has no attached payment source or default payment method. Please "
            "consider adding a default payment method.",
            code="resource_missing",
        )


def _refuse_if_asked(behavior: str, tried: Attempt | None) -> None:
    """With `error_if_incomplete` a payment that does not succeed undoes the request."""
    if behavior == "error_if_incomplete" and tried is not None and not tried.paid:
        raise tried.error()


@endpoints.on("POST", "/v1/subscriptions/{key}", UpdateSubscription)
async def update_subscription(call: Call, parameters: UpdateSubscription, *, key: str) -> Object:
    store, before = await present(call, key)
    wanted = await wanted_change(store, before, parameters)
    async with store.tentatively():
        after, drafted = await changing.change(store, before, wanted)
        if after["status"] not in {"canceled", "incomplete_expired"}:
            await renewal.plan(store, after, warns=after["trial_end"] != before["trial_end"])
        if drafted is not None:
            await _collect(call, store, after, drafted, parameters.payment_behavior)
    return await store.get("subscription", key, param="id")


async def _collect(call: Call, store: Store, after: Object, drafted: Object, behavior: str) -> None:
    """Bring the draft of a change to its end, as `payment_behavior` says."""
    match behavior:
        case "default_incomplete":
            billed = await invoicing.finalize(store, drafted)
            if billed["amount_remaining"] == 0:
                billed = await invoicing.mark_paid(store, billed)
            await renewal.follow_invoice(store, billed)
        case "error_if_incomplete" if after["pause_collection"] is None:
            billed = await invoicing.finalize(store, drafted)
            method = await invoicing.default_method(store, billed)
            if method is None and billed["amount_remaining"]:
                await _must_have_means(store, billed)
            billed, tried = await invoicing.collect(store, billed, method, customer_present=False)
            _refuse_if_asked(behavior, tried)
            await renewal.follow_invoice(store, billed)
        case _:
            await renewal.settle(store, after, drafted, call.recovery)


@endpoints.on("DELETE", "/v1/subscriptions/{key}", CancelSubscription)
async def cancel_subscription(call: Call, parameters: CancelSubscription, *, key: str) -> Object:
    store, before = await present(call, key)
    if before["status"] in {"canceled", "incomplete_expired"}:
        raise ResourceMissing("subscription", key, param="id")
    details = {**before["cancellation_details"], **said(parameters.cancellation_details)}
    ended = await renewal.cancel(
        store,
        {**before, "cancellation_details": details},
        reason="cancellation_requested",
    )
    drafted = await changing.end_now(
        store, ended, prorates=parameters.prorate, invoices=parameters.invoice_now
    )
    if drafted is None:
        return ended
    billed = await invoicing.finalize(store, drafted)
    method = await invoicing.default_method(store, billed)
    billed, _ = await invoicing.collect(store, billed, method, customer_present=False)
    if billed["status"] == "open":
        await store.emit("invoice.payment_failed", billed)
    return await store.update(ended, {"latest_invoice": billed["id"]})


@endpoints.on("POST", "/v1/subscriptions/{key}/resume", ResumeSubscription)
async def resume_subscription(call: Call, parameters: ResumeSubscription, *, key: str) -> Object:
    del parameters
    store, before = await present(call, key)
    if before["status"] != "paused":
        raise InvalidRequest(
            f"Only a paused subscription can be resumed; this one is {before['status']}."
        )
    after, drafted = await cycle.begin_period(
        store,
        before,
        store.now,
        reason="subscription_cycle",
        billed_period=(period(before)[0], store.now),
        changes={"billing_cycle_anchor": store.now},
    )
    await store.plan(key, key, "renew", period(after)[1])
    billed = await invoicing.finalize(store, drafted)
    method = await invoicing.default_method(store, billed)
    billed, _ = await invoicing.collect(store, billed, method, customer_present=False)
    if billed["status"] == "open":
        await store.emit("invoice.payment_failed", billed)
    await renewal.follow_invoice(store, billed)
    return await store.get("subscription", key, param="id")


endpoints.retrieving("/v1/subscriptions", "subscription")
endpoints.listing("/v1/subscriptions", "subscription", ListSubscriptions)
