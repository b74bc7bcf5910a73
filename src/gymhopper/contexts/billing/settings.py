"""Settings of billing, from the environment (prefix `GYMHOPPER_BILLING_`)."""

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment


class BillingSettings(FromEnvironment):
    """Without `stripe_api_key` the sandbox that ships with the platform stands in for Stripe.

    Several webhook secrets may be live at once, so that they can be rolled; with none, every
    webhook is refused. The Connect endpoint has secrets of its own.
    """

    model_config = SettingsConfigDict(env_prefix="GYMHOPPER_BILLING_", extra="ignore")

    stripe_api_key: SecretStr | None = None
    stripe_webhook_secrets: tuple[SecretStr, ...] = ()
    stripe_connect_webhook_secrets: tuple[SecretStr, ...] = ()
    stripe_api_base: str | None = Field(
        default=None, description="Base address of Stripe's API, where it is not the usual one"
    )
    stripe_timeout: float = Field(default=10.0, gt=0, description="Seconds a request may take")
    stripe_retries: int = Field(default=2, ge=0, description="Tries after a failed first one")
    webhook_tolerance: timedelta = Field(
        default=timedelta(seconds=300), description="How old a webhook's signature may be"
    )
