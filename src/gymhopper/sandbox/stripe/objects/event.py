"""Events, and what they say about how an object was before."""

from typing import Any

from gymhopper.sandbox.stripe.account import API_VERSION
from gymhopper.sandbox.stripe.objects.identity import Object, object_id


def event(
    event_type: str,
    about: Object,
    *,
    created: int,
    previous: Object | None,
    request_id: str | None,
    idempotency_key: str | None,
) -> Object:
    """An event about an object as it is now; `previous` only where something was updated."""
    data: Object = {"object": about}
    if previous is not None:
        data["previous_attributes"] = previous
    return {
        "id": object_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": event_type,
    }


def previous_attributes(before: Object, after: Object) -> Object:
    """The attributes of `before` that differ in `after`; inside objects only what differs."""
    previous: Object = {}
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old != new:
            previous[name] = _difference(old, new)
    return previous


def _difference(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return previous_attributes(old, new)
    return old
