"""Settings of scheduling, from the environment (prefix `GYMHOPPER_SCHEDULING_`)."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment


class SchedulingSettings(FromEnvironment):
    """How far ahead schedules make classes, and how many wait for one."""

    model_config = SettingsConfigDict(env_prefix="GYMHOPPER_SCHEDULING_", extra="ignore")

    days_ahead: int = Field(
        default=70, ge=1, le=400, description="Days for which there are classes"
    )
    rush_waiting: int = Field(
        default=1000,
        ge=1,
        description="Requests for a place in one class that wait in a process; whoever comes then "
        "is asked to come again",
    )
