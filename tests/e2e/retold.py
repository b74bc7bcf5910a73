"""The story in steps that may be taken again: an answer can get lost with whoever gave it."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import httpx

from e2e.installation import Installation
from gymhopper.chassis.secrets import Secrets
from gymhopper.kernel.clock import SystemClock
from gymhopper.sandbox.demo.client import Json, Platform, UnexpectedAnswer
from gymhopper.sandbox.demo.story import Story
from gymhopper.sandbox.stripe.account import webhook_secret
from gymhopper.sandbox.stripe.webhooks.signature import sign

STEP_SECONDS = 150


class RetoldStory(Story):
    """Looks first whether a step was done already; time is moved to instants, never by lengths.

    `told` are the visits that the doors told people of.
    """

    def __init__(self, platform: Platform, installation: Installation) -> None:
        secret = webhook_secret(Secrets.load(None, installation.folder))
        clock = SystemClock()

        def signature(body: bytes) -> str:
            return sign(secret, body, int((clock.now() + self._ahead).timestamp()))

        super().__init__(platform, stripe_url=installation.url + "/sandbox/stripe", sign=signature)
        self.told: set[UUID] = set()
        self._ahead = timedelta()
        self._renewal: datetime | None = None

    def steps(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """The same story; the fall into debt is three steps, because time passes in it twice."""
        steps = super().steps()
        at = next(n for n, (_, step) in enumerate(steps) if step == self.fall_overdue)
        steps[at : at + 1] = [
            ("A card that will fail is kept for the renewal", self.change_card),
            ("The renewal fails: a notice", self.fail_renewal),
            ("The grace is over: no entry", self.let_grace_pass),
        ]
        return steps

    async def hold(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        """Take a step again until every answer of it is right."""
        deadline = asyncio.get_running_loop().time() + STEP_SECONDS
        while True:
            try:
                await step()
            except (UnexpectedAnswer, httpx.HTTPError) as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise UnexpectedAnswer(f"{name}: {error!r}") from error
                await asyncio.sleep(0.1)
            else:
                return

    async def pay(self) -> None:
        """Paying twice is the same as paying once."""
        try:
            paid = (await self.money())["claims"]
        except UnexpectedAnswer:
            paid = []  # nothing was ever to be paid yet
        if not paid:
            await super().pay()

    async def freeze_and_end(self) -> None:
        """A freeze whose answer got lost is lifted first; one that was lifted has an end."""
        for overlay in (await self.found_membership())["overlays"]:
            if overlay["until"] is None:
                path = f"/memberships/{self.cast.membership}/freezes/{overlay['id']}"
                await self.platform.delete(path)
        await super().freeze_and_end()

    async def refund(self) -> None:
        """Five euros go back once."""
        if not (await self.money())["refunds"]:
            await super().refund()
        money = await self.money()
        if money["claims"][0]["refunded"]["amount"] != 500:
            raise UnexpectedAnswer(f"the refund is not booked: {money}")

    async def webhooks_again(self) -> None:
        """Signed with the time that the platform has."""
        await self.advance(timedelta())
        await super().webhooks_again()

    async def change_card(self) -> None:
        """The next renewal will fail."""
        await self.use_card("pm_card_chargeCustomerFail")

    async def fail_renewal(self) -> None:
        """Within the grace the door says so."""
        if self._renewal is None:
            period = (await self.money())["subscription"]["period_until"]
            self._renewal = datetime.fromisoformat(period)
        await self.advance_to(self._renewal + timedelta(seconds=1))
        await self.labelled("past_due")
        answer = await self.scan()
        if answer["decision"] != "allow" or "PAYMENT_GRACE" not in answer["notices"]:
            raise UnexpectedAnswer(f"no notice of the grace: {answer}")

    async def let_grace_pass(self) -> None:
        """The grace counts from the day on which the failure was known."""
        since = datetime.fromisoformat((await self.found_membership())["no_entry_from"])
        await self.advance_to(since + timedelta(minutes=5))
        await self.door_says("deny", "PAYMENT_PAST_DUE")

    async def cancel(self) -> None:
        """Notice is given once."""
        if (await self.found_membership())["contract"] != "under_notice":
            await super().cancel()
        await self.door_says("allow", "ALLOWED")

    async def after_the_end(self) -> None:
        """The last day has passed."""
        end = datetime.fromisoformat((await self.found_membership())["end"])
        await self.advance_to(end + timedelta(seconds=1))
        await self.door_says("deny", "MEMBERSHIP_CANCELLED")
        await self.labelled("cancelled")

    async def keep_scanning(self, platform: Platform) -> None:
        """Scan at the first door until cancelled. What got no answer is asked again, by its id."""
        reader = copy.copy(self.cast.readers["Mitte"])
        reader._platform = platform
        request_id = str(uuid4())
        while True:
            try:
                await self._note(
                    await reader.scan("pass", self.cast.pass_value, request_id=request_id)
                )
                request_id = str(uuid4())
            except (UnexpectedAnswer, httpx.HTTPError):
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.03)

    async def scan(self, at: str = "Mitte", *, request_id: str | None = None) -> Json:
        return await self._note(await super().scan(at, request_id=request_id))

    async def _note(self, answer: Json) -> Json:
        if answer["decision"] == "allow":
            self.told.add(UUID(answer["visit_id"]))
        return answer

    async def advance_to(self, instant: datetime) -> None:
        now = await self.advance(timedelta())
        if instant > now:
            await self.advance(instant - now)
        await self.sign_in()

    async def advance(self, by: timedelta) -> datetime:
        moved = await self.platform.post("/sandbox/clock", {"seconds": by.total_seconds()})
        self._ahead = timedelta(seconds=moved["offset_seconds"])
        return datetime.fromisoformat(moved["now"])
