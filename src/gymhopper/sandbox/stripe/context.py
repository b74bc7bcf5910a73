"""The simulator as the composition root sees it."""

from collections.abc import Mapping
from pathlib import Path

from starlette.types import ASGIApp

from gymhopper.chassis.loop import Loop
from gymhopper.chassis.migrate import Migrations
from gymhopper.chassis.registry import Component, Context, Part
from gymhopper.chassis.runtime import Runtime
from gymhopper.sandbox.stripe.account import MOUNT
from gymhopper.sandbox.stripe.app import create_sandbox
from gymhopper.sandbox.stripe.billing.clock import BillingClock
from gymhopper.sandbox.stripe.settings import StripeSandboxSettings
from gymhopper.sandbox.stripe.webhooks.delivery import WebhookDelivery


class _DeliveryLoop(Loop):
    """Delivers until it is stopped, then closes its connections."""

    def __init__(self, delivery: WebhookDelivery) -> None:
        super().__init__("sandbox-stripe-webhooks", delivery.step, every=0.1)
        self._delivery = delivery

    async def stop(self) -> None:
        """Let the posts under way finish."""
        await super().stop()
        await self._delivery.close()


def _mounts(runtime: Runtime) -> Mapping[str, ASGIApp]:
    return {MOUNT: create_sandbox(runtime, StripeSandboxSettings().recovery())}


def _clock(runtime: Runtime) -> Component:
    clock = BillingClock(runtime, StripeSandboxSettings().recovery())
    return Loop("sandbox-stripe-billing", clock.step, every=0.5)


def _webhooks(runtime: Runtime) -> Component:
    settings = StripeSandboxSettings()
    return _DeliveryLoop(
        WebhookDelivery(
            runtime, settings.unruliness(), seed=settings.seed, base=settings.webhook_base
        )
    )


context = Context(
    name="sandbox_stripe",
    migrations=Migrations("sandbox_stripe", Path(__file__).parent / "storage" / "migrations"),
    mounts=_mounts,
    parts=[Part("worker", _clock), Part("worker", _webhooks)],
)
