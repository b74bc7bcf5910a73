"""Settings of the process, from the environment (prefix `GYMHOPPER_`)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from gymhopper.chassis.environment import FromEnvironment

CONTEXTS = (
    "gymhopper.contexts.identity",
    "gymhopper.contexts.venues",
    "gymhopper.contexts.staff",
    "gymhopper.contexts.membership",
    "gymhopper.contexts.billing",
    "gymhopper.contexts.access",
    "gymhopper.contexts.scheduling",
    "gymhopper.contexts.integrations",
    "gymhopper.contexts.audit",
)
SANDBOX = "gymhopper.sandbox.stripe"
"""The simulated payment provider: part of `up`, so that nothing must be bought to start."""


class Settings(FromEnvironment):
    """What a process needs to know before it can start.

    Without `database_url` and `valkey_url` the embedded engines are started in `data_folder`.
    `database_url` is the role that serves requests and is bound by row-level security;
    `owner_url` the role that owns the tables and migrates.
    """

    model_config = SettingsConfigDict(env_prefix="GYMHOPPER_", extra="ignore")

    data_folder: Path = Path("data")
    database_url: str | None = None
    owner_url: str | None = None
    superuser_url: str | None = Field(
        default=None, description="for backup and restore; known for the embedded server"
    )
    application_role: str = Field(
        default="gymhopper_app",
        description="the role of `database_url`, to which tables are granted",
    )
    valkey_url: str | None = None
    kafka_servers: str | None = Field(
        default=None, description="host:port[,host:port]; events travel over Kafka when set"
    )
    kafka_prefix: str = Field(
        default="gymhopper",
        description="begins the names of topics and consumer groups: one for each platform",
    )
    kafka_partitions: int = Field(
        default=12, ge=1, description="of a topic that is made; never change it afterwards"
    )
    host: str = "127.0.0.1"
    port: int = 8700
    public_url: str | None = Field(
        default=None,
        description="where people reach the platform, such as https://gym.example.com; "
        "`http://host:port` when not given",
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(),
        description="other sites whose pages may call the API in a visitor's session",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="networks (CIDR) of proxies whose X-Forwarded-For counts",
    )
    limits_read: int = Field(default=600, ge=0, description="of one caller a minute; 0: no limit")
    limits_write: int = Field(default=300, ge=0, description="of one caller a minute; 0: no limit")
    limits_sign_in: int = Field(
        default=60, ge=0, description="from one address a minute; 0: no limit"
    )
    limits_booking: int = Field(default=30, ge=0, description="of one caller a minute; 0: no limit")
    request_seconds: float = Field(
        default=30.0, gt=0, description="that a request may take until it is answered"
    )
    upload_seconds: float = Field(
        default=10.0, gt=0, description="that a request's body may take to arrive"
    )
    contexts: tuple[str, ...] = CONTEXTS
    internal_urls: dict[str, str] = Field(
        default_factory=dict,
        description="context name to base URL, for contexts that run in other processes",
    )
    master_key: SecretStr | None = Field(
        default=None,
        description="base64 of 32 bytes, the newest first; made in the data folder when not given",
    )
    key_service_url: str | None = Field(
        default=None, description="a transit engine that has wrapped the master key, given or kept"
    )
    key_service_token_file: Path | None = None
    key_service_key: str = Field(default="gymhopper", description="the name of its key")
    smtp_url: SecretStr | None = Field(
        default=None,
        description="smtp(s)://user:password@host:port; without it mails are files in the data "
        "folder",
    )
    mail_from: str = Field(
        default="Gymhopper <gymhopper@localhost>", description="whom mails come from"
    )
    log_format: Literal["console", "json"] = "console"
    log_level: str = "INFO"
    pool_size: int = 10
    wired: bool = Field(
        default=False,
        description="serialise every internal call and deliver every event twice, to prove that "
        "contexts could run apart",
    )

    @property
    def quotas(self) -> dict[str, int]:
        """Requests that a caller may make in a minute, by class of routes."""
        return {
            "read": self.limits_read,
            "write": self.limits_write,
            "sign_in": self.limits_sign_in,
            "booking": self.limits_booking,
        }
