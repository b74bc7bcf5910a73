"""A payer's cards, as the payer sees to them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from contexts.billing.till import FAILS_LATER, GOOD, Till
from gymhopper.contracts.identity.api import Caller, IdentityApi
from gymhopper.contracts.membership.api import Purchase
from gymhopper.kernel.ids import new_id

OTHER = "5555555555554444"
SCOPES = ("payments:read", "checkouts:write", "means:read", "means:write", "portal:write")


@dataclass
class Wallet:
    """Somebody who pays for a membership, and signs in."""

    till: Till
    purchase: Purchase
    name: str = "desk"

    @property
    def path(self) -> str:
        return f"/memberships/{self.purchase.membership_id}"

    async def cards(self) -> list[dict[str, Any]]:
        found = await self.till.get(f"{self.path}/means", self.name)
        assert found.status_code == 200, found.text
        return list(found.json()["items"])

    async def default(self) -> str | None:
        """The last digits of the card that is charged."""
        return next((card["last4"] for card in await self.cards() if card["is_default"]), None)

    async def page(self) -> dict[str, Any]:
        opened = await self.till.post(f"{self.path}/means", {}, self.name)
        assert opened.status_code == 201, opened.text
        return dict(opened.json())

    async def add(self, card: str = GOOD) -> None:
        """Add a card on a page; the webhooks wait for `settle`."""
        await self.enter(await self.page(), card)

    async def enter(self, page: dict[str, Any], card: str) -> None:
        saved = await self.till.client.post(page["url"], data={"card": card})
        assert saved.status_code == 303, saved.text

    async def remove(self, card_id: str) -> httpx.Response:
        return await self.till.client.delete(
            f"/api/v1/payments{self.path}/means/{card_id}",
            headers={"Authorization": f"Bearer {self.name}"},
        )

    async def choose(self, card_id: str) -> httpx.Response:
        return await self.till.client.put(
            f"/api/v1/payments{self.path}/means/{card_id}/default",
            headers={"Authorization": f"Bearer {self.name}"},
        )

    async def claims(self) -> list[dict[str, Any]]:
        found = await self.till.get(self.path, self.name)
        return list(found.json()["claims"])

    async def owed(self) -> int:
        return int((await self.till.get(self.path, self.name)).json()["owed"]["amount"])


def sign_in(till: Till, name: str, person_id: UUID) -> None:
    till.runtime.api(IdentityApi)._tokens[name] = Caller(
        kind="member",
        id=new_id(),
        organisation_id=None,
        person_id=person_id,
        within=(till.organisation,),
        scopes=SCOPES,
    )


async def payer(till: Till, card: str = GOOD, name: str = "ada") -> Wallet:
    """A member whose membership runs."""
    purchase = await till.subscribe(card)
    sign_in(till, name, purchase.person_id)
    return Wallet(till, purchase, name)


async def debtor(till: Till, name: str = "ada") -> Wallet:
    """A member whose renewal was declined."""
    wallet = await payer(till, FAILS_LATER, name)
    await till.advance(days=31)
    assert await wallet.owed() == 2990
    return wallet


async def tries(till: Till) -> int:
    """How often a card was charged, in vain or not."""
    return len((await till.stripe.v1.charges.list_async({"limit": 100})).data)
