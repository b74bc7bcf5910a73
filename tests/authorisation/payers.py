"""Who pays for others on each side, a household and a sponsor with a roster, and who pays less."""

from collections.abc import Awaitable, Callable
from typing import Any

from gymhopper.sandbox.demo.client import Platform, UnexpectedAnswer, until


async def payers(
    made: Callable[..., Awaitable[Any]], platform: Platform, ids: dict[str, str]
) -> None:
    """Of the member and the child that there are."""
    await made(*("household_id", "/households"), name="Of them", payer_member_id=ids["member_id"])
    mates = f"/households/{ids['household_id']}/members"
    await platform.post(mates, {"member_id": ids["child_id"]})
    await made("household_invitation_id", f"/households/{ids['household_id']}/invitations")
    await made(
        *("sponsor_id", "/sponsors"),
        name="Engines",
        plan_id=ids["plan_id"],
        price_id=ids["price_id"],
    )
    texts = {"terms": "t-1", "privacy": "p-1", "language": "en"}
    await made(*("roster_id", f"/sponsors/{ids['sponsor_id']}/rosters"), kind="full", **texts)
    await made(
        *("promo_code_id", "/promo-codes"),
        organisation_id=ids["organisation_id"],
        code="SPRING",
        basis_points=1000,
    )
    # Its account is opened when billing has heard of it.
    await until(
        lambda: _billed(platform, ids["sponsor_id"]), bool, what="billing hears of the sponsor"
    )


async def _billed(platform: Platform, sponsor_id: str) -> bool:
    try:
        await platform.get(f"/payments/sponsors/{sponsor_id}")
    except UnexpectedAnswer:
        return False
    return True
