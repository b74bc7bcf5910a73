"""A year of two hundred members, on one clock, with all that a year brings."""

import os
import random
from collections import Counter
from time import process_time
from typing import Any

import pytest

from payments.studio import Studio
from payments.walk import Member, Walk
from payments.ways import Card, Desk

MEMBERS = int(os.environ.get("GYMHOPPER_YEAR_MEMBERS", "200"))
DAYS = 365
JOINING = 60
"""All join within so many days."""

CHANCES = {
    "stops_paying": 0.0008,
    "pays": 0.01,
    "freezes": 0.0008,
    "cancels": 0.0008,
    "stays": 0.0004,
    "withdraws": 0.0003,
    "is_refunded": 0.0008,
    "takes_back": 0.0002,
    "gets_dearer": 0.0003,
}
"""How likely each of these is for a member on a day."""

INTERVALS = [("month", 1, 2990), ("month", 3, 7990), ("year", 1, 29900)]
COMING_BY = 3
"""Every so many days those who pay at the desk come by, unless they stopped paying."""


class Year:
    """One seeded run."""

    def __init__(self, studio: Studio, seed: int) -> None:
        self.walk = Walk(studio)
        self.happened: Counter[str] = Counter()
        self._studio = studio
        self._choose = random.Random(seed)
        self._silent: set[str] = set()
        self._plans: list[Any] = []

    async def pass_by(self) -> None:
        """All its days."""
        for interval, count, amount in INTERVALS:
            offer = {"interval": interval, "interval_count": count}
            price = {"price": {"amount": amount, "currency": "EUR"}}
            self._plans.append(await self._studio.plan(**offer, prices=[price]))
        days = sorted(self._choose.randrange(JOINING) for _ in range(MEMBERS))
        for day in range(DAYS):
            while days and days[0] == day:
                days.pop(0)
                await self._joins()
            for who in list(self.walk.members):
                await self._something_happens(who)
            if day % COMING_BY == 0:
                await self._come_by()
            await self._studio.advance(days=1)
            if day % 30 == 0:
                await self.walk.check()

    async def _joins(self) -> None:
        way = self._choose.choice([Card(), Desk()])
        of = await self._studio.bought(self._choose.choice(self._plans))
        await way.join(self._studio, of)
        self.walk.members.append(Member(of, way))
        self.happened["joins"] += 1

    async def _something_happens(self, who: Member) -> None:
        for what, chance in CHANCES.items():
            if self._choose.random() >= chance:
                continue
            self.happened[what] += 1
            more = {"freezes": [20], "is_refunded": [500]}.get(what, [])
            await getattr(self.walk, what)(who, *more)
            if what == "stops_paying":
                self._silent.add(who.of)
            elif what == "pays":
                self._silent.discard(who.of)

    async def _come_by(self) -> None:
        rows = await self._studio.rows(
            "SELECT DISTINCT d.membership_id AS of FROM billing.claim AS c"
            " JOIN billing.dues AS d ON c.dues_id = d.id WHERE c.status IN ('open', 'failed')"
        )
        asked = {str(row["of"]) for row in rows}
        for who in self.walk.members:
            if who.of in asked and not who.way.collects_itself and who.of not in self._silent:
                await self.walk.pays(who)


@pytest.mark.prove
@pytest.mark.timeout(1700)
async def test_a_year_of_two_hundred_members_adds_up(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    began = process_time()
    year = Year(studio, seed=2026)
    await year.pass_by()
    await year.walk.check()
    assert len(year.walk.members) == MEMBERS
    claims = await studio.rows(
        "SELECT provider, status, count(*) AS n, sum(amount) AS sum FROM billing.claim"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    )
    (webhooks,) = await studio.rows("SELECT count(*) AS n FROM billing.webhook_event")
    told = [f"{MEMBERS} members, {DAYS} days, {process_time() - began:.0f} s of this process"]
    told += [f"{each['provider']} {each['status']}: {each['n']}, {each['sum']}" for each in claims]
    told += [f"{webhooks['n']} webhooks, documents {dict(await studio.numbers())}"]
    told += [f"happened {dict(year.happened)}", f"balances {await studio.balances()}"]
    with capsys.disabled():
        print("", *told, sep="\n")
