"""From a stranger to a running membership."""

from typing import Any


async def test_a_first_payment_makes_a_purchase_run(gym: Any) -> None:
    bought = await gym.pending()
    assert (bought["contract"], bought["label"], bought["start"]) == ("pending", "pending", None)
    assert bought["links"]["checkout"] == "/api/v1/payments/checkouts"

    await gym.paid(bought["id"])

    now = await gym.get(f"/memberships/{bought['id']}")
    assert (now["contract"], now["label"]) == ("active", "active")
    assert (now["start"], now["paid_until"]) == ("2026-03-02T09:00:00Z", "2026-04-02T09:00:00Z")
    assert await gym.told_types(bought["id"]) == ["purchased", "activated"]
