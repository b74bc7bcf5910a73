"""Settings of membership, from the environment (prefix `GYMHOPPER_MEMBERSHIP_`)."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment


class MembershipSettings(FromEnvironment):
    """How long a venue sees a member of another gym after the last visit."""

    model_config = SettingsConfigDict(env_prefix="GYMHOPPER_MEMBERSHIP_", extra="ignore")

    visitor_days: int = Field(
        default=30, ge=0, le=3660, description="Days after the last visit; 0 shows nobody"
    )

    @property
    def visible_for(self) -> timedelta:
        """The same as a length of time."""
        return timedelta(days=self.visitor_days)
