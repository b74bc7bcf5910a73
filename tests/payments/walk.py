"""Everything that may happen to a membership's money, and what must hold after it.

A new kind of step is one more method of `Walk`; what must always hold is one more in `check`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import httpx

from gymhopper.chassis.auth import SERVICE
from gymhopper.contexts.billing.domain.subscription import Subscription
from payments.studio import Json, Studio
from payments.ways import Way

REFUSALS = frozenset({404, 409, 422})


@dataclass
class Member:
    """Whose membership, and how it is paid for."""

    of: str
    way: Way


@dataclass
class Walk:
    """Members whose steps follow each other in any order. A step that is not possible just now is
    refused, which is no failure."""

    studio: Studio
    members: list[Member] = field(default_factory=list)

    async def subscribe(self, way: Way, **plan: Json) -> Member:
        """Somebody new pays for the first time."""
        of = await self.studio.bought(await self.studio.plan(**plan))
        await way.join(self.studio, of)
        self.members.append(Member(of, way))
        return self.members[-1]

    async def time_passes(self, days: int) -> None:
        """What falls due is asked for."""
        await self.studio.advance(days=days)

    async def stops_paying(self, who: Member) -> None:
        """The card will be refused; nobody comes to the desk."""
        await who.way.stop_paying(self.studio, who.of)

    async def pays(self, who: Member) -> None:
        """All that is open, by a new card or in cash."""
        await who.way.pay(self.studio, who.of)

    async def freezes(self, who: Member, days: int) -> None:
        """From today on."""
        today = self.studio.clock.now().date()
        await self._ask(f"/memberships/{who.of}/freezes", {"until": str(today + timedelta(days))})

    async def cancels(self, who: Member) -> None:
        """At the end of the period."""
        await self._ask(f"/memberships/{who.of}/cancel", {"when": "period_end"})

    async def stays(self, who: Member) -> None:
        """The cancellation is taken back."""
        await self._ask(f"/memberships/{who.of}/cancellation/revoke")

    async def withdraws(self, who: Member) -> None:
        """Within fourteen days."""
        await self._ask(f"/memberships/{who.of}/withdraw")

    async def is_refunded(self, who: Member, amount: int) -> None:
        """A part of what was paid last."""
        if claim := await self._paid(who):
            await self._ask(f"/payments/claims/{claim['claim_id']}/refunds", {"amount": amount})

    async def takes_back(self, who: Member) -> None:
        """The bank takes the last payment back."""
        claim = await self._paid(who)
        if claim and not claim["refunded"]["amount"]:
            await who.way.take_back(self.studio, claim["claim_id"])

    async def gets_dearer(self, who: Member) -> None:
        """A new price is announced for a day in two months."""
        on = self.studio.clock.now().date() + timedelta(days=60)
        price = {"amount": 3490, "currency": "EUR"}
        change = {"price": price, "effective_on": str(on), "reason": "Energy costs more."}
        await self._ask(f"/memberships/{who.of}/price-changes", change)

    async def check(self) -> None:
        """After every step."""
        assert await self.studio.broken() == []
        await self._mirrors()
        await self._charged_once()
        for each in self.members:
            await self._door(each)

    async def _mirrors(self) -> None:
        """What we know of a subscription is what the provider has."""
        rows = await self.studio.rows(
            "SELECT id, provider_id FROM billing.subscription"
            " WHERE provider = 'stripe' AND provider_id IS NOT NULL"
        )
        for row in rows:
            found = await self.studio.provider.subscription(row["provider_id"])
            async with self.studio.runtime.begin(SERVICE) as uow:
                ours = await uow.get(Subscription, row["id"])
                assert ours.reflection == found

    async def _charged_once(self) -> None:
        """No two paid periods of a membership overlap, and every charge is a payment of ours.

        A change of plan is charged for time that was paid: it gives back what that had cost.
        """
        rows = await self.studio.rows(
            'SELECT dues_id, start, "until" FROM billing.claim'
            " WHERE status = 'paid' AND kind = 'period' AND amount > 0"
            " AND NOT EXISTS (SELECT FROM jsonb_array_elements(lines) AS line"
            "  WHERE CAST(line->>'amount' AS bigint) < 0) ORDER BY dues_id, start"
        )
        for one, other in pairwise(rows):
            assert one["dues_id"] != other["dues_id"] or one["until"] <= other["start"]
        charged = await self.studio.rows(
            "SELECT coalesce(sum(CAST(body->>'amount' AS bigint)), 0) AS sum"
            " FROM sandbox_stripe.object WHERE body->>'object' = 'charge'"
            " AND body->>'status' = 'succeeded'"
        )
        kept = await self.studio.rows(
            "SELECT coalesce(sum(amount), 0) AS sum FROM billing.payment"
            " WHERE provider = 'stripe' AND method <> 'credit'"
        )
        assert int(charged[0]["sum"]) == int(kept[0]["sum"])

    async def _door(self, who: Member) -> None:
        """Membership and the door say what follows from what was paid and is owed."""
        seen, money = await self.studio.membership(who.of), await self.studio.money(who.of)
        closed, now = await self.studio.door(who.of), self.studio.clock.now()
        assert seen["overdue_since"] == money["overdue_since"]
        no_entry = seen["no_entry_from"]
        frozen = [
            each
            for each in seen["overlays"]
            if datetime.fromisoformat(each["start"]) <= now
            and (each["until"] is None or now < datetime.fromisoformat(each["until"]))
        ]
        if seen["contract"] == "ended":
            assert closed is not None
        elif no_entry is not None and datetime.fromisoformat(no_entry) <= now:
            assert closed == "PAYMENT_PAST_DUE"
        elif frozen:
            assert closed == "MEMBERSHIP_FROZEN"
        else:
            assert closed is None

    async def _paid(self, who: Member) -> Json:
        paid = [each for each in await self.studio.claims(who.of) if each["status"] == "paid"]
        return paid[-1] if paid else None

    async def _ask(self, path: str, body: Json = None) -> None:
        answer = await self.studio.client.post(
            f"/api/v1{path}", json=body, headers={"Authorization": "Bearer desk"}
        )
        fine = answer.is_success or answer.status_code in REFUSALS
        assert fine, (path, httpx.codes(answer.status_code), answer.text)
        await self.studio.settle()
