"""Where a story is told: who is in it, and how it acts on the platform, the provider and time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import httpx

from gymhopper.sandbox.demo.client import Json, Platform, Reader, UnexpectedAnswer, until


@dataclass
class Cast:
    """Who and what the story is about, as far as it has been told."""

    operator: str = ""
    brand: str = ""
    seller: str = ""
    plan: Json = field(default_factory=dict)
    locations: dict[str, str] = field(default_factory=dict)
    doors: dict[str, str] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    member: Json = field(default_factory=dict)
    membership: str = ""
    pass_value: str = ""
    class_start: datetime | None = None
    class_id: str = ""


class Stage:
    """What the steps of a story stand on.

    `stripe_url` is where the simulated provider answers, `sign` makes its signature of a body.
    `telling` begins the keys of requests that may be sent again.
    """

    def __init__(
        self, platform: Platform, *, stripe_url: str, sign: Callable[[bytes], str]
    ) -> None:
        self.platform = platform
        self.cast = Cast()
        self.sign = sign
        self.telling = str(uuid4())
        self._stripe = httpx.AsyncClient(
            base_url=stripe_url, auth=("sk_test_sandbox", ""), timeout=10
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._stripe.aclose()

    async def scan(self, at: str = "Mitte", *, request_id: str | None = None) -> Json:
        """The member presents the pass at a location's door."""
        return await self.cast.readers[at].scan("pass", self.cast.pass_value, request_id=request_id)

    async def door_says(self, decision: str, code: str, *, at: str = "Mitte") -> None:
        """Scan until the location's door gives this answer."""
        await until(
            lambda: self.scan(at),
            lambda answer: (answer["decision"], answer["code"]) == (decision, code),
            what=f"the door says {code}",
        )

    async def found_membership(self) -> Json:
        """The membership as the API shows it."""
        found: Json = await self.platform.get(f"/memberships/{self.cast.membership}")
        return found

    async def labelled(self, label: str) -> None:
        """Wait until the membership is called so."""
        await until(
            self.found_membership,
            lambda found: found["label"] == label,
            what=f"the membership is {label}",
        )

    async def money(self) -> Json:
        """All of the membership's money as the API shows it."""
        found: Json = await self.platform.get(f"/payments/memberships/{self.cast.membership}")
        return found

    async def sign_in(self) -> None:
        """Readers open a session as soon as the cell knows them; sessions end as time moves."""

        async def tried() -> str | None:
            try:
                for reader in self.cast.readers.values():
                    await reader.sign_in()
            except UnexpectedAnswer as error:
                return error.detail
            return None

        await until(tried, lambda trouble: trouble is None, what="the readers sign in")

    async def advance(self, by: timedelta) -> datetime:
        """Move the platform's time; returns what it is then. Readers sign in again."""
        moved = await self.platform.post("/sandbox/clock", {"seconds": by.total_seconds()})
        if by > timedelta(minutes=30):
            await self.sign_in()
        return datetime.fromisoformat(moved["now"])

    async def advance_to_renewal(self) -> None:
        """Move time just past the end of the period that is paid for."""
        money = await self.money()
        until_ = datetime.fromisoformat(money["subscription"]["period_until"])
        now = await self.advance(timedelta())
        await self.advance(until_ - now + timedelta(seconds=1))

    async def use_card(self, card: str) -> None:
        """As a person does on the provider's own page for means of payment."""
        customers = await self.provider("GET", "/v1/customers", {"limit": "1"})
        customer = customers["data"][0]["id"]
        attached = await self.provider(
            "POST", f"/v1/payment_methods/{card}/attach", {"customer": customer}
        )
        await self.provider(
            "POST",
            f"/v1/customers/{customer}",
            {"invoice_settings[default_payment_method]": attached["id"]},
        )
        subscription = (await self.money())["subscription"]["provider_id"]
        await self.provider(
            "POST",
            f"/v1/subscriptions/{subscription}",
            {"default_payment_method": attached["id"]},
        )

    async def provider(self, method: str, path: str, form: dict[str, str] | None = None) -> Json:
        """Call the simulated provider's API, as its dashboard would."""
        query = {"params": form} if method == "GET" else {"data": form or {}}
        response = await self._stripe.request(method, path, **query)
        if response.is_error:
            raise UnexpectedAnswer(f"{path}: {response.status_code} {response.text}")
        found: Json = response.json()
        return found


def same(found: object, wanted: object, what: str) -> None:
    """Raise UnexpectedAnswer unless what was found is what was wanted."""
    if found != wanted:
        raise UnexpectedAnswer(f"{what}: {found}, not {wanted}")
