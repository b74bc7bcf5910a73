"""A person with a paid plan at a door, without the rest of the story."""

from typing import ClassVar

from e2e.retold import RetoldStory
from gymhopper.sandbox.demo.client import Json

PROFILE = {
    "first_name": "Ada",
    "last_name": "Example",
    "email": "ada@example.org",
    "phone": "+49 30 1234567",
    "birth_date": "1990-12-10",
    "address": {"lines": ["Weg 1"], "postal_code": "10115", "city": "Berlin", "country": "DE"},
}


class Visitor(RetoldStory):
    """The plan has a quota of visits a month."""

    quota = 3
    include: ClassVar[list[Json]] = [{"tier_up_to": 2}]

    async def arrive(self) -> None:
        """Everything up to the first visit, which is the first of the quota."""
        for step in (
            self.found,
            self.open_locations,
            self.offer_plan,
            self.join,
            self.not_yet_paid,
            self.pay,
            self.enter,
        ):
            await step()

    async def offer_plan(self) -> None:
        """So many visits a month."""
        self.cast.plan = await self.platform.post(
            "/plans",
            {
                "organisation_id": self.cast.operator,
                "legal_entity_id": self.cast.seller,
                "name": "Hop a few times",
                "coverage": {
                    "include": self.include,
                    "quotas": [{"visits": self.quota, "per": "month"}],
                },
                "prices": [{"price": {"amount": 1900, "currency": "EUR"}}],
            },
        )

    async def join(self) -> None:
        """A person who can be reached."""
        await super().join()
        path = f"/members/{self.cast.member['id']}/profile"
        await self.platform._call("PUT", path, json=PROFILE)
