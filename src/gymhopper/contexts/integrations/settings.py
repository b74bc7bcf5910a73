"""Settings of integrations, from the environment (prefix `GYMHOPPER_INTEGRATIONS_`)."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment


class IntegrationsSettings(FromEnvironment):
    """Nothing needs to be set."""

    model_config = SettingsConfigDict(env_prefix="GYMHOPPER_INTEGRATIONS_", extra="ignore")

    allow_private_targets: bool = Field(
        default=False,
        description="Whether webhooks may go to private addresses, and to this machine by http: "
        "for development only",
    )
