"""Subscriptions: what may change while they run, and how they end."""

from typing import Any, Literal

from gymhopper.sandbox.stripe.api.customers import own_method
from gymhopper.sandbox.stripe.billing import renewal
from gymhopper.sandbox.stripe.billing.clock import catch_up
from gymhopper.sandbox.stripe.errors import InvalidRequest, ResourceMissing
from gymhopper.sandbox.stripe.objects.identity import Object
from gymhopper.sandbox.stripe.objects.subscription import interval, period
from gymhopper.sandbox.stripe.periods import next_boundary
from gymhopper.sandbox.stripe.wire.endpoints import Call, Endpoints
from gymhopper.sandbox.stripe.wire.parameters import (
    Clearable,
    ListParameters,
    Metadata,
    Nested,
    Parameters,
    Text,
    Timestamp,
    merged_metadata,
)

endpoints = Endpoints()


Feedback = Literal[
    "customer_service",
    "low_quality",
    "missing_features",
    "other",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
]


class PauseCollection(Nested):
    behavior: Literal["keep_as_draft", "mark_uncollectible", "void"]
    resumes_at: Timestamp | None = None


class CancellationDetails(Nested):
    comment: Clearable[Text] = None
    feedback: Clearable[Feedback] = None


class UpdateSubscription(Parameters):
    cancel_at: Clearable[Timestamp] = None
    cancel_at_period_end: bool | None = None
    cancellation_details: CancellationDetails | None = None
    default_payment_method: Text | None = None
    description: Clearable[Text] = None
    metadata: Metadata | None = None
    pause_collection: Clearable[PauseCollection] = None
    proration_behavior: Literal["always_invoice", "create_prorations", "none"] = "create_prorations"


class CancelSubscription(Parameters):
    cancellation_details: CancellationDetails | None = None


class ListSubscriptions(ListParameters):
    customer: Text | None = None
    price: Text | None = None
    status: Literal["active", "all", "canceled", "ended", "past_due", "unpaid"] | None = None

    def filters(self) -> dict[str, Any]:
        """Without a status, those that ended are left out."""
        found = super().filters()
        status = found.pop("status", None)
        match status:
            case None:
                return {**found, "not_status": "canceled"}
            case "all":
                return found
            case _:
                return {**found, "status": "canceled" if status == "ended" else status}


@endpoints.on("POST", "/v1/subscriptions/{key}", UpdateSubscription)
async def update_subscription(call: Call, parameters: UpdateSubscription, *, key: str) -> Object:
    store = call.store
    before = await _present(call, key)
    given = parameters.model_fields_set - {"expand"}
    if before["status"] == "canceled" and given - {"cancellation_details", "metadata"}:
        raise InvalidRequest(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    changes = parameters.given("description")
    if parameters.metadata is not None:
        changes["metadata"] = merged_metadata(before["metadata"], parameters.metadata)
    if parameters.default_payment_method is not None:
        method = await own_method(
            store,
            parameters.default_payment_method,
            before["customer"],
            param="default_payment_method",
        )
        changes["default_payment_method"] = method["id"]
    if "pause_collection" in given:
        changes["pause_collection"] = await _pause(call, before, parameters.pause_collection)
    changes |= await _planned_end(call, before, parameters)
    details: Object = {**before, **changes}["cancellation_details"]
    changes["cancellation_details"] = {**details, **_said(parameters.cancellation_details)}
    return await store.update(before, changes, "customer.subscription.updated")


async def _present(call: Call, key: str) -> Object:
    """The subscription after everything that was already due."""
    await call.store.get("subscription", key, param="id")
    await catch_up(call.store, key, call.recovery)
    return await call.store.get("subscription", key, param="id")


def _said(details: CancellationDetails | None) -> Object:
    return details.given("comment", "feedback") if details is not None else {}


async def _pause(call: Call, before: Object, pause: PauseCollection | None) -> Object | None:
    key = before["id"]
    await call.store.unplan(key, "resume")
    if pause is None:
        return None
    if pause.resumes_at is not None:
        if pause.resumes_at <= call.store.now:
            raise InvalidRequest(
                "The `resumes_at` timestamp must be in the future.",
                param="pause_collection[resumes_at]",
            )
        await call.store.plan(key, key, "resume", pause.resumes_at)
    return {"behavior": pause.behavior, "resumes_at": pause.resumes_at}


async def _planned_end(call: Call, before: Object, parameters: UpdateSubscription) -> Object:
    given = parameters.model_fields_set & {"cancel_at", "cancel_at_period_end"}
    if not given:
        return {}
    if len(given) == 2 and parameters.cancel_at is not None:
        raise InvalidRequest(
            "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
            param="cancel_at",
        )
    at_period_end = bool(parameters.cancel_at_period_end)
    at = period(before)[1] if at_period_end else parameters.cancel_at
    if at is None:
        await call.store.unplan(before["id"], "cancel")
        return _end(before, None, at_period_end=False)
    _check_end(call, before, at, parameters)
    await call.store.plan(before["id"], before["id"], "cancel", at)
    return _end(before, at, at_period_end=at_period_end) | {"canceled_at": call.store.now}


def _end(before: Object, at: int | None, *, at_period_end: bool) -> Object:
    reason = None if at is None else "cancellation_requested"
    details = before["cancellation_details"]
    if at is None:
        details = {**details, "comment": None, "feedback": None}
    return {
        "cancel_at": at,
        "cancel_at_period_end": at_period_end,
        "canceled_at": None,
        "cancellation_details": {**details, "reason": reason},
    }


def _check_end(call: Call, before: Object, at: int, parameters: UpdateSubscription) -> None:
    if at <= call.store.now:
        raise InvalidRequest("`cancel_at` must be in the future.", param="cancel_at")
    anchor, every = before["billing_cycle_anchor"], interval(before)
    between = next_boundary(anchor, every, at - 1) != at
    if between and parameters.proration_behavior != "none":
        raise InvalidRequest(
            "This end lies within a period, and the sandbox does not prorate: send "
            "proration_behavior=none, or an end of a period.",
            param="cancel_at",
        )


@endpoints.on("DELETE", "/v1/subscriptions/{key}", CancelSubscription)
async def cancel_subscription(call: Call, parameters: CancelSubscription, *, key: str) -> Object:
    before = await _present(call, key)
    if before["status"] == "canceled":
        raise ResourceMissing("subscription", key, param="id")
    said = _said(parameters.cancellation_details)
    details = {**before["cancellation_details"], **said}
    return await renewal.cancel(
        call.store,
        {**before, "cancellation_details": details},
        reason="cancellation_requested",
    )


endpoints.retrieving("/v1/subscriptions", "subscription")

endpoints.listing("/v1/subscriptions", "subscription", ListSubscriptions)
