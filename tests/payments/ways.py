"""The two ways in which money comes in, as a member and the desk go about them."""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from gymhopper.chassis.auth import SERVICE
from gymhopper.sandbox.stripe.billing.disputes import open_dispute
from gymhopper.sandbox.stripe.storage.store import Store
from payments.studio import Json, Studio

REFUSED_LATER = "pm_card_chargeCustomerFail"
SOUND = "pm_card_visa"


class Way(Protocol):
    """How one membership is paid for. `till` is the account of the ledger where the money lies."""

    till: str
    collects_itself: bool

    async def join(self, studio: Studio, of: str) -> None:
        """The first payment is made."""
        ...

    async def begin(self, studio: Studio, of: str) -> None:
        """It is asked for, and not made."""
        ...

    async def stop_paying(self, studio: Studio, of: str) -> None:
        """What is asked for from now on is not paid."""
        ...

    async def pay(self, studio: Studio, of: str) -> None:
        """Everything that is asked for is paid, and what comes later will be too."""
        ...

    async def take_back(self, studio: Studio, claim_id: str) -> None:
        """The payer's bank takes the payment of a claim back."""
        ...


class Card:
    """Through the provider: it collects by itself, month by month."""

    till = "clearing stripe"
    collects_itself = True

    async def begin(self, studio: Studio, of: str) -> str:
        """The page is opened; where it is."""
        price = (await studio.membership(of))["price"]
        body = {"membership_id": of, "price": price}
        page = await studio.call("POST", "/payments/checkouts", body, expect=201)
        return str(page["url"])

    async def join(self, studio: Studio, of: str) -> None:
        """A good card on the page."""
        url = await self.begin(studio, of)
        paid = await studio.client.post(url, data={"card": "4242424242424242"})
        assert paid.status_code == 303, paid.text
        await studio.settle()

    async def stop_paying(self, studio: Studio, of: str) -> None:
        """The card is replaced by one that will be refused."""
        await self._card(studio, of, REFUSED_LATER)
        await studio.settle()

    async def pay(self, studio: Studio, of: str) -> None:
        """A good card, and what is open is tried again with it.

        What the bank took back was paid once at the provider, and is not asked for there again.
        """
        method = await self._card(studio, of, SOUND)
        for row in await open_claims(studio, of):
            if not row["taken_back"] and row["provider_invoice_id"].startswith("in_"):
                await studio.stripe.v1.invoices.pay_async(
                    row["provider_invoice_id"], {"payment_method": method}
                )
        await studio.settle()

    async def take_back(self, studio: Studio, claim_id: str) -> None:
        """A dispute."""
        paid_by = (await payment_of(studio, claim_id))["provider_payment_id"]
        tried = (await studio.stripe.v1.charges.list_async({"payment_intent": paid_by})).data
        (charge,) = [each for each in tried if each.paid]
        async with studio.runtime.database.transaction(SERVICE) as connection:
            store = Store(connection, int(studio.clock.now().timestamp()))
            await open_dispute(
                store, await store.get("charge", charge.id, param="charge"), reason="fraudulent"
            )
        await studio.settle()

    async def _card(self, studio: Studio, of: str, token: str) -> str:
        rows = await studio.rows(
            "SELECT s.provider_id FROM billing.subscription AS s"
            " JOIN billing.dues AS d ON s.dues_id = d.id WHERE d.membership_id = :id"
            " ORDER BY s.id",
            id=UUID(of),
        )
        v1 = studio.stripe.v1
        found = await v1.subscriptions.retrieve_async(rows[-1]["provider_id"])
        method = await v1.payment_methods.attach_async(token, {"customer": str(found.customer)})
        if found.status != "canceled":
            await v1.subscriptions.update_async(found.id, {"default_payment_method": method.id})
        return method.id


class Desk:
    """In cash at the desk: it is asked for, and somebody comes."""

    till = "cash"
    collects_itself = False

    async def begin(self, studio: Studio, of: str) -> None:
        """The desk asks for it."""
        price = (await studio.membership(of))["price"]
        path = f"/payments/memberships/{of}/desk"
        await studio.call("POST", path, {"price": price}, expect=201)

    async def join(self, studio: Studio, of: str) -> None:
        """And gets it."""
        await self.begin(studio, of)
        await self.pay(studio, of)

    async def stop_paying(self, studio: Studio, of: str) -> None:
        """Nobody comes."""

    async def pay(self, studio: Studio, of: str) -> None:
        """The money is on the table."""
        for row in await open_claims(studio, of):
            await enter(studio, str(row["id"]), row["outstanding"])
        await studio.settle()

    async def take_back(self, studio: Studio, claim_id: str) -> None:
        """A transfer is returned by its bank."""
        payment = await payment_of(studio, claim_id)
        path = f"/payments/payments/{payment['id']}/take-back"
        await studio.call("POST", path, {"reason": "Returned"}, expect=200)
        await studio.settle()


async def enter(studio: Studio, claim_id: str, amount: int) -> None:
    """The desk enters cash."""
    body = {"amount": {"amount": amount, "currency": "EUR"}, "method": "cash"}
    await studio.call("POST", f"/payments/claims/{claim_id}/payments", body, expect=201)


async def open_claims(studio: Studio, of: str) -> list[Json]:
    """What is asked for and not paid, the oldest first."""
    return [
        dict(row)
        for row in await studio.rows(
            "SELECT c.*, EXISTS (SELECT FROM billing.payment AS p WHERE p.claim_id = c.id"
            " AND p.taken_back > 0) AS taken_back"
            " FROM billing.claim AS c JOIN billing.dues AS d ON c.dues_id = d.id"
            " WHERE d.membership_id = :id AND c.status IN ('open', 'failed') ORDER BY c.start",
            id=UUID(of),
        )
    ]


async def payment_of(studio: Studio, claim_id: str) -> Json:
    """What came in for a claim last."""
    found = await studio.rows(
        "SELECT * FROM billing.payment WHERE claim_id = :id ORDER BY id", id=UUID(claim_id)
    )
    return dict(found[-1])


async def to_the_next_period(studio: Studio, way: Way, of: str, *, pays: bool = True) -> None:
    """Time passes until just after the end of the last period that was asked for."""
    if not pays:
        await way.stop_paying(studio, of)
    until = (await studio.claims(of))[-1]["until"]
    if pays and not way.collects_itself:
        ahead = datetime.fromisoformat(until) - timedelta(days=6)
        await studio.reach(ahead)
        await way.pay(studio, of)
    await studio.reach(until)
