"""The platform's main job, told through its own API: a paid membership opens the door, an ended one
closes it. Every step is a real call and looks at what a person would see."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from gymhopper.sandbox.demo.client import Json, Reader, UnexpectedAnswer, until
from gymhopper.sandbox.demo.stage import Stage, same

DAY = timedelta(days=1)
AGREEMENT = {"terms": "2026-01", "privacy": "2026-01", "language": "en", "channel": "online"}


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken, and how long it took in milliseconds."""

    name: str
    milliseconds: float


class Story(Stage):
    """Tells the story to one platform."""

    async def tell(self) -> AsyncIterator[Step]:
        """Take the steps one by one; UnexpectedAnswer at the first that goes another way."""
        for name, step in self.steps():
            began = time.perf_counter()
            await step()
            yield Step(name, (time.perf_counter() - began) * 1000)

    def steps(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """Every step by its name, in order."""
        return [
            ("An operator and a brand with a seller come to the network", self.found),
            ("Two locations open, with areas, doors and readers", self.open_locations),
            ("A plan covers the first two tiers", self.offer_plan),
            ("A person becomes a member and buys the plan", self.join),
            ("Before the payment the door stays shut", self.not_yet_paid),
            ("The person pays on the checkout page", self.pay),
            ("The membership is active and the door opens", self.enter),
            ("The visit is in the journal and published", self.visit_is_recorded),
            ("The same request gets the same answer", self.same_request),
            ("A door of a higher tier names what it needs", self.higher_tier),
            ("A class there is booked by the desk, and its door opens for it", self.book_class),
            ("The class is called off, and the door stays shut", self.call_off),
            ("A freeze shuts the door, its end opens it", self.freeze_and_end),
            ("A lockdown shuts the door to everybody", self.lockdown),
            ("A refund alone changes nothing at the door", self.refund),
            ("Webhooks that come again change nothing", self.webhooks_again),
            ("A renewal fails: a notice, then no entry", self.fall_overdue),
            ("Paying in full opens the door at the next scan", self.catch_up),
            ("A cancelled contract opens the door until its last day", self.cancel),
            ("After the end the door stays shut", self.after_the_end),
        ]

    async def found(self) -> None:
        """Tenants and their seller."""
        operator = await self.platform.post(
            "/organisations", {"name": "Hop Network", "kind": "operator"}
        )
        brand = await self.platform.post("/organisations", {"name": "North Gyms", "kind": "brand"})
        self.cast.operator, self.cast.brand = operator["id"], brand["id"]
        seller = await self.platform.post(
            "/legal-entities",
            {
                "organisation_id": self.cast.operator,
                "name": "Hop Network GmbH",
                "country": "DE",
                "currency": "EUR",
                "zone": "Europe/Berlin",
            },
        )
        self.cast.seller = seller["id"]

    async def open_locations(self) -> None:
        """A house of the second tier and one of the third, each with a door and a reader."""
        own = await self.platform.post(
            "/legal-entities",
            {
                "organisation_id": self.cast.brand,
                "name": "North Gyms GmbH",
                "country": "DE",
                "currency": "EUR",
                "zone": "Europe/Berlin",
            },
        )
        for name, city, tier, latitude, longitude in (
            ("Mitte", "Berlin", 2, 52.52, 13.405),
            ("Alster", "Hamburg", 3, 53.55, 9.993),
        ):
            location = await self.platform.post(
                "/locations",
                {
                    "organisation_id": self.cast.brand,
                    "legal_entity_id": own["id"],
                    "name": name,
                    "zone": "Europe/Berlin",
                    "country": "DE",
                    "city": city,
                    "tier": tier,
                    "latitude": latitude,
                    "longitude": longitude,
                },
            )
            self.cast.locations[name] = location["id"]
            await self._furnish(name, location["id"])

    async def _furnish(self, name: str, location_id: str) -> None:
        async def area() -> Json | None:
            try:
                added: Json = await self.platform.post(
                    "/areas", {"location_id": location_id, "name": "Gym floor"}
                )
            except UnexpectedAnswer:
                return None  # access has not heard of the location yet
            return added

        made = await until(area, lambda found: found is not None, what="an area is added")
        assert made is not None  # noqa: S101 - until has seen to it
        door = await self.platform.post(
            "/doors",
            {
                "location_id": location_id,
                "area_id": made["id"],
                "name": f"{name}, main entrance",
                "debounce_seconds": 0,
            },
        )
        device = await self.platform.post(
            "/devices",
            {"location_id": location_id, "name": f"{name} reader", "door_ids": [door["id"]]},
        )
        reader = Reader(self.platform, door["id"])
        await reader.enrol(device["enrolment_code"])
        self.cast.doors[name], self.cast.readers[name] = door["id"], reader

    async def offer_plan(self) -> None:
        """Everything up to the second tier, three visits a day, 39 euros a month."""
        self.cast.plan = await self.platform.post(
            "/plans",
            {
                "organisation_id": self.cast.operator,
                "legal_entity_id": self.cast.seller,
                "name": "Hop Plus",
                "coverage": {"include": [{"tier_up_to": 2}]},
                "entry_grace_days": 4,
                "prices": [{"price": {"amount": 3900, "currency": "EUR"}}],
            },
        )

    async def join(self) -> None:
        """Registration with its evidence, and a purchase at the price that was shown."""
        self.cast.member = await self.platform.post(
            "/members/register",
            {
                "organisation_id": self.cast.operator,
                "first_name": "Ada",
                "last_name": "Example",
                "agreement": AGREEMENT,
            },
        )
        price = self.cast.plan["prices"][0]
        membership = await self.platform.post(
            f"/members/{self.cast.member['id']}/memberships",
            {
                "plan_id": self.cast.plan["id"],
                "price_id": price["id"],
                "price": price["price"],
                "agreement": {**AGREEMENT, "early_start": True},
            },
        )
        self.cast.membership = membership["id"]
        handed_out = await self.platform.post(
            "/credentials", {"member_id": self.cast.member["id"], "kind": "pass"}
        )
        self.cast.pass_value = handed_out["value"]

    async def not_yet_paid(self) -> None:
        """The reader knows the pass, and there is nothing behind it."""
        await self.sign_in()
        await self.door_says("deny", "NO_ENTITLEMENT")

    async def pay(self) -> None:
        """The hosted page takes a card; the provider's webhook says so."""
        price = self.cast.plan["prices"][0]["price"]
        checkout = await self.platform.post(
            "/payments/checkouts", {"membership_id": self.cast.membership, "price": price}
        )
        async with httpx.AsyncClient(timeout=10) as browser:
            page = await browser.post(checkout["url"], data={"card": "4242424242424242"})
        if page.status_code != httpx.codes.SEE_OTHER:
            raise UnexpectedAnswer(f"the checkout page answered {page.status_code}")

    async def enter(self) -> None:
        """The contract runs, and the door knows."""
        await self.labelled("active")
        await self.door_says("allow", "ALLOWED")

    async def visit_is_recorded(self) -> None:
        """The drain has brought the visit where people can see it."""
        person = self.cast.member["person_id"]
        page = await until(
            lambda: self.platform.get("/visits", person_id=person),
            lambda found: bool(found["items"]),
            what="the visit is recorded",
        )
        visit = page["items"][0]
        wanted = (self.cast.membership, self.cast.brand, self.cast.operator)
        found = (
            visit["membership_id"],
            visit["host_organisation_id"],
            visit["home_organisation_id"],
        )
        same(found, wanted, "membership, host and home of the visit")

    async def same_request(self) -> None:
        """A reader that did not hear the answer asks again and gets it, and no second visit."""
        first = await self.scan(request_id="asked-twice")
        second = await self.scan(request_id="asked-twice")
        same(second["decision_id"], first["decision_id"], "the repeated answer")

    async def higher_tier(self) -> None:
        """The refusal says which tier would do."""
        answer = await self.scan("Alster")
        same((answer["decision"], answer["code"]), ("deny", "TIER_TOO_LOW"), "the answer")
        same(answer["tier_needed"], 3, "the tier that is needed")

    async def book_class(self) -> None:
        """Out of the network's allotment, in ten minutes, over what the plan reaches."""
        kind = await self.platform.post(
            "/class-types",
            {"organisation_id": self.cast.brand, "name": "Rowing"},
            key=f"{self.telling} class type",
        )
        if self.cast.class_start is None:
            self.cast.class_start = await self.advance(timedelta()) + timedelta(minutes=10)
        start = self.cast.class_start

        async def added() -> Json | None:
            try:
                made: Json = await self.platform.post(
                    "/classes",
                    {
                        "location_id": self.cast.locations["Alster"],
                        "class_type_id": kind["id"],
                        "start_at": start.isoformat(),
                        "capacity": 1,
                        "caps": {"networks": {self.cast.operator: 1}},
                    },
                    key=f"{self.telling} class",
                )
            except UnexpectedAnswer:
                return None  # scheduling has not heard of the location yet
            return made

        made = await until(added, lambda found: found is not None, what="a class is added")
        assert made is not None  # noqa: S101 - until has seen to it
        self.cast.class_id = made["id"]
        booking = await self.platform.post(
            f"/classes/{made['id']}/book",
            {"member_id": self.cast.member["id"], "bypass": True},
            key=f"{self.telling} booking",
        )
        same(booking["status"], "booked", "the booking")
        await self.door_says("allow", "ALLOWED", at="Alster")

    async def call_off(self) -> None:
        """What came of the booking goes with the class."""
        ended = await self.platform.post(
            f"/classes/{self.cast.class_id}/cancel", key=f"{self.telling} calling off"
        )
        same(ended["bookings"], 1, "the bookings that ended with the class")
        await self.door_says("deny", "TIER_TOO_LOW", at="Alster")

    async def freeze_and_end(self) -> None:
        """Access stops and comes back; the contract goes on."""
        path = f"/memberships/{self.cast.membership}/freezes"
        frozen = await self.platform.post(path, {"reason": "holiday", "stops_billing": False})
        await self.door_says("deny", "MEMBERSHIP_FROZEN")
        await self.platform.delete(f"{path}/{frozen['id']}")
        await self.door_says("allow", "ALLOWED")

    async def lockdown(self) -> None:
        """The door's own state comes before everything."""
        door = f"/doors/{self.cast.doors['Mitte']}"
        await self.platform.patch(door, {"mode": "lockdown"})
        await self.door_says("deny", "DOOR_LOCKDOWN")
        await self.platform.patch(door, {"mode": "normal"})
        await self.door_says("allow", "ALLOWED")

    async def refund(self) -> None:
        """Part of the money goes back, by decision without effect on access."""
        money = await self.money()
        await self.platform.post(
            f"/payments/claims/{money['claims'][0]['claim_id']}/refunds",
            {"amount": 500, "access": "keep"},
        )
        await until(
            self.money,
            lambda found: found["claims"][0]["refunded"]["amount"] == 500,
            what="the refund is booked",
        )
        await self.labelled("active")
        await self.door_says("allow", "ALLOWED")

    async def webhooks_again(self) -> None:
        """Everything that the provider ever said, again, backwards and twice."""
        found = await until(
            lambda: self.provider("GET", "/v1/events", {"limit": "100"}),
            lambda found: not any(event["pending_webhooks"] for event in found["data"]),
            what="everything was said once",
        )
        before, events = await self.money(), found["data"]
        for event in (*events, *reversed(events)):
            body = json.dumps(event).encode()
            answer = await self.platform.deliver(
                "/payments/webhook", body, {"Stripe-Signature": self.sign(body)}
            )
            same(answer["status"], "known", "what the platform says to a known event")
        same(await self.money(), before, "the money")
        await self.door_says("allow", "ALLOWED")

    async def fall_overdue(self) -> None:
        """The card fails at the renewal: a few days' grace with a notice, then no entry."""
        await self.use_card("pm_card_chargeCustomerFail")
        await self.advance_to_renewal()
        await self.labelled("past_due")
        await until(
            self.scan,
            lambda found: found["decision"] == "allow" and "PAYMENT_GRACE" in found["notices"],
            what="the door lets in with a notice of the grace",
        )
        await self.advance(4 * DAY + timedelta(minutes=5))
        await self.door_says("deny", "PAYMENT_PAST_DUE")

    async def catch_up(self) -> None:
        """A new card, the open invoice is paid, and the next scan is green."""
        await self.use_card("pm_card_visa")
        open_invoices = await self.provider("GET", "/v1/invoices", {"status": "open"})
        for invoice in open_invoices["data"]:
            await self.provider("POST", f"/v1/invoices/{invoice['id']}/pay")
        await self.labelled("active")
        await self.door_says("allow", "ALLOWED")

    async def cancel(self) -> None:
        """Notice is given; until the period is over nothing changes at the door."""
        await self.platform.post(
            f"/memberships/{self.cast.membership}/cancel", {"when": "period_end"}
        )
        await self.door_says("allow", "ALLOWED")

    async def after_the_end(self) -> None:
        """The door does not wait for anybody to do anything: the date is in the grant."""
        membership = await self.found_membership()
        end = datetime.fromisoformat(membership["end"])
        now = await self.advance(timedelta())
        await self.advance(end - now + timedelta(seconds=1))
        await self.door_says("deny", "MEMBERSHIP_CANCELLED")
        await self.labelled("cancelled")
