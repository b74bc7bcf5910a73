"""Somebody who has registered and not paid: whoever looks at the demonstration may pay for them."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from gymhopper.sandbox.demo.client import Platform, Reader
from gymhopper.sandbox.demo.doors import RENEW_AFTER
from gymhopper.sandbox.demo.keeping import write_privately
from gymhopper.sandbox.demo.loading import Loaded
from gymhopper.sandbox.demo.story import AGREEMENT

SESSION_FILE = "reader.session"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A member whose membership waits for the payment at `checkout_url`, with a pass in hand."""

    name: str
    plan: str
    pass_value: str
    checkout_url: str


async def invite(platform: Platform, loaded: Loaded) -> Newcomer:
    """Register a newcomer through the API, up to the payment."""
    offer = loaded.network.offers[0]
    ids = loaded.founded.offers[offer.name]
    price = {"amount": offer.price.amount, "currency": offer.price.currency}
    member = await platform.post(
        "/members/register",
        {
            "organisation_id": str(loaded.founded.operator_id),
            "first_name": "Robin",
            "last_name": "Newcomer",
            "agreement": AGREEMENT,
        },
    )
    membership = await platform.post(
        f"/members/{member['id']}/memberships",
        {
            "plan_id": str(ids.plan_id),
            "price_id": str(ids.price_id),
            "price": price,
            "agreement": {**AGREEMENT, "early_start": True},
        },
    )
    handed_out = await platform.post("/credentials", {"member_id": member["id"], "kind": "pass"})
    checkout = await platform.post(
        "/payments/checkouts", {"membership_id": membership["id"], "price": price}
    )
    return Newcomer("Robin Newcomer", offer.name, handed_out["value"], checkout["url"])


class SpareReader:
    """A reader of its own at the network's first door, for scans by hand.

    Its session lies in a file of the folder, renewed as long as `keep` runs.
    """

    def __init__(self, platform: Platform, loaded: Loaded, folder: Path) -> None:
        door = loaded.founded.doors[0]
        self._reader = Reader(
            platform,
            str(door.door_id),
            device_id=str(door.device_id),
            key=loaded.keyring.reader_key(door.venue, door.name),
        )
        self.path = folder / SESSION_FILE

    async def sign_in(self) -> None:
        """Leave a fresh session in the file."""
        await self._reader.sign_in()
        write_privately(self.path, self._reader.session.encode())

    async def keep(self) -> None:
        """Renew the session for ever."""
        while True:
            await asyncio.sleep(RENEW_AFTER.total_seconds())
            await self.sign_in()
