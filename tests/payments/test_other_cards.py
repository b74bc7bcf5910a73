"""Whoever was refused for a debt and pays by another card comes in at once."""

from datetime import datetime

import pytest

from gymhopper.contracts.billing.events import PaymentSucceeded
from payments.studio import Studio
from payments.ways import Card, open_claims, to_the_next_period

GOOD = "4242424242424242"


async def shut_out(studio: Studio) -> str:
    """A membership whose renewal was declined, some days ago."""
    of = await studio.bought(await studio.plan())
    await Card().join(studio, of)
    await to_the_next_period(studio, Card(), of, pays=False)
    await studio.reach(datetime.fromisoformat((await studio.membership(of))["no_entry_from"]))
    assert await studio.door(of) == "PAYMENT_PAST_DUE"
    return of


@pytest.mark.parametrize("by", ["a new card", "the claim's page"])
async def test_another_card_opens_the_door_at_the_next_scan(studio: Studio, by: str) -> None:
    of = await shut_out(studio)
    if by == "a new card":
        page = await studio.call("POST", f"/payments/memberships/{of}/means", {}, expect=201)
    else:
        (claim,) = await open_claims(studio, of)
        page = await studio.call("POST", f"/payments/claims/{claim['id']}/page", expect=200)
    done = await studio.client.post(page["url"], data={"card": GOOD})
    assert done.status_code == 303
    await studio.settle()
    assert await studio.door(of) is None
    assert (await studio.membership(of))["label"] == "active"
    assert len(await studio.events(PaymentSucceeded)) == 2
