"""Previews of invoices."""

from gymhopper.sandbox.stripe.api.selling import one_interval, sold_price, wanted_discounts
from gymhopper.sandbox.stripe.api.subscription_changes import present, previewed_change
from gymhopper.sandbox.stripe.api.subscription_parameters import CreatePreview, PreviewedChanges
from gymhopper.sandbox.stripe.billing import previewing
from gymhopper.sandbox.stripe.billing.starting import Beginning, Sold
from gymhopper.sandbox.stripe.billing.test_clocks import living
from gymhopper.sandbox.stripe.errors import InvalidRequest
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.storage.store import Store, Undone
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints

endpoints = Endpoints()


@endpoints.on("POST", "/v1/invoices/create_preview", CreatePreview)
async def create_preview(call: Call, parameters: CreatePreview) -> Object:
    details = parameters.subscription_details or PreviewedChanges()
    shown: Object = {}
    # Prices that are made for the preview alone go with it.
    async with call.store.tentatively():
        if parameters.subscription is not None:
            shown = await _of_existing(call, parameters, details)
        else:
            shown = await _of_new(call.store, parameters, details)
        raise Undone
    return shown


async def _of_existing(call: Call, parameters: CreatePreview, details: PreviewedChanges) -> Object:
    store, before = await present(call, parameters.subscription or "")
    if parameters.customer not in {None, before["customer"]}:
        raise InvalidRequest("The subscription belongs to another customer.", param="subscription")
    if details.cancel_now:
        prorates = details.proration_behavior != "none"
        return await previewing.of_end(store, before, prorates=prorates)
    wanted = await previewed_change(store, before, details, parameters.discounts)
    return await previewing.of_change(store, before, wanted)


async def _of_new(store: Store, parameters: CreatePreview, details: PreviewedChanges) -> Object:
    if parameters.customer is None or not details.items:
        raise InvalidRequest(
            "You must provide `subscription`, or `customer` and `subscription_details[items]`.",
            code="parameter_missing",
            param="subscription",
        )
    customer = await store.get("customer", parameters.customer, param="customer")
    store = await living(store, customer)
    items = [
        Sold(
            await sold_price(
                store,
                each.price,
                each.price_data,
                recurring=True,
                within=f"subscription_details[items][{index}]",
            ),
            each.quantity,
        )
        for index, each in enumerate(details.items)
    ]
    one_interval([each.price for each in items])
    trial_end = details.trial_end if isinstance(details.trial_end, int) else None
    new = Beginning(
        items=items,
        trial_end=trial_end,
        discounts=wanted_discounts(parameters.discounts or []),
        cancel_at=details.cancel_at,
    )
    return await previewing.of_beginning(store, customer, new)
