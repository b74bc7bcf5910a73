"""The log's own settings, from the environment (prefix `GYMHOPPER_AUDIT_`)."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment


class AuditSettings(FromEnvironment):
    """How long entries are kept at least."""

    model_config = SettingsConfigDict(env_prefix="GYMHOPPER_AUDIT_", extra="ignore")

    keep_months: int = Field(
        default=36, ge=1, description="whole months before the present one that may not be dropped"
    )
