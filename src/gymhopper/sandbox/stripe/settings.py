"""Settings of the simulator, from the environment (prefix `GYMHOPPER_SANDBOX_STRIPE_`)."""

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment
from gymhopper.sandbox.stripe.billing.renewal import Recovery
from gymhopper.sandbox.stripe.webhooks.delivery import Unruliness


class StripeSandboxSettings(FromEnvironment):
    """How the simulated issuer's failures are retried, and how unruly the webhooks are.

    The first two are what an account owner sets under "Revenue recovery" in Stripe's dashboard;
    the others make the delivery as bad as a real network can be.
    """

    model_config = SettingsConfigDict(env_prefix="GYMHOPPER_SANDBOX_STRIPE_", extra="ignore")

    retry_days: tuple[int, ...] = Field(
        default=(1, 3, 5),
        description="days from a failed payment of a renewal to the next try, try by try (JSON)",
    )
    after_retries: Literal["cancel", "unpaid", "past_due"] = Field(
        default="cancel", description="what becomes of a subscription when the last try failed"
    )
    duplicate: float = Field(
        default=0, ge=0, le=1, description="share of deliveries that arrive twice"
    )
    shuffle: bool = Field(default=False, description="deliver what is due in random order")
    delay: float = Field(
        default=0, ge=0, description="seconds by which a delivery is late, at most"
    )
    drop_first_try: float = Field(
        default=0, ge=0, le=1, description="share of deliveries whose first try gets lost"
    )
    seed: int | None = Field(default=None, description="makes the unruliness repeatable")
    webhook_base: str | None = Field(
        default=None, description="where the platform takes webhooks, if not in this process"
    )

    def recovery(self) -> Recovery:
        """What follows a failed renewal."""
        return Recovery(self.retry_days, self.after_retries)

    def unruliness(self) -> Unruliness:
        """How bad the way to the webhook route is."""
        return Unruliness(self.duplicate, self.shuffle, self.delay, self.drop_first_try)
