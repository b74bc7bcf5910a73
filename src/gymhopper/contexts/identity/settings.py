"""Settings of identity, from the environment (prefix `GYMHOPPER_IDENTITY_`)."""

from datetime import timedelta
from weakref import WeakKeyDictionary

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment
from gymhopper.chassis.runtime import Runtime


class IdentitySettings(FromEnvironment):
    """How long sessions and tokens live, and what a password's hash costs."""

    model_config = SettingsConfigDict(env_prefix="GYMHOPPER_IDENTITY_", extra="ignore")

    session_idle: timedelta = Field(
        default=timedelta(days=14), gt=timedelta(), description="An unused session ends after it"
    )
    session_lifetime: timedelta = Field(
        default=timedelta(days=90), gt=timedelta(), description="Every session ends after it"
    )
    access_token_lifetime: timedelta = Field(default=timedelta(minutes=15), gt=timedelta())
    refresh_token_lifetime: timedelta = Field(default=timedelta(days=30), gt=timedelta())
    password_memory: int = Field(
        default=19 * 1024, ge=8, description="KiB that the hash of a password fills"
    )
    password_rounds: int = Field(default=2, ge=1, description="How often it is gone over")
    password_threads: int | None = Field(
        default=None, ge=1, description="How many are hashed at once; half the cores if not given"
    )
    breached_passwords_url: str | None = Field(
        default=None,
        description="a service that knows breached passwords by the first digits of their SHA-1",
    )


_settings: "WeakKeyDictionary[Runtime, IdentitySettings]" = WeakKeyDictionary()


def identity_settings(runtime: Runtime) -> IdentitySettings:
    """The runtime's settings, read once."""
    if runtime not in _settings:
        _settings[runtime] = IdentitySettings()
    return _settings[runtime]
