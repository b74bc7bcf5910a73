"""Test clocks."""

from gymhopper.sandbox.stripe.objects.identity import Object, object_id

_KEPT = 30 * 86_400


def test_clock(*, created: int, frozen_time: int, name: str | None) -> Object:
    """A time of its own for the customers that are made on it."""
    return {
        "id": object_id("clock"),
        "object": "test_helpers.test_clock",
        "created": created,
        "deletes_after": created + _KEPT,
        "frozen_time": frozen_time,
        "livemode": False,
        "name": name,
        "status": "ready",
        "status_details": {},
    }
